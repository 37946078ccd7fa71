// What an operator can do about a reason.
#pragma once

#include "core/plan/reason.h"

#include <string>
#include <string_view>

namespace ferro::plan {

/// One sentence; empty for `announced`. `pool` may be empty.
std::string remedy(Reason reason, Protocol protocol, std::string_view pool);

}  // namespace ferro::plan
