#include "core/config/report.h"

#include <algorithm>
#include <iterator>

namespace ferro::config {
namespace {

model::Finding finding_of(model::Severity severity, Rule rule, Remark remark) {
    return model::Finding{severity,
                          to_string(rule),
                          std::move(remark.object),
                          std::move(remark.field),
                          std::move(remark.message),
                          std::move(remark.remedy),
                          model::Location{}};
}

}  // namespace

void Report::error(Rule rule, Remark remark) {
    errors_.push_back(finding_of(model::Severity::error, rule, std::move(remark)));
}

void Report::warning(Rule rule, Remark remark) {
    hints_.push_back(finding_of(model::Severity::warning, rule, std::move(remark)));
}

void Report::info(Rule rule, Remark remark) {
    hints_.push_back(finding_of(model::Severity::info, rule, std::move(remark)));
}

std::vector<model::Finding> Report::take() {
    std::stable_sort(
        hints_.begin(), hints_.end(), [](const model::Finding& a, const model::Finding& b) {
            return a.object < b.object;
        });
    std::vector<model::Finding> findings = std::move(errors_);
    std::move(hints_.begin(), hints_.end(), std::back_inserter(findings));
    return findings;
}

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

std::string indexed(const std::string& field, std::size_t index) {
    return field + "[" + std::to_string(index) + "]";
}

}  // namespace ferro::config
