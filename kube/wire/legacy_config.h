// MetalLB's ConfigMap from before 0.13, translated as MetalLB's own converter does (spec 9).
#pragma once

#include "core/model/object_ref.h"
#include "kube/wire/manifest.h"
#include "kube/wire/reader.h"

#include <optional>

namespace ferro::kube {

/// The configuration that the ConfigMap `root` holds under data.config, if it holds one: the
/// ConfigMap is named "config" and the text has one of MetalLB's four keys, or has another name and
/// the text has no other keys than these. Findings about the text inside name the place in the
/// file.
std::optional<LegacyConfig> read_legacy_config(Reader& reader,
                                               const Node& root,
                                               const model::ObjectKey& key);

}  // namespace ferro::kube
