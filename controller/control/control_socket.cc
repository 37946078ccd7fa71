#include "controller/control/control_socket.h"

#include <grp.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

namespace ferro::controller {

namespace {

Error failed(const std::string& doing) {
    const int error = errno;
    const ErrorCode code = error == EACCES || error == EPERM || error == EROFS
                               ? ErrorCode::permission_denied
                               : ErrorCode::unavailable;
    return Error{code, doing + ": " + std::strerror(error)};
}

Result<sockaddr_un> address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string text = path.string();
    if (text.empty() || text.size() >= sizeof address.sun_path) {
        return Error{ErrorCode::invalid_input,
                     "a socket path has 1 to " + std::to_string(sizeof address.sun_path - 1) +
                         " bytes, this has " + std::to_string(text.size()) + ": " + text};
    }
    std::memcpy(static_cast<void*>(address.sun_path), text.c_str(), text.size() + 1);
    return address;
}

// A file that a killed daemon left behind is in the way and goes; anything else stays.
Result<void> clear_the_way(const std::filesystem::path& path, const sockaddr_un& address) {
    struct stat status{};

    if (::lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? Result<void>() : failed("looking at " + path.string());
    }
    if (!S_ISSOCK(status.st_mode)) {
        return Error{ErrorCode::conflict, path.string() + " is there and is not a socket"};
    }
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int connected =
        ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = errno;
    ::close(probe);
    if (connected != 0 && error == ECONNREFUSED) {
        ::unlink(path.c_str());
        return {};
    }
    return Error{ErrorCode::conflict, "another daemon listens on " + path.string()};
}

Result<std::optional<gid_t>> group_id(const std::string& name) {
    if (name.empty()) {
        return std::optional<gid_t>();
    }
    std::array<char, 16384> buffer{};
    group entry{};
    group* found = nullptr;
    ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) {
        return Error{ErrorCode::invalid_input, "there is no group '" + name + "'"};
    }
    return std::optional<gid_t>(found->gr_gid);
}

}  // namespace

Result<ControlSocket> ControlSocket::listen(const std::filesystem::path& path,
                                            const std::string& group) {
    TRY(const sockaddr_un address, address_of(path));
    TRY(const std::optional<gid_t> gid, group_id(group));
    std::error_code ignored;  // bind says it better
    std::filesystem::create_directories(path.parent_path(), ignored);
    TRY_VOID(clear_the_way(path, address));
    ControlSocket made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), path);
    if (made.fd_ < 0 ||
        ::bind(made.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return failed("binding " + path.string());
    }

    struct stat status{};

    ::lstat(path.c_str(), &status);
    made.inode_ = status.st_ino;
    // Nobody can connect before listen, so there is no moment with another mode.
    if ((gid && ::chown(path.c_str(), static_cast<uid_t>(-1), *gid) != 0) ||
        ::chmod(path.c_str(), gid ? 0660 : 0600) != 0 || ::listen(made.fd_, 64) != 0) {
        return failed("listening on " + path.string());
    }
    return made;
}

ControlSocket::ControlSocket(ControlSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      inode_(std::exchange(other.inode_, 0)) {}

ControlSocket::~ControlSocket() {
    if (fd_ < 0) {
        return;
    }
    ::close(fd_);

    struct stat status{};

    if (inode_ != 0 && ::lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
}

int ControlSocket::accept() const {
    return ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

}  // namespace ferro::controller
