// A JSON reader that knows where each word stands. Boost.JSON, which the house has, tells neither
// the line of a value nor that a key was repeated; yaml-cpp reads most JSON but not surrogate pairs
// (\ud83d\ude00), which other tools write.
//
// Standards: RFC 8259, RFC 3629 (the caller has checked that the text is UTF-8).
#include "kube/wire/json_tree.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_set>
#include <utility>

namespace ferro::kube {
namespace {

class JsonReader {
  public:
    JsonReader(std::string_view text, Mark first)
        : text_(text), line_(first.line), line_begin_(0), first_column_(first.column) {}

    Documents read_all() {
        Documents documents;
        skip_space();
        while (at_ < text_.size()) {
            nodes_ = 0;
            NodePtr root = value(0);
            if (error_) {
                documents.errors.push_back(std::move(*error_));
                break;
            }
            documents.roots.push_back(std::move(root));
            skip_space();
        }
        return documents;
    }

  private:
    [[nodiscard]] Mark here() const {
        const auto offset = static_cast<std::uint32_t>(at_ - line_begin_);
        return {line_, offset + (on_first_line_ ? first_column_ : 1)};
    }

    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    void skip_space() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\n') {
                ++line_;
                line_begin_ = at_ + 1;
                on_first_line_ = false;
            } else if (c != ' ' && c != '\t' && c != '\r') {
                return;
            }
            ++at_;
        }
    }

    NodePtr fail(Mark mark, std::string message) {
        if (!error_) {
            error_ = SyntaxError{mark, std::move(message), "correct the JSON"};
        }
        return nullptr;
    }

    NodePtr fail_here(const std::string& wanted) {
        if (at_ >= text_.size()) {
            return fail(here(), "the text ends where " + wanted + " should stand");
        }
        return fail(here(), "expected " + wanted);
    }

    NodePtr value(std::size_t depth) {
        if (depth > kDepthMax) {
            return fail(here(), "nested deeper than " + std::to_string(kDepthMax) + " levels");
        }
        if (++nodes_ > kNodesMax) {
            return fail(here(),
                        "the document has more than " + std::to_string(kNodesMax) + " values");
        }
        switch (peek()) {
            case '{':
                return mapping(depth);
            case '[':
                return sequence(depth);
            case '"':
                return string_value();
            default:
                return word();
        }
    }

    NodePtr mapping(std::size_t depth) {
        auto node = std::make_shared<Node>();
        node->type = NodeType::mapping;
        node->mark = here();
        ++at_;
        skip_space();
        std::unordered_set<std::string> seen;
        while (peek() != '}') {
            Member member;
            member.mark = here();
            auto key = peek() == '"' ? string() : std::nullopt;
            if (!key) {
                return fail_here("a key in quotes");
            }
            member.key = std::move(*key);
            member.repeated = !seen.insert(member.key).second;
            skip_space();
            if (peek() != ':') {
                return fail_here("a colon");
            }
            ++at_;
            skip_space();
            member.value = value(depth + 1);
            if (error_) {
                return nullptr;
            }
            node->weight += member.value->weight;
            node->members.push_back(std::move(member));
            if (!next_item('}')) {
                return nullptr;
            }
        }
        ++at_;
        return node;
    }

    NodePtr sequence(std::size_t depth) {
        auto node = std::make_shared<Node>();
        node->type = NodeType::sequence;
        node->mark = here();
        ++at_;
        skip_space();
        while (peek() != ']') {
            NodePtr item = value(depth + 1);
            if (error_) {
                return nullptr;
            }
            node->weight += item->weight;
            node->items.push_back(std::move(item));
            if (!next_item(']')) {
                return nullptr;
            }
        }
        ++at_;
        return node;
    }

    /// After an item: a comma and something behind it, or the end (which stays unread).
    bool next_item(char end) {
        skip_space();
        if (peek() == ',') {
            ++at_;
            skip_space();
            if (peek() == end) {
                fail_here("a value after the comma");
                return false;
            }
            return true;
        }
        if (peek() != end) {
            fail_here(std::string("a comma or ") + end);
            return false;
        }
        return true;
    }

    NodePtr string_value() {
        auto node = std::make_shared<Node>();
        node->type = NodeType::string;
        node->style = ScalarStyle::quoted;
        node->mark = here();
        auto text = string();
        if (!text) {
            return nullptr;
        }
        node->text = std::move(*text);
        return node;
    }

    std::optional<std::string> string() {
        const Mark begin = here();
        std::string out;
        ++at_;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return out;
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                fail(here(), "a control character inside a string");
                return std::nullopt;
            }
            ++at_;
            if (c != '\\') {
                out += c;
            } else if (!escape(out)) {
                fail(here(), "an escape that JSON does not have");
                return std::nullopt;
            }
        }
        fail(begin, "a string without its closing quote");
        return std::nullopt;
    }

    bool escape(std::string& out) {
        constexpr std::string_view kFrom = "\"\\/bfnrt";
        constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
        const char c = peek();
        ++at_;
        if (const std::size_t found = kFrom.find(c); c != '\0' && found != std::string_view::npos) {
            out += kTo[found];
            return true;
        }
        auto unit = c == 'u' ? hex4() : std::nullopt;
        if (!unit) {
            return false;
        }
        std::uint32_t code = *unit;
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
            const std::size_t back = at_;
            at_ += 2;
            const auto low = hex4();
            if (low && *low >= 0xDC00 && *low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10U) + (*low - 0xDC00);
            } else {
                at_ = back;
            }
        }
        if (code >= 0xD800 && code < 0xE000) {
            code = 0xFFFD;  // half a pair alone: what Go makes of it
        }
        append_utf8(code, out);
        return true;
    }

    std::optional<std::uint32_t> hex4() {
        if (text_.size() - at_ < 4 || at_ > text_.size()) {
            return std::nullopt;
        }
        std::uint32_t value = 0;
        const char* const begin = text_.data() + at_;
        const auto [stop, error] = std::from_chars(begin, begin + 4, value, 16);
        if (error != std::errc{} || stop != begin + 4) {
            return std::nullopt;
        }
        at_ += 4;
        return value;
    }

    static void append_utf8(std::uint32_t code, std::string& out) {
        const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
        if (code < 0x80) {
            put(code);
            return;
        }
        if (code < 0x800) {
            put(0xC0U | (code >> 6U));
        } else {
            if (code < 0x10000) {
                put(0xE0U | (code >> 12U));
            } else {
                put(0xF0U | (code >> 18U));
                put(0x80U | ((code >> 12U) & 0x3FU));
            }
            put(0x80U | ((code >> 6U) & 0x3FU));
        }
        put(0x80U | (code & 0x3FU));
    }

    /// true, false, null or a number.
    NodePtr word() {
        const std::size_t begin = at_;
        const Mark mark = here();
        while (at_ < text_.size() &&
               std::string_view(" \t\r\n,:]}[{\"").find(text_[at_]) == std::string_view::npos) {
            ++at_;
        }
        const std::string_view text = text_.substr(begin, at_ - begin);
        auto node = std::make_shared<Node>();
        node->mark = mark;
        node->text = std::string(text);
        if (text == "true" || text == "false") {
            node->type = NodeType::boolean;
            node->boolean = text == "true";
        } else if (text == "null") {
            node->type = NodeType::null;
        } else if (!number(text, *node)) {
            at_ = begin;
            return text.empty() ? fail_here("a value")
                                : fail(mark, "\"" + node->text + "\" is no JSON value");
        }
        return node;
    }

    static bool number(std::string_view text, Node& node) {
        std::string_view digits = text;
        if (digits.starts_with('-')) {
            digits.remove_prefix(1);
        }
        if (digits.empty() || digits.front() < '0' || digits.front() > '9' ||
            (digits.size() > 1 && digits.front() == '0' && digits[1] >= '0' && digits[1] <= '9')) {
            return false;
        }
        const char* const end = text.data() + text.size();
        const auto whole = std::from_chars(text.data(), end, node.integer);
        if (whole.ec == std::errc{} && whole.ptr == end) {
            node.type = NodeType::integer;
            return true;
        }
        double value = 0;
        const auto real = std::from_chars(text.data(), end, value);
        node.type = NodeType::number;
        return real.ptr == end && real.ec != std::errc::invalid_argument;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t line_;
    std::size_t line_begin_;
    std::uint32_t first_column_;
    bool on_first_line_ = true;
    std::size_t nodes_ = 0;
    std::optional<SyntaxError> error_;
};

}  // namespace

Documents parse_json(std::string_view text, Mark first) {
    return JsonReader(text, first).read_all();
}

}  // namespace ferro::kube
