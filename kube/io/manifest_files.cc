#include "kube/io/manifest_files.h"

#include "kube/wire/manifest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace ferro::kube {
namespace {

namespace fs = std::filesystem;

Error failure(int error) {
    const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::not_found
                           : error == EACCES || error == EPERM ? ErrorCode::permission_denied
                                                               : ErrorCode::unavailable;
    return Error{code, std::strerror(error)};
}

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}

    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};

}  // namespace

bool is_manifest_name(std::string_view name) {
    const bool aside = name.starts_with('.') || name.starts_with('#');
    return !aside && (name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json"));
}

Result<FolderListing> list_folder(const std::string& folder) {
    FolderListing listing;
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        std::error_code ignored;
        if (entry->is_directory(ignored)) {
            if (!name.starts_with('.')) {
                listing.subfolders.insert(name);
            }
        } else if (is_manifest_name(name)) {
            listing.files.insert(name);
        }
    }
    if (error) {
        return failure(error.value()).in("listing " + folder);
    }
    return listing;
}

Result<std::string> read_text(const std::string& path) {
    // Not blocking, since a FIFO of that name would hold the loop until somebody writes to it.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) {
        return failure(errno);
    }
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) {
        return failure(errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return Error{ErrorCode::invalid_input, "not a regular file"};
    }
    std::string text;
    const auto expected = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
    text.resize(std::min(expected, kManifestBytesMax) + 1);
    std::size_t have = 0;
    while (have <= kManifestBytesMax) {
        const ssize_t size = ::read(file.get(), text.data() + have, text.size() - have);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return failure(errno);
        }
        have += static_cast<std::size_t>(size);
        if (size == 0) {
            break;
        }
        if (have == text.size()) {
            text.resize(std::min(2 * have, kManifestBytesMax + 1));
            if (have == text.size()) {
                break;
            }
        }
    }
    text.resize(have);
    return text;
}

}  // namespace ferro::kube
