// "did you mean": the known word that a mistyped one is nearest to.
#pragma once

#include <string_view>
#include <vector>

namespace ferro::kube {

/// The word of `known` that differs from `word` by the fewest edits (case, inserted, dropped,
/// changed or swapped letters), if that is at most a third of its letters; else empty. Of equals
/// the first.
std::string_view nearest_name(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace ferro::kube
