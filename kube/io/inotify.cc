#include "kube/io/inotify.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ferro::kube {
namespace {

ErrorCode code_of(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::not_found;
        case EACCES:
        case EPERM:
            return ErrorCode::permission_denied;
        default:
            return ErrorCode::resource_exhausted;
    }
}

}  // namespace

Inotify::~Inotify() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

Result<void> Inotify::open() {
    fd_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd_ < 0) {
        return Error{ErrorCode::resource_exhausted,
                     std::string("opening inotify: ") + std::strerror(errno)};
    }
    return {};
}

Result<int> Inotify::add(const std::string& folder, std::uint32_t mask) {
    const int watch = ::inotify_add_watch(fd_, folder.c_str(), mask | IN_ONLYDIR);
    if (watch < 0) {
        const int error = errno;
        return Error{code_of(error), "watching " + folder + ": " + std::strerror(error)};
    }
    return watch;
}

void Inotify::remove(int watch) {
    ::inotify_rm_watch(fd_, watch);
}

std::vector<Inotify::Event> Inotify::drain() {
    std::vector<Event> events;
    alignas(inotify_event) std::array<char, 65536> buffer;
    while (true) {
        const ssize_t size = ::read(fd_, buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return events;
        }
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event head{};
            std::memcpy(&head, buffer.data() + at, sizeof head);
            Event event{head.wd, head.mask, ""};
            if (head.len > 0) {
                // Padded with NULs.
                event.name = buffer.data() + at + sizeof head;
            }
            events.push_back(std::move(event));
            at += sizeof head + head.len;
        }
    }
}

}  // namespace ferro::kube
