// yaml-cpp's events become nodes here. The events are taken rather than yaml-cpp's own tree, since
// only they show repeated keys and tell where each key stands, and since an alias is then one
// shared node whose expansion we can count before anybody walks it.
//
// yaml-cpp throws for text that is no YAML; that is caught here and nowhere else. Once a bound is
// passed the remaining events of the document are ignored.
#include "kube/wire/yaml_tree.h"

#include "kube/wire/scalar.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace ferro::kube {
namespace {

using MutableNode = std::shared_ptr<Node>;

/// A view as a stream: std::istringstream would copy up to 16 MiB.
class ViewBuffer : public std::streambuf {
  public:
    explicit ViewBuffer(std::string_view text) {
        // The get area is never written to; std::streambuf has no const form.
        char* const begin = const_cast<char*>(text.data());
        setg(begin, begin, begin + text.size());
    }
};

class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(std::string_view text, Mark first) : text_(text), first_(first) {}

    std::optional<SyntaxError> error;

    NodePtr take_root() { return std::exchange(root_, nullptr); }

    [[nodiscard]] Mark place(const YAML::Mark& mark) const {
        if (mark.is_null()) {
            return first_;
        }
        const auto line = static_cast<std::uint32_t>(mark.line);
        const auto column = static_cast<std::uint32_t>(mark.column);
        return {first_.line + line, line == 0 ? first_.column + column : column + 1};
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        // At a stray closing bracket yaml-cpp 0.7 stands still and sees empty documents for ever.
        constexpr int kStandstillsMax = 3;
        standstills_ = mark.pos > reached_ ? 0 : standstills_ + 1;
        reached_ = mark.pos;
        if (standstills_ > kStandstillsMax) {
            fail(mark, "something that belongs to no value", "correct the YAML");
        }
        root_ = nullptr;
        stack_.clear();
        anchors_.clear();
        nodes_ = 0;
        alias_nodes_ = 0;
    }

    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto node = make(mark, NodeType::null);
        add(node, anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            fail(mark, "an alias inside the node that it names", "write the value out");
            return;
        }
        alias_nodes_ += found->second->weight;
        if (alias_nodes_ > kAliasNodesMax) {
            fail(mark,
                 "aliases expand to more than " + std::to_string(kAliasNodesMax) + " values",
                 "write the values out");
            return;
        }
        add(found->second, 0, place(mark));
    }

    void OnScalar(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  const std::string& value) override {
        const auto node = make(mark, NodeType::string);
        if (tag == "?") {
            resolve_plain(value, *node);
        } else {
            node->text = value;
            node->style = ScalarStyle::quoted;
            apply_tag(mark, tag, *node);
        }
        const std::size_t at = mark.is_null() ? text_.size() : static_cast<std::size_t>(mark.pos);
        if (at < text_.size() && (text_[at] == '|' || text_[at] == '>')) {
            node->style = ScalarStyle::block;
            node->block_indent = indent_below(at);
        }
        add(node, anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark,
                         const std::string& tag,
                         YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        check_collection_tag(mark, tag);
        open(make(mark, NodeType::sequence), anchor);
    }

    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark,
                    const std::string& tag,
                    YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        check_collection_tag(mark, tag);
        open(make(mark, NodeType::mapping), anchor);
    }

    void OnMapEnd() override { close(); }

    void fail(const YAML::Mark& mark, std::string message, std::string remedy) {
        if (!error) {
            error = SyntaxError{place(mark), std::move(message), std::move(remedy)};
        }
    }

  private:
    struct Frame {
        MutableNode node;
        YAML::anchor_t anchor = 0;
        std::optional<Member> key;  // of a mapping, between its key and its value
        std::unordered_set<std::string> seen;
    };

    MutableNode make(const YAML::Mark& mark, NodeType type) {
        auto node = std::make_shared<Node>();
        node->type = type;
        node->mark = place(mark);
        if (++nodes_ > kNodesMax) {
            fail(mark,
                 "the document has more than " + std::to_string(kNodesMax) + " values",
                 "split it");
        }
        return node;
    }

    void apply_tag(const YAML::Mark& mark, const std::string& tag, Node& node) {
        constexpr std::string_view kCore = "tag:yaml.org,2002:";
        if (tag == "!" || tag.empty() || tag == std::string(kCore) + "str") {
            return;
        }
        const std::string_view name = tag.starts_with(kCore)
                                          ? std::string_view(tag).substr(kCore.size())
                                          : std::string_view();
        if (name == "int" || name == "float" || name == "bool" || name == "null" ||
            name == "timestamp") {
            resolve_plain(std::string(node.text), node);
            return;
        }
        fail(mark, "unknown tag " + tag, "remove it");
    }

    void check_collection_tag(const YAML::Mark& mark, const std::string& tag) {
        if (!tag.empty() && tag != "?" && tag != "!" && tag != "tag:yaml.org,2002:map" &&
            tag != "tag:yaml.org,2002:seq") {
            fail(mark, "unknown tag " + tag, "remove it");
        }
    }

    /// The indentation of the first line with text below the one that holds `at`.
    [[nodiscard]] std::uint32_t indent_below(std::size_t at) const {
        std::size_t begin = text_.find('\n', at);
        while (begin != std::string_view::npos) {
            const std::size_t word = text_.find_first_not_of(' ', begin + 1);
            if (word == std::string_view::npos) {
                return 0;
            }
            if (text_[word] != '\n' && text_[word] != '\r') {
                return static_cast<std::uint32_t>(word - begin - 1);
            }
            begin = text_.find('\n', word);
        }
        return 0;
    }

    void open(MutableNode node, YAML::anchor_t anchor) {
        if (error) {
            return;
        }
        if (stack_.size() >= kDepthMax) {
            error = SyntaxError{node->mark,
                                "nested deeper than " + std::to_string(kDepthMax) + " levels",
                                "flatten it"};
            return;
        }
        stack_.push_back(Frame{std::move(node), anchor, std::nullopt, {}});
    }

    void close() {
        if (error || stack_.empty()) {
            return;
        }
        Frame frame = std::move(stack_.back());
        stack_.pop_back();
        if (frame.node->type == NodeType::mapping) {
            merge(*frame.node);
        }
        add(frame.node, frame.anchor);
    }

    void add(const MutableNode& node, YAML::anchor_t anchor) { add(node, anchor, node->mark); }

    void add(const MutableNode& node, YAML::anchor_t anchor, Mark mark) {
        if (error) {
            return;
        }
        if (anchor != 0) {
            anchors_[anchor] = node;
        }
        if (stack_.empty()) {
            root_ = node;
            return;
        }
        Frame& frame = stack_.back();
        if (frame.node->type == NodeType::sequence) {
            frame.node->items.push_back(node);
            frame.node->weight += node->weight;
        } else if (!frame.key) {
            start_member(frame, *node, mark);
        } else {
            frame.key->value = node;
            frame.node->weight += node->weight;
            frame.node->members.push_back(std::move(*frame.key));
            frame.key.reset();
        }
    }

    void start_member(Frame& frame, const Node& key, Mark mark) {
        if (key.type == NodeType::sequence || key.type == NodeType::mapping) {
            error = SyntaxError{mark, "a key that is no word", "write a word before the colon"};
            return;
        }
        Member member;
        member.mark = mark;
        member.key = key.text;
        if (key.type == NodeType::boolean) {
            // As sigs.k8s.io/yaml does on the way to JSON.
            member.key = key.boolean ? "true" : "false";
            member.from_boolean = key.text != member.key;
        } else if (key.type == NodeType::integer) {
            member.key = std::to_string(key.integer);
        } else if (key.type == NodeType::null) {
            member.key = "null";
        }
        member.repeated = !frame.seen.insert(member.key).second;
        frame.key = std::move(member);
    }

    /// `<<: *base` and `<<: [*a, *b]`: what the mapping does not say itself comes from there.
    void merge(Node& node) {
        const auto is_merge = [](const Member& member) { return member.key == "<<"; };
        const auto found = std::find_if(node.members.begin(), node.members.end(), is_merge);
        if (found == node.members.end()) {
            return;
        }
        const Member merged = *found;
        std::erase_if(node.members, is_merge);
        std::vector<NodePtr> sources = merged.value->items;
        if (merged.value->type != NodeType::sequence) {
            sources.push_back(merged.value);
        }
        std::unordered_set<std::string> present;
        for (const Member& member : node.members) {
            present.insert(member.key);
        }
        for (const NodePtr& source : sources) {
            if (source->type != NodeType::mapping) {
                error = SyntaxError{
                    merged.mark, "`<<` merges something that is no mapping", "name an anchor"};
                return;
            }
            for (const Member& member : source->members) {
                if (!member.repeated && present.insert(member.key).second) {
                    node.members.push_back(member);
                }
            }
        }
    }

    std::string_view text_;
    Mark first_;
    NodePtr root_;
    std::vector<Frame> stack_;
    std::unordered_map<YAML::anchor_t, MutableNode> anchors_;
    std::size_t nodes_ = 0;
    std::size_t alias_nodes_ = 0;
    int reached_ = -1;
    int standstills_ = 0;
};

/// Where the text opens more brackets than any document may nest, if it does. yaml-cpp collects all
/// of them before it looks at one (4 MiB of them took 1 GB, measured), so they are counted first.
/// Brackets within strings count too; a thousand that are never closed are no manifest either.
std::optional<std::size_t> too_many_brackets(std::string_view text) {
    constexpr std::size_t kOpenMax = 1000;
    std::size_t open = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '[' || c == '{') {
            if (++open > kOpenMax) {
                return at;
            }
        } else if ((c == ']' || c == '}') && open > 0) {
            --open;
        }
    }
    return std::nullopt;
}

}  // namespace

Documents parse_yaml(std::string_view text, Mark first) {
    Documents documents;
    TreeBuilder builder(text, first);
    if (const auto at = too_many_brackets(text)) {
        const std::string_view before = text.substr(0, *at);
        const auto lines = std::count(before.begin(), before.end(), '\n');
        documents.errors.push_back(
            {{first.line + static_cast<std::uint32_t>(lines),
              static_cast<std::uint32_t>(*at - (before.rfind('\n') + 1)) + 1},
             "nested deeper than " + std::to_string(kDepthMax) + " levels",
             "flatten it"});
        return documents;
    }
    try {
        ViewBuffer buffer(text);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
            if (builder.error) {
                break;
            }
            if (NodePtr root = builder.take_root()) {
                documents.roots.push_back(std::move(root));
            }
        }
    } catch (const YAML::Exception& exception) {
        builder.fail(exception.mark, exception.msg, "correct the YAML");
    } catch (const std::exception& exception) {
        builder.fail(YAML::Mark::null_mark(), exception.what(), "correct the YAML");
    }
    if (builder.error) {
        documents.errors.push_back(std::move(*builder.error));
    }
    return documents;
}

}  // namespace ferro::kube
