// The files beside the ledger's database: the lock, the marker and the reserve.
//
// Threads: loop only.
#pragma once

#include "core/base/instant.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace ferro::kube {

/// A descriptor that closes itself.
class OwnedFd {
  public:
    OwnedFd() = default;

    explicit OwnedFd(int fd) : fd_(fd) {}

    ~OwnedFd();
    OwnedFd(OwnedFd&& other) noexcept;
    OwnedFd& operator=(OwnedFd&& other) noexcept;

    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_ = -1;
};

/// An Error for `errno` as it is now.
Error system_error(const std::string& doing);

/// The lock is held until the object goes, also when the process is killed. Errors: conflict,
/// naming the pid of the holder.
Result<OwnedFd> lock_state_dir(const std::filesystem::path& lock_file);

/// Makes renames and new files in `directory` durable.
Result<void> sync_directory(const std::filesystem::path& directory);

/// The marker: one line of fixed length that is overwritten in place, so a full disk cannot stop
/// it. Not synced: after a power cut it may be behind, which only makes it less strict.
class LedgerMarker {
  public:
    explicit LedgerMarker(std::filesystem::path path) : path_(std::move(path)) {}

    /// The last acknowledged generation; nothing when there is no marker. A marker that cannot be
    /// understood counts as generation 0: there had been a ledger.
    Result<std::optional<std::uint64_t>> read();

    /// Best effort after the first time. Errors: the marker could not be made.
    Result<void> record(std::uint64_t generation);

  private:
    std::filesystem::path path_;
    OwnedFd fd_;
};

/// Disk space that is held back by a file of that size.
class LedgerReserve {
  public:
    LedgerReserve(std::filesystem::path path, std::int64_t bytes);

    /// Takes the space if it is not held already. Best effort.
    void hold();

    /// Gives the space back; true when there was some.
    bool give_up();

  private:
    std::filesystem::path path_;
    std::int64_t bytes_;
    bool held_ = false;
};

/// "20261122T174500Z"
std::string date_word(WallTime time);

}  // namespace ferro::kube
