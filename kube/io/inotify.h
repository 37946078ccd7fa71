// inotify(7) as values: watches on folders, and the events that wait.
//
// Threads: loop only.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ferro::kube {

class Inotify {
  public:
    struct Event {
        int watch = -1;  ///< -1 for an overflow of the kernel's queue
        std::uint32_t mask = 0;
        std::string name;  ///< in the watched folder; empty for the folder itself
    };

    Inotify() = default;
    ~Inotify();
    Inotify(const Inotify&) = delete;
    Inotify& operator=(const Inotify&) = delete;

    /// Errors: resource_exhausted (fs.inotify.max_user_instances).
    Result<void> open();

    /// For runtime::FdWatch.
    [[nodiscard]] int fd() const { return fd_; }

    /// The watch's number, the same one again for a folder that is watched already. Errors:
    /// not_found (not there, or no folder), permission_denied, resource_exhausted.
    Result<int> add(const std::string& folder, std::uint32_t mask);
    void remove(int watch);

    /// All events that wait now, oldest first; does not block.
    std::vector<Event> drain();

  private:
    int fd_ = -1;
};

}  // namespace ferro::kube
