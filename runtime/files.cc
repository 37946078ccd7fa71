#include "runtime/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ferro::runtime {
namespace {

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

// Removes the half-made file unless it was renamed.
class Scratch {
  public:
    explicit Scratch(std::string path) : path_(std::move(path)) {}

    ~Scratch() {
        if (!path_.empty()) {
            ::unlink(path_.c_str());
        }
    }

    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    void renamed() { path_.clear(); }

  private:
    std::string path_;
};

Error error_of(int error, const std::string& intent) {
    ErrorCode code = ErrorCode::unavailable;
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            code = ErrorCode::not_found;
            break;
        case EACCES:
        case EPERM:
        case EROFS:
            code = ErrorCode::permission_denied;
            break;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
        case EMFILE:
        case ENFILE:
            code = ErrorCode::resource_exhausted;
            break;
        default:
            break;
    }
    return Error{code, intent + ": " + std::strerror(error)};
}

Result<void> write_all(int fd, std::string_view contents, const std::string& intent) {
    while (!contents.empty()) {
        const ssize_t written = ::write(fd, contents.data(), contents.size());
        if (written >= 0) {
            contents.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            return error_of(errno, intent);
        }
    }
    return {};
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) {
        return ".";
    }
    return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> sync_folder(const std::string& path) {
    const std::string folder = folder_of(path);
    const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) {
        return error_of(errno, "syncing the folder " + folder);
    }
    return {};
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
    const std::string intent = "reading " + path;
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) {
        return error_of(errno, intent);
    }
    std::string contents;
    std::array<char, 8192> chunk{};
    for (;;) {
        const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
        if (got == 0) {
            return contents;
        }
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return error_of(errno, intent);
        }
        contents.append(chunk.data(), static_cast<std::size_t>(got));
        if (contents.size() > bytes_max) {
            return Error{ErrorCode::resource_exhausted,
                         intent + ": longer than " + std::to_string(bytes_max) + " bytes"};
        }
    }
}

Result<void> write_file_atomically(const std::string& path,
                                   std::string_view contents,
                                   mode_t mode) {
    const std::string intent = "writing " + path;
    std::string temporary = path + ".new-XXXXXX";
    const Descriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (fd.get() < 0) {
        return error_of(errno, intent);
    }
    Scratch scratch(temporary);
    TRY_VOID(write_all(fd.get(), contents, intent));
    if (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0 ||
        ::rename(temporary.c_str(), path.c_str()) != 0) {
        return error_of(errno, intent);
    }
    scratch.renamed();
    return sync_folder(path);
}

}  // namespace ferro::runtime
