#include "core/config/lists.h"

#include <algorithm>
#include <set>

namespace ferro::config {
namespace {

model::LabelSelector with_sorted_values(model::LabelSelector selector) {
    for (model::SelectorRequirement& requirement : selector.match_expressions) {
        std::sort(requirement.values.begin(), requirement.values.end());
    }
    return selector;
}

}  // namespace

void check_names(Report& report,
                 const model::ObjectRef& object,
                 const std::string& field,
                 const std::vector<std::string>& names) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!seen.insert(names[i]).second) {
            report.error(Rule::duplicate_entry,
                         {object,
                          indexed(field, i),
                          "duplicate definition of " + quoted(names[i]),
                          "remove the repeated entry"});
        }
    }
}

void check_selectors(Report& report,
                     const model::ObjectRef& object,
                     const std::string& field,
                     const std::vector<model::LabelSelector>& selectors) {
    std::set<model::LabelSelector> seen;
    for (std::size_t i = 0; i < selectors.size(); ++i) {
        if (!seen.insert(with_sorted_values(selectors[i])).second) {
            report.error(Rule::duplicate_selector,
                         {object,
                          indexed(field, i),
                          "duplicate definition of selector " + quoted(selectors[i].to_string()),
                          "remove the repeated selector"});
        }
        const Result<void> valid = selectors[i].validate();
        if (!valid) {
            report.error(Rule::invalid_selector,
                         {object,
                          indexed(field, i),
                          "invalid label selector: " + valid.error().context,
                          "In and NotIn need values, Exists and DoesNotExist take none"});
        }
    }
}

}  // namespace ferro::config
