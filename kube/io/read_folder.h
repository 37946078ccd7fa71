// A folder of manifests read once, as `ferroctl lint DIR` does: no watching, no store.
#pragma once

#include "core/base/result.h"
#include "core/model/finding.h"
#include "core/model/picture.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace ferro::kube {

struct FolderReading {
    model::Picture picture;
    std::vector<model::Finding> findings;        ///< in order of place; files are named within DIR
    std::map<std::string, std::size_t> skipped;  ///< kinds that are not read
    /// Where each object stands (the first of several), for findings that are about what it means.
    std::map<model::ObjectRef, model::Location> locations;
};

/// What a controller would make of `folder` if it started now. Errors: the folder is not there or
/// cannot be listed. Files that cannot be read are findings.
Result<FolderReading> read_folder_once(const std::string& folder);

}  // namespace ferro::kube
