// Makes an Explanation: the evaluation's own gates, asked once more and described.
#pragma once

#include "core/plan/evaluation.h"
#include "core/plan/explanation.h"

#include <string_view>

namespace ferro::plan {

Explanation explain(Environment& environment,
                    const Subject& subject,
                    std::string_view allocation_evidence);

}  // namespace ferro::plan
