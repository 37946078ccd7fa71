// The little of SQLite that we use, as objects with destructors. Failures become ferro::Error, of
// which the code says whether the disk is full, the file is bad or the environment failed.
//
// Threads: one connection by one thread (opened without SQLite's own mutexes).
#pragma once

#include "core/base/result.h"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace ferro::kube::sqlite {

struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

using Connection = std::unique_ptr<sqlite3, Closer>;

/// The error that `handle` has just reported: resource_exhausted for a full disk or quota, corrupt
/// for a file that is not what it should be, conflict for a lock, else permission_denied or
/// unavailable.
Error last_error(sqlite3* handle, const std::string& doing);

/// Flags as in sqlite3_open_v2.
Result<Connection> open(const std::filesystem::path& path, int flags);

/// Statements without results.
Result<void> execute(sqlite3* handle, const char* sql);

/// A prepared statement, to be run many times.
class Statement {
  public:
    static Result<Statement> prepare(sqlite3* handle, const char* sql);

    /// Ready for new values.
    void reset();

    /// Index from 1. The text must live until the next reset.
    void bind(int index, const std::string& text);
    void bind(int index, std::int64_t number);

    /// True when there is a row to read, false at the end.
    Result<bool> step();

    /// Column from 0 of the row that `step` stands on.
    std::string text(int column);
    std::int64_t number(int column);

  private:
    explicit Statement(sqlite3_stmt* raw) : statement_(raw) {}

    std::unique_ptr<sqlite3_stmt, Closer> statement_;
};

/// The single value of a query such as "PRAGMA user_version"; empty text when it gives no row.
Result<std::string> value_of(sqlite3* handle, const char* sql);

}  // namespace ferro::kube::sqlite
