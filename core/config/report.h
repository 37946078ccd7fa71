// Report: collects the findings of one parse. Part of core/config's inside.
#pragma once

#include "core/config/rule.h"
#include "core/model/finding.h"

#include <string>
#include <utility>
#include <vector>

namespace ferro::config {

/// One thing to say about one field; the report adds rule and severity.
struct Remark {
    model::ObjectRef object;
    std::string field;
    std::string message;  ///< MetalLB's text where it has one
    std::string remedy;
};

class Report {
  public:
    void error(Rule rule, Remark remark);
    void warning(Rule rule, Remark remark);
    void info(Rule rule, Remark remark);

    [[nodiscard]] bool has_errors() const { return !errors_.empty(); }

    /// Errors in the order they were reported, then the rest by object.
    std::vector<model::Finding> take();

  private:
    std::vector<model::Finding> errors_;
    std::vector<model::Finding> hints_;
};

/// `"text"`: how MetalLB's messages quote.
std::string quoted(const std::string& text);

/// "spec.addresses[1]"
std::string indexed(const std::string& field, std::size_t index);

}  // namespace ferro::config
