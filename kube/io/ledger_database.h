// LedgerDatabase: the SQLite file of the ledger and nothing else: schema, checks, transactions.
// Which file is trusted and what happens to one that is not is decided in ledger.cc.
//
// Threads: loop only.
#pragma once

#include "core/base/result.h"
#include "kube/io/ledger.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferro::kube {

/// The result of looking at a file from end to end, without changing it.
struct LedgerInspection {
    LedgerFound found = LedgerFound::intact;
    std::string detail;
    std::uint64_t generation = 0;      ///< transactions since the first ledger of this folder
    std::vector<LedgerEntry> trusted;  ///< only when not intact: entries whose checksum holds
};

class LedgerDatabase {
  public:
    /// Makes a complete file at `path` (which must not exist) with these entries, synced to disk.
    static Result<void> create(const std::filesystem::path& path,
                               const std::vector<LedgerEntry>& entries,
                               std::uint64_t generation);

    /// Opens a file that exists. It is only read until `begin_writing`; closing before that leaves
    /// file and WAL as they were. Errors: of the environment alone; a bad file is for `inspect` to
    /// tell.
    static Result<std::unique_ptr<LedgerDatabase>> open(const std::filesystem::path& path);

    ~LedgerDatabase();
    LedgerDatabase(const LedgerDatabase&) = delete;
    LedgerDatabase& operator=(const LedgerDatabase&) = delete;

    /// `acknowledged`: the generation that the marker remembers, if there is a marker. Errors: of
    /// the environment (I/O error, no permission), which say nothing about the file.
    Result<LedgerInspection> inspect(std::optional<std::uint64_t> acknowledged);

    Result<void> begin_writing(int wal_pages);

    /// One transaction; gives the generation reached (unchanged if nothing was to change). Errors:
    /// resource_exhausted, corrupt, unavailable; then nothing of it is there.
    Result<std::uint64_t> write(const std::vector<model::ServiceStatus>& statuses, WallTime now);

    /// Folds the WAL into the file so that its space is used again. Best effort.
    void checkpoint();

    Result<std::vector<LedgerEntry>> entries();
    Result<std::optional<LedgerEntry>> entry(const model::ServiceKey& service);

  private:
    struct State;
    explicit LedgerDatabase(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ferro::kube
