// Small files: read whole with a bound, written so that a reader or a crash sees the old contents
// or the new, never a part.
//
// Threads: any. These calls block; they are for small files on a local disk.
#pragma once

#include "core/base/result.h"

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace ferro::runtime {

/// The contents. Errors: not_found, permission_denied, resource_exhausted when the file is longer
/// than `bytes_max`, unavailable for other failures; each names the path and the system's reason.
Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max);

/// Writes beside `path` and renames over it; when it returns, file and name are on the disk. On
/// failure the former contents are untouched and nothing is left behind. Errors: as above, with
/// resource_exhausted for a full disk.
Result<void> write_file_atomically(const std::string& path,
                                   std::string_view contents,
                                   mode_t mode = 0644);

}  // namespace ferro::runtime
