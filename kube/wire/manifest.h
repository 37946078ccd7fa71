// Manifests: the text of a file that `kubectl apply` takes, read into the objects of core/model
// with the place of each and everything that is wrong with it. The types are plain values, so that
// the folder's engine can use them without the readers behind them.
#pragma once

#include "core/model/finding.h"
#include "core/model/objects.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::kube {

/// One object of a kind that we read.
struct ManifestObject {
    model::ObjectRef ref;
    model::ObjectPtr object;  ///< null: it is named here but refused; the findings say why
    model::Location location;
};

/// One entry of `address-pools` of a legacy ConfigMap, as spec 9 translates it. Whether it becomes
/// a pool or the advertisement of a pool that stands there already is for the folder's engine,
/// which sees all files.
struct LegacyPool {
    ManifestObject pool;
    std::vector<ManifestObject> advertisements;  ///< each limited to this pool by name
    bool layer2 = false;
};

/// MetalLB's configuration from before 0.13.
struct LegacyConfig {
    model::ObjectKey config_map;
    model::Location location;
    std::vector<LegacyPool> pools;
    std::vector<ManifestObject> others;  ///< peers, BFD profiles, communities
    bool refused = false;  ///< some entry was wrong and is left out; the findings say which
};

/// What one file says.
struct Manifest {
    std::vector<ManifestObject> objects;
    std::vector<LegacyConfig> legacy;
    std::vector<model::Finding> findings;
    /// "apps/v1 Deployment" -> how many: what stands here and is not ours to read.
    std::map<std::string, std::size_t> skipped;
    /// False when some part could not be told to be any object: an object that is not listed may
    /// still be meant, so nothing may be concluded from its absence.
    bool complete = true;
    /// The last document is the last of `objects`: what a writer who is not done may have halved.
    bool ends_in_object = false;
    /// No document stands here, not even a broken one.
    bool empty = true;
};

/// The largest file that is read. 10,000 services in one file are about 5 MiB.
inline constexpr std::size_t kManifestBytesMax = 16U << 20U;

/// Findings kept of one file; the last one says that there were more.
inline constexpr std::size_t kFindingsPerFileMax = 200;

/// Reads a file's text. `file` is the name that locations show; a name ending in ".json", or a text
/// that begins with a brace, is read as JSON first. Never fails: what cannot be read is a finding
/// (a `kube::Rule` word), and the rest is there. Bounded work whatever the text.
Manifest read_manifest(const std::string& file, std::string_view text);

}  // namespace ferro::kube
