// The listening Unix socket of ControlServer. It is ours and not gRPC's so that its mode is right
// from the first moment, and so that a living daemon's socket is never taken away.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>

namespace ferro::controller {

class ControlSocket {
  public:
    /// As ControlServer::start.
    static Result<ControlSocket> listen(const std::filesystem::path& path,
                                        const std::string& group);

    ControlSocket(ControlSocket&& other) noexcept;
    ControlSocket& operator=(ControlSocket&&) = delete;
    /// Closes, and removes the file if it is still the one that was made.
    ~ControlSocket();

    [[nodiscard]] int descriptor() const { return fd_; }

    /// The next connection, non-blocking; -1 when there is none.
    [[nodiscard]] int accept() const;

  private:
    ControlSocket(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}

    int fd_ = -1;
    std::filesystem::path path_;
    unsigned long inode_ = 0;
};

}  // namespace ferro::controller
