// Checks that every list of names and of selectors shares: no entry twice, selectors well formed.
// Part of core/config's inside.
#pragma once

#include "core/config/report.h"
#include "core/model/labels.h"

#include <string>
#include <vector>

namespace ferro::config {

/// Rule duplicate_entry for each repeated name.
void check_names(Report& report,
                 const model::ObjectRef& object,
                 const std::string& field,
                 const std::vector<std::string>& names);

/// Rules invalid_selector and duplicate_selector (compared with sorted values, spec 8.6).
void check_selectors(Report& report,
                     const model::ObjectRef& object,
                     const std::string& field,
                     const std::vector<model::LabelSelector>& selectors);

}  // namespace ferro::config
