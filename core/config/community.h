// BGP communities as MetalLB writes them: "65000:1" and "large:65000:1:2" (spec 8.5).
#pragma once

#include "core/base/result.h"
#include "core/config/configuration.h"

#include <map>
#include <string>
#include <string_view>

namespace ferro::config {

/// Decimal parts of 16 bits (two) or 32 bits (three after "large"). Well-known names (no-export ..)
/// are not recognised, as in MetalLB. Errors: invalid_input in MetalLB's wording, of which
/// "invalid community format" is the one that an alias could cure.
Result<BgpCommunity> parse_community(std::string_view text);

/// Alias -> value, over all Community objects.
using CommunityAliases = std::map<std::string, BgpCommunity>;

}  // namespace ferro::config
