// `ferroctl lint DIR`: what the controller would find in a folder of manifests, without a
// controller.
#pragma once

#include "cli/commands.h"

#include <string>

namespace ferro::cli {

struct LintOptions {
    std::string folder;
    std::string own_namespace = "metallb-system";  ///< where metallb.io objects count
};

/// Findings in order of place. Exit code 1 when one is an error, or the folder cannot be read.
Outcome lint(const Settings& settings, const LintOptions& options);

}  // namespace ferro::cli
