// The files of a manifest folder on disk: which there are, and what one says.
#pragma once

#include "core/base/result.h"

#include <set>
#include <string>
#include <string_view>

namespace ferro::kube {

/// *.yaml, *.yml and *.json; not dot files, nor what editors leave beside a file (.x.swp, x~, #x#,
/// .#x).
bool is_manifest_name(std::string_view name);

struct FolderListing {
    std::set<std::string> files;       ///< manifests; links to files count as files
    std::set<std::string> subfolders;  ///< without dot folders
};

/// Errors: not_found, permission_denied, unavailable.
Result<FolderListing> list_folder(const std::string& folder);

/// The text of a regular file. Errors: not_found when it is gone; else permission_denied,
/// invalid_input (no regular file), unavailable, with a reason for people. Of a file beyond
/// kManifestBytesMax one byte more than that is returned, so that the reader can refuse it.
Result<std::string> read_text(const std::string& path);

}  // namespace ferro::kube
