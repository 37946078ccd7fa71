#include "core/model/labels.h"

#include <algorithm>

namespace ferro::model {
namespace {

bool requirement_matches(const SelectorRequirement& requirement, const Labels& labels) {
    const auto found = labels.find(requirement.key);
    const bool present = found != labels.end();
    const bool listed =
        present && std::find(requirement.values.begin(), requirement.values.end(), found->second) !=
                       requirement.values.end();
    switch (requirement.op) {
        case SelectorOperator::in:
            return listed;
        case SelectorOperator::not_in:
            return !listed;
        case SelectorOperator::exists:
            return present;
        case SelectorOperator::does_not_exist:
            return !present;
    }
    return false;
}

std::string to_text(const SelectorRequirement& requirement) {
    if (requirement.op == SelectorOperator::exists) {
        return requirement.key;
    }
    if (requirement.op == SelectorOperator::does_not_exist) {
        return "!" + requirement.key;
    }
    std::string values;
    for (const std::string& value : requirement.values) {
        values += (values.empty() ? "" : ",") + value;
    }
    return requirement.key + (requirement.op == SelectorOperator::in ? " in (" : " notin (") +
           values + ")";
}

}  // namespace

const char* to_string(SelectorOperator op) {
    switch (op) {
        case SelectorOperator::in:
            return "In";
        case SelectorOperator::not_in:
            return "NotIn";
        case SelectorOperator::exists:
            return "Exists";
        case SelectorOperator::does_not_exist:
            return "DoesNotExist";
    }
    return "In";
}

bool LabelSelector::matches(const Labels& labels) const {
    for (const auto& [key, value] : match_labels) {
        const auto found = labels.find(key);
        if (found == labels.end() || found->second != value) {
            return false;
        }
    }
    return std::all_of(match_expressions.begin(),
                       match_expressions.end(),
                       [&](const SelectorRequirement& requirement) {
                           return requirement_matches(requirement, labels);
                       });
}

Result<void> LabelSelector::validate() const {
    for (const SelectorRequirement& requirement : match_expressions) {
        const bool wants_values =
            requirement.op == SelectorOperator::in || requirement.op == SelectorOperator::not_in;
        if (wants_values && requirement.values.empty()) {
            return Error{ErrorCode::invalid_input,
                         "key \"" + requirement.key +
                             "\": for 'in', 'notin' operators, values set can't be empty"};
        }
        if (!wants_values && !requirement.values.empty()) {
            return Error{ErrorCode::invalid_input,
                         "key \"" + requirement.key +
                             "\": values set must be empty for exists and does not exist"};
        }
    }
    return {};
}

std::string LabelSelector::to_string() const {
    std::string text = model::to_string(match_labels);
    for (const SelectorRequirement& requirement : match_expressions) {
        text += (text.empty() ? "" : ",") + to_text(requirement);
    }
    return text;
}

bool any_matches(const std::vector<LabelSelector>& selectors, const Labels& labels) {
    return std::any_of(selectors.begin(), selectors.end(), [&](const LabelSelector& selector) {
        return selector.matches(labels);
    });
}

std::string to_string(const Labels& labels) {
    std::string text;
    for (const auto& [key, value] : labels) {
        text += (text.empty() ? "" : ",") + key + "=" + value;
    }
    return text;
}

}  // namespace ferro::model
