// Labels and label selectors as Kubernetes means them (apimachinery: a selector's requirements are
// AND-ed, an empty one matches everything).
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ferro::model {

/// Ordered, so that texts made from it (backend keys) are stable.
using Labels = std::map<std::string, std::string>;

enum class SelectorOperator : std::uint8_t { in, not_in, exists, does_not_exist };

/// "In", "NotIn", "Exists", "DoesNotExist"
const char* to_string(SelectorOperator op);

struct SelectorRequirement {
    std::string key;
    SelectorOperator op = SelectorOperator::in;
    std::vector<std::string> values;
    friend auto operator<=>(const SelectorRequirement&, const SelectorRequirement&) = default;
};

struct LabelSelector {
    Labels match_labels;
    std::vector<SelectorRequirement> match_expressions;

    /// NotIn and DoesNotExist also match objects that lack the key.
    [[nodiscard]] bool matches(const Labels& labels) const;

    /// What apimachinery's LabelSelectorAsSelector refuses: In/NotIn without values,
    /// Exists/DoesNotExist with values. The error names the key.
    [[nodiscard]] Result<void> validate() const;

    /// "app=web,tier in (a,b),!legacy": kubectl's form. Empty for the selector that matches
    /// everything.
    [[nodiscard]] std::string to_string() const;

    friend auto operator<=>(const LabelSelector&, const LabelSelector&) = default;
};

/// OR over selectors; an empty list matches nothing (callers decide what "no selectors" means).
bool any_matches(const std::vector<LabelSelector>& selectors, const Labels& labels);

/// "k=v,k=v" sorted by key.
std::string to_string(const Labels& labels);

}  // namespace ferro::model
