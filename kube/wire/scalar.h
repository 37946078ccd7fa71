// What an unquoted YAML word is: null, boolean, number or string.
//
// Compatible with: the YAML 1.1 rules of go-yaml v2 through sigs.k8s.io/yaml, which is what kubectl
// reads manifests with. So `yes`, `on` and `y` are booleans, `010` is eight, `1_000` a thousand,
// while `65000:100` and `2024-01-01` stay strings.
#pragma once

#include "kube/wire/node.h"

#include <string_view>

namespace ferro::kube {

/// Gives `node` the type and value of the plain word `text`, and its text.
void resolve_plain(std::string_view text, Node& node);

}  // namespace ferro::kube
