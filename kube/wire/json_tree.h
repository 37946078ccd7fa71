// JSON text to nodes.
#pragma once

#include "kube/wire/node.h"

#include <string_view>

namespace ferro::kube {

/// Reads every value of `text` (kubectl takes several, one after the other). RFC 8259, strictly; a
/// repeated key is marked, not refused. Bounded by kNodesMax and kDepthMax.
Documents parse_json(std::string_view text, Mark first);

}  // namespace ferro::kube
