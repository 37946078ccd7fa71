// What legacy ConfigMaps add to a folder's objects, given the modern ones that stand beside them.
#pragma once

#include "core/model/finding.h"
#include "core/model/picture.h"
#include "kube/wire/manifest.h"

#include <map>
#include <vector>

namespace ferro::kube {

struct LegacyResult {
    std::map<model::ObjectRef, model::ObjectPtr> objects;
    std::vector<model::Finding> findings;
};

/// Turns legacy configurations into modern objects beside those of `modern`.
///
/// A pool whose addresses overlap no IPAddressPool of its namespace becomes an IPAddressPool and
/// its advertisements. One with exactly the addresses of an IPAddressPool, however written, is that
/// pool's advertisement (unless a layer 2 one has an L2Advertisement already, which then counts
/// alone: the ConfigMap must not widen it). One that overlaps otherwise is left out, with an error.
/// Every outcome is a finding that names the modern objects.
LegacyResult translate_legacy(const std::vector<const LegacyConfig*>& configs,
                              const model::Picture& modern);

}  // namespace ferro::kube
