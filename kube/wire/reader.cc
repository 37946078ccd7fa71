#include "kube/wire/reader.h"

#include "kube/wire/go_duration.h"
#include "kube/wire/manifest.h"
#include "kube/wire/near_name.h"

#include <algorithm>
#include <utility>

namespace ferro::kube {
namespace {

/// "the boolean yes", "the integer 5", "a list": what stands where something else should.
std::string describe(const Node& node) {
    switch (node.type) {
        case NodeType::boolean:
            return "the boolean " + node.text;
        case NodeType::integer:
        case NodeType::number:
            return "the number " + node.text.substr(0, 40);
        case NodeType::string:
            return "the string \"" + node.text.substr(0, 40) + "\"";
        default:
            return to_string(node.type);
    }
}

std::string remedy_for(const Node& node, std::string_view wanted) {
    const bool scalar = node.type == NodeType::boolean || node.type == NodeType::integer ||
                        node.type == NodeType::number;
    if (wanted == "a string" && scalar) {
        return "write it in quotes: \"" + node.text.substr(0, 40) + "\"";
    }
    if (node.type == NodeType::string && node.style == ScalarStyle::quoted &&
        (wanted == "a boolean" || wanted == "an integer")) {
        return "write it without quotes";
    }
    return "write " + std::string(wanted);
}

}  // namespace

void Reader::start_object(model::ObjectRef object) {
    object_ = std::move(object);
    refused_ = false;
}

bool Reader::full() const {
    return findings_.size() >= kFindingsPerFileMax;
}

model::Location Reader::location(Mark mark) const {
    return {file_, mark.line + shift_.line, mark.column + shift_.column};
}

void Reader::add(model::Severity severity,
                 Rule rule,
                 Mark mark,
                 std::string field,
                 std::string message,
                 std::string remedy) {
    if (full()) {
        return;
    }
    findings_.push_back(model::Finding{severity,
                                       to_string(rule),
                                       object_,
                                       std::move(field),
                                       std::move(message),
                                       std::move(remedy),
                                       location(mark)});
}

void Reader::error(
    Rule rule, Mark mark, std::string field, std::string message, std::string remedy) {
    refused_ = true;
    add(model::Severity::error,
        rule,
        mark,
        std::move(field),
        std::move(message),
        std::move(remedy));
}

void Reader::warn(
    Rule rule, Mark mark, std::string field, std::string message, std::string remedy) {
    add(model::Severity::warning,
        rule,
        mark,
        std::move(field),
        std::move(message),
        std::move(remedy));
}

void Reader::wrong_type(const Node& node, const std::string& field, std::string_view wanted) {
    error(Rule::wrong_type,
          node.mark,
          field,
          "must be " + std::string(wanted) + ", but is " + describe(node),
          remedy_for(node, wanted));
}

void Reader::check_keys(const Node& node, const std::string& path) {
    for (const Member& member : node.members) {
        const std::string field = path.empty() ? member.key : path + "." + member.key;
        if (member.repeated) {
            error(Rule::duplicate_key,
                  member.mark,
                  field,
                  "the key stands here a second time",
                  "keep one of them");
        }
        if (member.from_boolean) {
            warn(Rule::boolean_key,
                 member.mark,
                 field,
                 "YAML reads this unquoted key as the boolean " + member.key,
                 "write the key in quotes");
        }
        if (!member.value->members.empty() || !member.value->items.empty()) {
            check_keys(*member.value, field);
        }
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        const Node& item = *node.items[i];
        if (!item.members.empty() || !item.items.empty()) {
            check_keys(item, path + "[" + std::to_string(i) + "]");
        }
    }
}

std::string Fields::path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

const Node* Fields::take(std::string_view name) {
    known_.push_back(name);
    const Node* const node = node_.find(name);
    return node == nullptr || node->type == NodeType::null ? nullptr : node;
}

const Node* Fields::any(std::string_view name) {
    return take(name);
}

std::optional<std::string> Fields::string(std::string_view name) {
    const Node* const node = take(name);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (node->type != NodeType::string) {
        reader_.wrong_type(*node, path_of(name), "a string");
        return std::nullopt;
    }
    return node->text;
}

std::optional<bool> Fields::boolean(std::string_view name) {
    const Node* const node = take(name);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (node->type != NodeType::boolean) {
        reader_.wrong_type(*node, path_of(name), "a boolean");
        return std::nullopt;
    }
    return node->boolean;
}

std::optional<std::int64_t> Fields::integer(std::string_view name,
                                            std::int64_t from,
                                            std::int64_t to) {
    const Node* const node = take(name);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (node->type != NodeType::integer) {
        reader_.wrong_type(*node, path_of(name), "an integer");
        return std::nullopt;
    }
    if (node->integer < from || node->integer > to) {
        reader_.error(
            Rule::invalid_value,
            node->mark,
            path_of(name),
            node->text + " is not between " + std::to_string(from) + " and " + std::to_string(to),
            "choose a number in that range");
        return std::nullopt;
    }
    return node->integer;
}

std::optional<std::int64_t> Fields::duration_ms(std::string_view name) {
    const auto text = string(name);
    if (!text) {
        return std::nullopt;
    }
    const auto duration = parse_go_duration_ms(*text);
    if (!duration) {
        reader_.error(Rule::bad_duration,
                      node_.find(name)->mark,
                      path_of(name),
                      "\"" + *text + "\" is no duration",
                      "write numbers with units, such as 90s or 1m30s");
    }
    return duration;
}

std::vector<std::string> Fields::strings(std::string_view name) {
    std::vector<std::string> out;
    const Node* const node = take(name);
    if (node != nullptr && check_shape(*node, Shape::strings, path_of(name))) {
        for (const NodePtr& item : node->items) {
            out.push_back(item->text);
        }
    }
    return out;
}

model::Labels Fields::labels(std::string_view name) {
    model::Labels out;
    const Node* const node = take(name);
    if (node != nullptr && check_shape(*node, Shape::string_map, path_of(name))) {
        for (const Member& member : node->members) {
            // A null value is the empty string, as JSON decoding in Go leaves it.
            out.emplace(member.key, member.value->type == NodeType::null ? "" : member.value->text);
        }
    }
    return out;
}

const Node* Fields::mapping(std::string_view name) {
    const Node* const node = take(name);
    if (node != nullptr && node->type != NodeType::mapping) {
        reader_.wrong_type(*node, path_of(name), "a mapping");
        return nullptr;
    }
    return node;
}

void Fields::each(std::string_view name,
                  const std::function<void(const Node&, std::string)>& visit) {
    const Node* const node = take(name);
    if (node == nullptr) {
        return;
    }
    if (node->type != NodeType::sequence) {
        reader_.wrong_type(*node, path_of(name), "a list");
        return;
    }
    for (std::size_t i = 0; i < node->items.size(); ++i) {
        std::string path = path_of(name) + "[" + std::to_string(i) + "]";
        if (node->items[i]->type != NodeType::mapping) {
            reader_.wrong_type(*node->items[i], path, "a mapping");
        } else {
            visit(*node->items[i], std::move(path));
        }
    }
}

std::optional<std::size_t> Fields::one_of(std::string_view name,
                                          std::initializer_list<std::string_view> words) {
    const auto text = string(name);
    if (!text) {
        return std::nullopt;
    }
    const auto* const found = std::find(words.begin(), words.end(), *text);
    if (found != words.end()) {
        return static_cast<std::size_t>(found - words.begin());
    }
    std::string list;
    for (const std::string_view word : words) {
        list += (list.empty() ? "" : ", ") + std::string(word);
    }
    const std::string_view near = nearest_name(*text, words);
    reader_.error(
        Rule::invalid_value,
        node_.find(name)->mark,
        path_of(name),
        "\"" + *text + "\" is not one of " + list,
        near.empty() ? "choose one of them" : "did you mean \"" + std::string(near) + "\"?");
    return std::nullopt;
}

std::vector<model::LabelSelector> Fields::selectors(std::string_view name) {
    std::vector<model::LabelSelector> out;
    each(name, [&](const Node& node, const std::string& path) {
        out.push_back(read_selector(reader_, node, path));
    });
    return out;
}

void Fields::require(std::string_view name) {
    const Node* const node = node_.find(name);
    if (node == nullptr || node->type == NodeType::null) {
        reader_.error(Rule::missing_field,
                      node == nullptr ? node_.mark : node->mark,
                      path_of(name),
                      "missing",
                      "add it");
    }
}

void Fields::known(std::span<const KnownField> fields) {
    for (const KnownField& field : fields) {
        if (const Node* const node = take(field.name)) {
            check_shape(*node, field.shape, path_of(field.name));
        }
    }
}

bool Fields::check_shape(const Node& node, Shape shape, const std::string& path) {
    const auto expect = [&](bool good, std::string_view wanted) {
        if (!good) {
            reader_.wrong_type(node, path, wanted);
        }
        return good;
    };
    switch (shape) {
        case Shape::any:
            return true;
        case Shape::string:
            return expect(node.type == NodeType::string, "a string");
        case Shape::boolean:
            return expect(node.type == NodeType::boolean, "a boolean");
        case Shape::integer:
            return expect(node.type == NodeType::integer, "an integer");
        case Shape::integer_or_string:
            return expect(node.type == NodeType::integer || node.type == NodeType::string,
                          "an integer or a string");
        case Shape::mapping:
            return expect(node.type == NodeType::mapping, "a mapping");
        case Shape::list:
            return expect(node.type == NodeType::sequence, "a list");
        case Shape::strings: {
            bool good = expect(node.type == NodeType::sequence, "a list of strings");
            for (std::size_t i = 0; i < node.items.size(); ++i) {
                good &= check_shape(
                    *node.items[i], Shape::string, path + "[" + std::to_string(i) + "]");
            }
            return good;
        }
        case Shape::string_map: {
            bool good = expect(node.type == NodeType::mapping, "a mapping of strings");
            for (const Member& member : node.members) {
                good &= member.value->type == NodeType::null ||
                        check_shape(*member.value, Shape::string, path + "[" + member.key + "]");
            }
            return good;
        }
    }
    return true;
}

void Fields::finish() {
    for (const Member& member : node_.members) {
        if (member.repeated ||
            std::find(known_.begin(), known_.end(), member.key) != known_.end()) {
            continue;
        }
        // Nobody reads further findings, and looking for near names costs.
        const std::string_view near =
            reader_.full() ? std::string_view() : nearest_name(member.key, known_);
        reader_.error(Rule::unknown_field,
                      member.mark,
                      path_of(member.key),
                      "unknown field",
                      near.empty() ? "remove it" : "did you mean \"" + std::string(near) + "\"?");
    }
}

model::LabelSelector read_selector(Reader& reader,
                                   const Node& node,
                                   const std::string& path,
                                   bool values_required) {
    Fields fields(reader, node, path);
    model::LabelSelector selector;
    selector.match_labels = fields.labels("matchLabels");
    fields.each("matchExpressions", [&](const Node& item, const std::string& item_path) {
        Fields expression(reader, item, item_path);
        model::SelectorRequirement requirement;
        expression.require("key");
        expression.require("operator");
        requirement.key = expression.string("key").value_or("");
        requirement.op = static_cast<model::SelectorOperator>(
            expression.one_of("operator", {"In", "NotIn", "Exists", "DoesNotExist"}).value_or(0));
        if (values_required) {
            expression.require("values");
        }
        requirement.values = expression.strings("values");
        if (values_required && item.find("values") != nullptr && requirement.values.empty()) {
            reader.error(Rule::invalid_value,
                         item.find("values")->mark,
                         item_path + ".values",
                         "has no item",
                         "write at least one value");
        }
        expression.finish();
        selector.match_expressions.push_back(std::move(requirement));
    });
    fields.finish();
    return selector;
}

}  // namespace ferro::kube
