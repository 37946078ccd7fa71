// Two tables. `allocation` has a row for each service, with a checksum over its values; `ledger`
// has one row: the generation (counts transactions), the number of rows and the sum of their
// checksums. SQLite's integrity_check proves the B-trees but not the values in them, and its WAL
// recovery drops a damaged tail without a word. With ours every lost, changed or resurrected row
// shows: within the file by the sum, and of the file as a whole by the generation, which the marker
// remembers too.
//
// locking_mode=EXCLUSIVE keeps the WAL index in memory: no -shm file, which on a full tmpfs is a
// SIGBUS waiting to happen, and a second process is refused by SQLite as well as by our lock.
#include "kube/io/ledger_database.h"

#include "kube/io/sqlite.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace ferro::kube {

namespace {

// "FrLB": tells `file` and us that the database is a ledger.
constexpr std::int64_t kApplicationId = 0x46724C42;
constexpr std::int64_t kSchemaVersion = 1;

constexpr const char* kSchema =
    "CREATE TABLE allocation("
    "  namespace TEXT NOT NULL, name TEXT NOT NULL, ips TEXT NOT NULL, pool TEXT NOT NULL,"
    "  since_unix_ms INTEGER NOT NULL, checksum INTEGER NOT NULL,"
    "  PRIMARY KEY(namespace, name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE ledger("
    "  id INTEGER PRIMARY KEY CHECK(id = 1), generation INTEGER NOT NULL,"
    "  entries INTEGER NOT NULL, checksum INTEGER NOT NULL) STRICT;"
    "INSERT INTO ledger VALUES(1, 0, 0, 0);"
    "PRAGMA application_id = 1181895746;"
    "PRAGMA user_version = 1;";
static_assert(kApplicationId == 1181895746);

constexpr const char* kSelectAll =
    "SELECT namespace, name, ips, pool, since_unix_ms, checksum FROM allocation"
    " ORDER BY namespace, name";
constexpr const char* kSelectAllBackwards =
    "SELECT namespace, name, ips, pool, since_unix_ms, checksum FROM allocation"
    " ORDER BY namespace DESC, name DESC";
constexpr const char* kSelectOne =
    "SELECT namespace, name, ips, pool, since_unix_ms, checksum FROM allocation"
    " WHERE namespace = ?1 AND name = ?2";
constexpr const char* kReplace = "INSERT OR REPLACE INTO allocation VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
constexpr const char* kDelete = "DELETE FROM allocation WHERE namespace = ?1 AND name = ?2";
constexpr const char* kSelectTotals = "SELECT generation, entries, checksum FROM ledger WHERE id=1";
constexpr const char* kUpdateTotals =
    "UPDATE ledger SET generation = ?1, entries = ?2, checksum = ?3 WHERE id = 1";

std::string joined(const std::vector<std::string>& ips) {
    std::string text;
    for (const std::string& ip : ips) {
        text += (text.empty() ? "" : ",") + ip;
    }
    return text;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> ips;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        ips.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return ips;
}

// FNV-1a over the fields, each closed by a byte that no text holds, then mixed so that sums of
// checksums do not cancel. Guards against accidents, not against forgers.
std::uint64_t checksum_of(const LedgerEntry& entry) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    const auto add = [&hash](std::string_view text) {
        for (const char c : text) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
        }
        hash = (hash ^ 0xFFU) * 0x100000001B3ULL;
    };
    add(entry.status.service.namespace_name);
    add(entry.status.service.name);
    add(joined(entry.status.ips));
    add(entry.status.pool);
    add(std::to_string(entry.since.unix_ms));
    hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBULL;
    return hash ^ (hash >> 31U);
}

struct Row {
    LedgerEntry entry;
    bool sound = false;  // its own checksum holds
};

Row row_of(sqlite::Statement& statement) {
    Row row;
    row.entry.status.service = {statement.text(0), statement.text(1)};
    row.entry.status.ips = split(statement.text(2));
    row.entry.status.pool = statement.text(3);
    row.entry.since = WallTime{statement.number(4)};
    row.sound = static_cast<std::uint64_t>(statement.number(5)) == checksum_of(row.entry);
    return row;
}

struct Totals {
    std::uint64_t generation = 0;
    std::uint64_t entries = 0;
    std::uint64_t checksum = 0;
};

bool is_damage(const Error& error) {
    return error.code == ErrorCode::corrupt;
}

}  // namespace

struct LedgerDatabase::State {
    sqlite::Connection connection;
    std::optional<sqlite::Statement> select_one;
    std::optional<sqlite::Statement> replace;
    std::optional<sqlite::Statement> remove;
    std::optional<sqlite::Statement> update_totals;
    Totals totals;

    sqlite3* handle() { return connection.get(); }

    Result<void> check_identity(LedgerInspection& inspection);
    Result<void> check_content(LedgerInspection& inspection);
    void salvage(LedgerInspection& inspection);
    Result<Totals> read_totals();
    Result<void> prepare();
    Result<std::optional<LedgerEntry>> find(const model::ServiceKey& service);
    Result<bool> apply(const model::ServiceStatus& status, WallTime now, Totals& after);
    Result<void> put(const LedgerEntry& entry, Totals& after);
    Result<void> store(const Totals& after);
};

LedgerDatabase::LedgerDatabase(std::unique_ptr<State> state) : state_(std::move(state)) {}

LedgerDatabase::~LedgerDatabase() = default;

// --- making and opening -------------------------------------------------------------------------

Result<void> LedgerDatabase::create(const std::filesystem::path& path,
                                    const std::vector<LedgerEntry>& entries,
                                    std::uint64_t generation) {
    State state;
    TRY(state.connection, sqlite::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    TRY_VOID(sqlite::execute(state.handle(),
                             "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                             "PRAGMA synchronous=FULL; BEGIN IMMEDIATE;"));
    TRY_VOID(sqlite::execute(state.handle(), kSchema));
    TRY_VOID(state.prepare());
    Totals totals{.generation = generation, .entries = 0, .checksum = 0};
    for (const LedgerEntry& entry : entries) {
        TRY_VOID(state.put(entry, totals));
    }
    TRY_VOID(state.store(totals));
    // The checkpoint moves everything into the one file, which the caller then renames.
    return sqlite::execute(state.handle(), "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<std::unique_ptr<LedgerDatabase>> LedgerDatabase::open(const std::filesystem::path& path) {
    auto state = std::make_unique<State>();
    TRY(state->connection, sqlite::open(path, SQLITE_OPEN_READWRITE));
    // A shell that looks at the ledger is waited for; it holds its lock for moments.
    sqlite3_busy_timeout(state->handle(), 2000);
    sqlite3_db_config(state->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_db_config(state->handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    const Result<void> prepared =
        sqlite::execute(state->handle(),
                        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF;"
                        "PRAGMA cell_size_check=ON; PRAGMA synchronous=FULL");
    // The first look at a bad file fails already; what is wrong with it `inspect` will tell.
    if (!prepared && !is_damage(prepared.error())) {
        return prepared.error();
    }
    sqlite3_wal_autocheckpoint(state->handle(), 0);
    return std::unique_ptr<LedgerDatabase>(new LedgerDatabase(std::move(state)));
}

Result<void> LedgerDatabase::begin_writing(int wal_pages) {
    TRY_VOID(sqlite::execute(state_->handle(), "PRAGMA journal_mode=WAL"));
    sqlite3_db_config(state_->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    sqlite3_wal_autocheckpoint(state_->handle(), wal_pages);
    TRY(state_->totals, state_->read_totals());
    return state_->prepare();
}

// --- looking ------------------------------------------------------------------------------------

Result<LedgerInspection> LedgerDatabase::inspect(std::optional<std::uint64_t> acknowledged) {
    LedgerInspection inspection;
    Result<void> checked = state_->check_identity(inspection);
    if (checked && inspection.found == LedgerFound::intact) {
        checked = state_->check_content(inspection);
    }
    if (!checked) {
        if (!is_damage(checked.error())) {
            return std::move(checked).error();
        }
        inspection.found = LedgerFound::damaged;
        inspection.detail = checked.error().context;
    }
    if (inspection.found == LedgerFound::intact && acknowledged &&
        inspection.generation < *acknowledged) {
        inspection.found = LedgerFound::rolled_back;
        inspection.detail = "it stands at change " + std::to_string(inspection.generation) +
                            ", but change " + std::to_string(*acknowledged) +
                            " had been acknowledged";
    }
    if (inspection.found == LedgerFound::damaged || inspection.found == LedgerFound::rolled_back) {
        state_->salvage(inspection);
    }
    return inspection;
}

Result<void> LedgerDatabase::State::check_identity(LedgerInspection& inspection) {
    const auto application = sqlite::value_of(handle(), "PRAGMA application_id");
    if (!application) {
        if (!is_damage(application.error())) {
            return application.error();
        }
        inspection.found = sqlite3_errcode(handle()) == SQLITE_NOTADB ? LedgerFound::not_a_ledger
                                                                      : LedgerFound::damaged;
        inspection.detail = application.error().context;
        return {};
    }
    TRY(const std::string version, sqlite::value_of(handle(), "PRAGMA user_version"));
    if (*application != std::to_string(kApplicationId)) {
        inspection.found = LedgerFound::not_a_ledger;
        inspection.detail = "its application id is " + *application;
    } else if (version != std::to_string(kSchemaVersion)) {
        inspection.found = LedgerFound::other_version;
        inspection.detail = "its schema has version " + version + ", this program writes version " +
                            std::to_string(kSchemaVersion);
    }
    return {};
}

Result<void> LedgerDatabase::State::check_content(LedgerInspection& inspection) {
    const auto damaged = [&inspection](std::string detail) -> Result<void> {
        inspection.found = LedgerFound::damaged;
        inspection.detail = std::move(detail);
        return {};
    };
    TRY(const std::string verdict, sqlite::value_of(handle(), "PRAGMA integrity_check(1)"));
    if (verdict != "ok") {
        return damaged(verdict);
    }
    TRY(const Totals expected, read_totals());
    inspection.generation = expected.generation;
    Totals seen{.generation = expected.generation, .entries = 0, .checksum = 0};
    TRY(sqlite::Statement all, sqlite::Statement::prepare(handle(), kSelectAll));
    while (true) {
        TRY(const bool more, all.step());
        if (!more) {
            break;
        }
        const Row row = row_of(all);
        if (!row.sound) {
            return damaged("the checksum of " + row.entry.status.service.to_string() + " fails");
        }
        ++seen.entries;
        seen.checksum += checksum_of(row.entry);
    }
    if (seen.entries != expected.entries || seen.checksum != expected.checksum) {
        return damaged("it should hold " + std::to_string(expected.entries) + " entries and has " +
                       std::to_string(seen.entries) + ", or others");
    }
    return {};
}

// Reads from both ends, since a bad page stops a walk: what lies behind it is reached from the
// other side.
void LedgerDatabase::State::salvage(LedgerInspection& inspection) {
    // A file that is shorter than its header says is readable only so; nothing is written to it.
    sqlite3_db_config(handle(), SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
    sqlite3_db_config(handle(), SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr);
    std::map<model::ServiceKey, LedgerEntry> found;
    for (const char* sql : {kSelectAll, kSelectAllBackwards}) {
        auto statement = sqlite::Statement::prepare(handle(), sql);
        if (!statement) {
            continue;
        }
        for (auto more = statement->step(); more && *more; more = statement->step()) {
            Row row = row_of(*statement);
            if (row.sound && !row.entry.status.ips.empty()) {
                found[row.entry.status.service] = std::move(row.entry);
            }
        }
    }
    for (auto& [key, entry] : found) {
        inspection.trusted.push_back(std::move(entry));
    }
}

Result<Totals> LedgerDatabase::State::read_totals() {
    TRY(sqlite::Statement statement, sqlite::Statement::prepare(handle(), kSelectTotals));
    TRY(const bool row, statement.step());
    if (!row) {
        return Error{ErrorCode::corrupt, "the ledger's totals are gone"};
    }
    return Totals{.generation = static_cast<std::uint64_t>(statement.number(0)),
                  .entries = static_cast<std::uint64_t>(statement.number(1)),
                  .checksum = static_cast<std::uint64_t>(statement.number(2))};
}

Result<std::vector<LedgerEntry>> LedgerDatabase::entries() {
    TRY(sqlite::Statement statement, sqlite::Statement::prepare(state_->handle(), kSelectAll));
    std::vector<LedgerEntry> entries;
    while (true) {
        TRY(const bool more, statement.step());
        if (!more) {
            return entries;
        }
        entries.push_back(row_of(statement).entry);
    }
}

Result<std::optional<LedgerEntry>> LedgerDatabase::entry(const model::ServiceKey& service) {
    return state_->find(service);
}

// --- writing ------------------------------------------------------------------------------------

Result<void> LedgerDatabase::State::prepare() {
    TRY(select_one, sqlite::Statement::prepare(handle(), kSelectOne));
    TRY(replace, sqlite::Statement::prepare(handle(), kReplace));
    TRY(remove, sqlite::Statement::prepare(handle(), kDelete));
    TRY(update_totals, sqlite::Statement::prepare(handle(), kUpdateTotals));
    return {};
}

Result<std::optional<LedgerEntry>> LedgerDatabase::State::find(const model::ServiceKey& service) {
    select_one->bind(1, service.namespace_name);
    select_one->bind(2, service.name);
    const Result<bool> row = select_one->step();
    std::optional<LedgerEntry> entry;
    if (row && *row) {
        entry = row_of(*select_one).entry;
    }
    select_one->reset();
    if (!row) {
        return row.error();
    }
    return entry;
}

Result<void> LedgerDatabase::State::put(const LedgerEntry& entry, Totals& after) {
    const std::string ips = joined(entry.status.ips);
    const std::uint64_t checksum = checksum_of(entry);
    replace->bind(1, entry.status.service.namespace_name);
    replace->bind(2, entry.status.service.name);
    replace->bind(3, ips);
    replace->bind(4, entry.status.pool);
    replace->bind(5, entry.since.unix_ms);
    replace->bind(6, static_cast<std::int64_t>(checksum));
    const Result<bool> done = replace->step();
    replace->reset();
    if (!done) {
        return done.error();
    }
    ++after.entries;
    after.checksum += checksum;
    return {};
}

// Whether there was anything to change.
Result<bool> LedgerDatabase::State::apply(const model::ServiceStatus& status,
                                          WallTime now,
                                          Totals& after) {
    TRY(const std::optional<LedgerEntry> before, find(status.service));
    if (before ? before->status == status : status.ips.empty()) {
        return false;
    }
    if (before) {
        --after.entries;
        after.checksum -= checksum_of(*before);
    }
    if (status.ips.empty()) {
        remove->bind(1, status.service.namespace_name);
        remove->bind(2, status.service.name);
        const Result<bool> done = remove->step();
        remove->reset();
        if (!done) {
            return done.error();
        }
        return true;
    }
    // The pool may get another name while the addresses stay: then they are as old as before.
    const bool same_addresses = before && before->status.ips == status.ips;
    TRY_VOID(put(LedgerEntry{status, same_addresses ? before->since : now}, after));
    return true;
}

Result<void> LedgerDatabase::State::store(const Totals& after) {
    update_totals->bind(1, static_cast<std::int64_t>(after.generation));
    update_totals->bind(2, static_cast<std::int64_t>(after.entries));
    update_totals->bind(3, static_cast<std::int64_t>(after.checksum));
    const Result<bool> done = update_totals->step();
    update_totals->reset();
    if (!done) {
        return done.error();
    }
    return {};
}

Result<std::uint64_t> LedgerDatabase::write(const std::vector<model::ServiceStatus>& statuses,
                                            WallTime now) {
    Totals after = state_->totals;
    bool changed = false;
    Result<void> outcome = sqlite::execute(state_->handle(), "BEGIN IMMEDIATE");
    for (auto status = statuses.begin(); outcome && status != statuses.end(); ++status) {
        const Result<bool> applied = state_->apply(*status, now, after);
        if (applied) {
            changed = changed || *applied;
        } else {
            outcome = applied.error();
        }
    }
    if (outcome && changed) {
        ++after.generation;
        outcome = state_->store(after);
    }
    if (outcome && changed) {
        outcome = sqlite::execute(state_->handle(), "COMMIT");
    }
    // Some failures roll back by themselves.
    if (sqlite3_get_autocommit(state_->handle()) == 0) {
        sqlite3_exec(state_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
    if (!outcome) {
        return std::move(outcome).error();
    }
    if (changed) {
        state_->totals = after;
    }
    return state_->totals.generation;
}

void LedgerDatabase::checkpoint() {
    sqlite3_wal_checkpoint_v2(
        state_->handle(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
}

}  // namespace ferro::kube
