// YAML text to nodes, by yaml-cpp (which no other file includes).
#pragma once

#include "kube/wire/node.h"

#include <string_view>

namespace ferro::kube {

/// Reads every document of `text`; `first` is the place of its first character. What cannot be read
/// becomes an error and ends the reading. Bounded by kNodesMax, kAliasNodesMax and kDepthMax.
Documents parse_yaml(std::string_view text, Mark first);

}  // namespace ferro::kube
