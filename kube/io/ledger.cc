// How a start goes: take the lock; read the marker; look at the database without changing it; then
// either go on with it, or make a new one beside it (with the entries that can be trusted), move
// the old one to a dated name and the new one into its place. Each step is a rename, so a kill
// between any two leaves either the old file or a marker without a file, which the next start
// reports.
#include "kube/io/ledger.h"

#include "kube/io/ledger_database.h"
#include "kube/io/ledger_files.h"
#include "runtime/clock.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace ferro::kube {

namespace fs = std::filesystem;

const char* to_string(LedgerFound found) {
    switch (found) {
        case LedgerFound::intact:
            return "intact";
        case LedgerFound::nothing:
            return "nothing";
        case LedgerFound::missing:
            return "missing";
        case LedgerFound::damaged:
            return "damaged";
        case LedgerFound::not_a_ledger:
            return "not_a_ledger";
        case LedgerFound::rolled_back:
            return "rolled_back";
        case LedgerFound::other_version:
            return "other_version";
    }
    return "damaged";
}

std::string LedgerOpening::to_string() const {
    std::string text = std::string("ledger ") + kube::to_string(found);
    if (!detail.empty()) {
        text += " (" + detail + ")";
    }
    if (!set_aside.empty()) {
        text += ", set aside as " + set_aside.string();
    }
    if (salvaged > 0) {
        text += ", " + std::to_string(salvaged) + " sound entries taken over from it";
    }
    return text + ", entries: " + std::to_string(entries);
}

struct Ledger::State {
    State(LedgerOptions given, OwnedFd held)
        : options(std::move(given)),
          lock(std::move(held)),
          marker(options.state_dir / "ledger.marker"),
          reserve(options.state_dir / "ledger.reserve", options.reserve_bytes) {}

    LedgerOptions options;
    OwnedFd lock;
    LedgerMarker marker;
    LedgerReserve reserve;
    std::unique_ptr<LedgerDatabase> database;
    LedgerOpening opening;

    [[nodiscard]] fs::path database_path() const { return options.state_dir / "ledger.db"; }

    [[nodiscard]] fs::path fresh_path() const { return options.state_dir / "ledger.db.new"; }

    Result<void> open();
    Result<LedgerInspection> look(const fs::path& path, std::optional<std::uint64_t> acknowledged);
    Result<void> finish_replacement(std::optional<std::uint64_t> acknowledged);
    Result<void> adopt(std::uint64_t generation);
    Result<void> replace(const LedgerInspection& inspection, std::uint64_t generation);
    Result<void> set_aside(LedgerFound found);
};

namespace {

fs::path with_suffix(const fs::path& path, const std::string& suffix) {
    return path.string() + suffix;
}

Result<bool> is_there(const fs::path& path) {
    std::error_code error;
    const bool there = fs::exists(fs::symlink_status(path, error));
    if (error && error != std::errc::no_such_file_or_directory) {
        return Error{ErrorCode::unavailable,
                     "looking at " + path.string() + ": " + error.message()};
    }
    return there;
}

Result<void> move_file(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
        return system_error("moving " + from.string() + " to " + to.string());
    }
    return {};
}

void remove_database(const fs::path& path) {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-journal", "-shm"}) {
        fs::remove(with_suffix(path, suffix), ignored);
    }
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(LedgerOptions options) {
    if (!options.now) {
        options.now = runtime::wall_now;
    }
    const std::string intent = "opening the ledger in " + options.state_dir.string();
    std::error_code error;
    fs::create_directories(options.state_dir, error);
    if (error) {
        errno = error.value();
        return system_error("making " + options.state_dir.string()).in(intent);
    }
    auto lock = lock_state_dir(options.state_dir / "ledger.lock");
    if (!lock) {
        return lock.error().in(intent);
    }
    auto state = std::make_unique<State>(std::move(options), std::move(*lock));
    const Result<void> opened = state->open();
    if (!opened) {
        return opened.error().in(intent);
    }
    return std::unique_ptr<Ledger>(new Ledger(std::move(state)));
}

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}

Ledger::~Ledger() = default;

Result<void> Ledger::State::open() {
    TRY(const std::optional<std::uint64_t> acknowledged, marker.read());
    TRY_VOID(finish_replacement(acknowledged));
    TRY(const bool there, is_there(database_path()));
    LedgerInspection inspection;
    if (there) {
        TRY(inspection, look(database_path(), acknowledged));
    } else {
        inspection.found = acknowledged ? LedgerFound::missing : LedgerFound::nothing;
    }
    if (opening.found == LedgerFound::intact) {  // unless a finished replacement has told already
        opening.found = inspection.found;
        opening.detail = inspection.detail;
    }
    if (inspection.found == LedgerFound::intact) {
        return adopt(inspection.generation);
    }
    database.reset();
    // Never below what was acknowledged, or the next start would call the new ledger rolled back.
    const std::uint64_t generation = std::max(acknowledged.value_or(0), inspection.generation) + 1;
    return replace(inspection, generation);
}

// Leaves `database` open when the file can be opened at all.
Result<LedgerInspection> Ledger::State::look(const fs::path& path,
                                             std::optional<std::uint64_t> acknowledged) {
    auto opened = LedgerDatabase::open(path);
    if (opened) {
        database = std::move(*opened);
        auto inspection = database->inspect(acknowledged);
        if (inspection || inspection.error().code != ErrorCode::corrupt) {
            return inspection;
        }
        opened = inspection.error();
    }
    if (opened.error().code != ErrorCode::corrupt) {
        return opened.error();
    }
    return LedgerInspection{.found = LedgerFound::not_a_ledger,
                            .detail = opened.error().context,
                            .generation = 0,
                            .trusted = {}};
}

// A kill between setting the old ledger aside and putting the new one into its place leaves the new
// one under its working name. It is whole if its checks say so and it is newer than the marker.
Result<void> Ledger::State::finish_replacement(std::optional<std::uint64_t> acknowledged) {
    TRY(const bool there, is_there(database_path()));
    TRY(const bool fresh_there, is_there(fresh_path()));
    if (there || !fresh_there || !acknowledged) {
        return {};
    }
    const auto inspection = look(fresh_path(), *acknowledged + 1);
    database.reset();
    if (!inspection || inspection->found != LedgerFound::intact) {
        return {};
    }
    opening.found = LedgerFound::missing;
    opening.detail = "a replacement that had been interrupted is finished";
    TRY_VOID(move_file(with_suffix(fresh_path(), "-wal"), with_suffix(database_path(), "-wal")));
    TRY_VOID(move_file(fresh_path(), database_path()));
    return sync_directory(options.state_dir);
}

Result<void> Ledger::State::adopt(std::uint64_t generation) {
    TRY_VOID(database->begin_writing(options.wal_pages));
    TRY(const std::vector<LedgerEntry> entries, database->entries());
    opening.entries = entries.size();
    // On a full disk the marker may not be writable for the first time; the ledger is good without.
    [[maybe_unused]] const Result<void> recorded = marker.record(generation);
    reserve.hold();
    return {};
}

Result<void> Ledger::State::replace(const LedgerInspection& inspection, std::uint64_t generation) {
    const fs::path fresh = fresh_path();
    remove_database(fresh);
    const Result<void> made = LedgerDatabase::create(fresh, inspection.trusted, generation);
    if (!made) {
        remove_database(fresh);
        return made.error().in("making a new ledger");
    }
    TRY_VOID(set_aside(inspection.found));
    TRY_VOID(move_file(fresh, database_path()));
    TRY_VOID(sync_directory(options.state_dir));
    TRY_VOID(marker.record(generation));
    TRY_VOID(sync_directory(options.state_dir));
    opening.salvaged = inspection.trusted.size();
    TRY(database, LedgerDatabase::open(database_path()));
    return adopt(generation);
}

// The database under its dated name keeps its WAL beside it, so that `sqlite3` can read both. A WAL
// without a database is moved too: SQLite would throw it away, or worse, apply it to the new file.
Result<void> Ledger::State::set_aside(LedgerFound found) {
    const std::string base =
        std::string(".") + kube::to_string(found) + "-" + date_word(options.now());
    fs::path target = with_suffix(database_path(), base);
    for (int n = 2;; ++n) {
        TRY(const bool taken, is_there(target));
        TRY(const bool wal_taken, is_there(with_suffix(target, "-wal")));
        if (!taken && !wal_taken) {
            break;
        }
        target = with_suffix(database_path(), base + "-" + std::to_string(n));
    }
    for (const char* suffix : {"-wal", "-journal", "-shm", ""}) {
        TRY_VOID(move_file(with_suffix(database_path(), suffix), with_suffix(target, suffix)));
    }
    TRY(const bool moved, is_there(target));
    TRY(const bool wal_moved, is_there(with_suffix(target, "-wal")));
    opening.set_aside = moved ? target : wal_moved ? with_suffix(target, "-wal") : fs::path();
    return {};
}

const LedgerOpening& Ledger::opening() const {
    return state_->opening;
}

Result<std::vector<LedgerEntry>> Ledger::entries() {
    auto entries = state_->database->entries();
    if (!entries) {
        return entries.error().in("reading the ledger");
    }
    return entries;
}

Result<std::vector<model::ServiceStatus>> Ledger::load() {
    TRY(std::vector<LedgerEntry> entries, this->entries());
    std::vector<model::ServiceStatus> statuses;
    statuses.reserve(entries.size());
    for (LedgerEntry& entry : entries) {
        statuses.push_back(std::move(entry.status));
    }
    return statuses;
}

Result<void> Ledger::write(const std::vector<model::ServiceStatus>& statuses) {
    const WallTime now = state_->options.now();
    Result<std::uint64_t> written = state_->database->write(statuses, now);
    const auto disk_full = [&written] {
        return !written && written.error().code == ErrorCode::resource_exhausted;
    };
    if (disk_full()) {
        // The WAL holds pages that are in the main file already: its space can be used again.
        state_->database->checkpoint();
        written = state_->database->write(statuses, now);
    }
    const bool only_removes = std::all_of(
        statuses.begin(), statuses.end(), [](const auto& status) { return status.ips.empty(); });
    if (disk_full() && only_removes && state_->reserve.give_up()) {
        written = state_->database->write(statuses, now);
        state_->database->checkpoint();
    }
    if (!written) {
        return written.error().in("writing " + std::to_string(statuses.size()) +
                                  " statuses to the ledger");
    }
    // The entries are durable, whatever becomes of the marker.
    [[maybe_unused]] const Result<void> recorded = state_->marker.record(*written);
    state_->reserve.hold();
    return {};
}

std::optional<WallTime> Ledger::since(const model::ServiceKey& service) {
    const auto entry = state_->database->entry(service);
    if (!entry || !*entry) {
        return std::nullopt;
    }
    return (*entry)->since;
}

}  // namespace ferro::kube
