#include "proto/feed_fields.h"

#include <limits>

namespace ferro::feed {

void write(const std::vector<std::string>& texts, Texts* out) {
    out->Reserve(static_cast<int>(texts.size()));
    for (const std::string& text : texts) {
        *out->Add() = text;
    }
}

std::vector<std::string> read(const Texts& in) {
    return {in.begin(), in.end()};
}

void write(const model::Labels& labels, LabelList* out) {
    for (const auto& [key, value] : labels) {
        v1::Label* label = out->Add();
        label->set_key(key);
        label->set_value(value);
    }
}

model::Labels read(const LabelList& in) {
    model::Labels labels;
    for (const v1::Label& label : in) {
        labels.emplace_hint(labels.end(), label.key(), label.value());
    }
    return labels;
}

void write(const model::ObjectMeta& meta, v1::Meta* out) {
    const auto& [key, labels, annotations] = meta;
    const auto& [namespace_name, name] = key;
    out->set_namespace_name(namespace_name);
    out->set_name(name);
    write(labels, out->mutable_labels());
    write(annotations, out->mutable_annotations());
}

model::ObjectMeta read(const v1::Meta& in) {
    return {.key = {.namespace_name = in.namespace_name(), .name = in.name()},
            .labels = read(in.labels()),
            .annotations = read(in.annotations())};
}

Error out_of_range(const char* field) {
    return Error{ErrorCode::invalid_input, std::string(field) + " has a number that means nothing"};
}

void write(const model::LabelSelector& selector, v1::LabelSelector* out) {
    const auto& [match_labels, match_expressions] = selector;
    write(match_labels, out->mutable_match_labels());
    for (const model::SelectorRequirement& requirement : match_expressions) {
        const auto& [key, op, values] = requirement;
        v1::SelectorRequirement* expression = out->add_match_expressions();
        expression->set_key(key);
        expression->set_op(static_cast<v1::SelectorOperator>(op));
        write(values, expression->mutable_values());
    }
}

Result<model::LabelSelector> read(const v1::LabelSelector& in) {
    model::LabelSelector selector;
    selector.match_labels = read(in.match_labels());
    selector.match_expressions.reserve(static_cast<std::size_t>(in.match_expressions_size()));
    for (const v1::SelectorRequirement& expression : in.match_expressions()) {
        const auto op = enum_of(expression.op(), model::SelectorOperator::does_not_exist);
        if (!op) {
            return out_of_range("selector operator");
        }
        selector.match_expressions.push_back(
            {.key = expression.key(), .op = *op, .values = read(expression.values())});
    }
    return selector;
}

void write(const std::vector<model::LabelSelector>& selectors, SelectorList* out) {
    for (const model::LabelSelector& selector : selectors) {
        write(selector, out->Add());
    }
}

Result<std::vector<model::LabelSelector>> read(const SelectorList& in) {
    std::vector<model::LabelSelector> selectors;
    selectors.reserve(static_cast<std::size_t>(in.size()));
    for (const v1::LabelSelector& wire : in) {
        TRY(auto selector, read(wire));
        selectors.push_back(std::move(selector));
    }
    return selectors;
}

Result<std::uint16_t> port_of(std::uint32_t number) {
    if (number > std::numeric_limits<std::uint16_t>::max()) {
        return out_of_range("port");
    }
    return static_cast<std::uint16_t>(number);
}

}  // namespace ferro::feed
