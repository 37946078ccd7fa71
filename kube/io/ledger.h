// Ledger: the durable memory of a controller that has no API server behind it. One entry per
// service (addresses, pool, since when), in an SQLite file under --state-dir. What `write`
// acknowledged survives `kill -9` at any moment and a power cut; what cannot be trusted any more is
// set aside under a dated name and reported, never overwritten.
//
// Files in the folder:
//   ledger.db, ledger.db-wal     the entries (SQLite, WAL, synchronous=FULL)
//   ledger.lock                  held with flock by the one controller that uses the folder
//   ledger.marker                that there is a ledger, and how far it had come
//   ledger.reserve               space given back so that removals can be written on a full disk
//   ledger.db.REASON-DATE        a ledger that was set aside
//
// Threads: loop only. `write` returns after the disk said yes: 10,000 statuses in one transaction
// took 0.03 s (kube_ledger_test, release preset, two-core virtual machine, ext4).
#pragma once

#include "core/base/instant.h"
#include "core/base/result.h"
#include "core/model/service_status.h"
#include "kube/engine/status_store.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferro::kube {

/// What was found where the ledger should be.
enum class LedgerFound : std::uint8_t {
    intact,         ///< opened as it was
    nothing,        ///< the first start in this folder
    missing,        ///< the marker says there had been one
    damaged,        ///< SQLite's own check or our checksums fail
    not_a_ledger,   ///< not a database, or somebody else's
    rolled_back,    ///< sound, but older than what had been acknowledged: a lost WAL, an old copy
    other_version,  ///< written by a FerroLB with another schema
};

/// The enumerator's word.
const char* to_string(LedgerFound found);

/// What `Ledger::open` found and did. Everything but `intact` and `nothing` is for a warning that a
/// person will read.
struct LedgerOpening {
    LedgerFound found = LedgerFound::intact;
    std::string detail;               ///< what the check said; for people
    std::filesystem::path set_aside;  ///< where the untrusted file is now; empty if there is none
    std::size_t entries = 0;          ///< services in the ledger as it is now
    /// Entries of a damaged ledger whose own checksum held: they were taken over.
    std::size_t salvaged = 0;

    /// One sentence with all of it.
    [[nodiscard]] std::string to_string() const;
};

struct LedgerEntry {
    model::ServiceStatus status;
    WallTime since;  ///< when these addresses were given
    friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

struct LedgerOptions {
    std::filesystem::path state_dir;  ///< made if it is not there
    /// The wall clock; runtime::wall_now unless a test says otherwise.
    std::function<WallTime()> now;
    /// The WAL is folded into the main file when it has this many pages of 4 KiB.
    int wal_pages = 256;
    /// Space kept back for removals on a full disk.
    std::int64_t reserve_bytes = 256 * 1024;
};

class Ledger final : public StatusStore {
  public:
    /// Takes the folder's lock, checks the ledger that is there from end to end, and opens it; or
    /// sets it aside and begins a new one with the entries that can still be trusted. `opening()`
    /// tells which. Errors: conflict (another controller holds the lock; names its pid),
    /// permission_denied, resource_exhausted, unavailable. An error leaves the files as they were.
    /// Cost: reads every entry twice.
    static Result<std::unique_ptr<Ledger>> open(LedgerOptions options);

    ~Ledger() override;
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    [[nodiscard]] const LedgerOpening& opening() const;

    Result<std::vector<model::ServiceStatus>> load() override;

    /// As StatusStore. On a full disk a batch with anything to add fails (resource_exhausted) and
    /// changes nothing; a batch of removals alone still goes through by means of the reserve. So a
    /// caller with both should send the removals as a batch of their own.
    Result<void> write(const std::vector<model::ServiceStatus>& statuses) override;

    /// The entries with their times, in key order.
    Result<std::vector<LedgerEntry>> entries();

    /// When the service got the addresses that it has; nothing when it has none.
    std::optional<WallTime> since(const model::ServiceKey& service);

  private:
    struct State;
    explicit Ledger(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ferro::kube
