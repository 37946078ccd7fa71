#include "kube/io/sqlite.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace ferro::kube::sqlite {

namespace {

ErrorCode code_of(int result, int system_errno) {
    const bool disk_full =
        system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
    switch (result & 0xFF) {
        case SQLITE_FULL:
            return ErrorCode::resource_exhausted;
        case SQLITE_IOERR:
            return disk_full ? ErrorCode::resource_exhausted : ErrorCode::unavailable;
        case SQLITE_CANTOPEN:
            if (disk_full) {
                return ErrorCode::resource_exhausted;
            }
            return system_errno == EACCES || system_errno == EPERM ? ErrorCode::permission_denied
                                                                   : ErrorCode::unavailable;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_SCHEMA:
        case SQLITE_ERROR:  // our own fixed statements fail only on a file with other tables
        case SQLITE_MISMATCH:
        case SQLITE_CONSTRAINT:
            return ErrorCode::corrupt;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorCode::conflict;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return ErrorCode::permission_denied;
        case SQLITE_NOMEM:
            return ErrorCode::resource_exhausted;
        default:
            return ErrorCode::unavailable;
    }
}

}  // namespace

Error last_error(sqlite3* handle, const std::string& doing) {
    const int system_errno = sqlite3_system_errno(handle);
    const ErrorCode code = code_of(sqlite3_extended_errcode(handle), system_errno);
    std::string text = doing + ": " + sqlite3_errmsg(handle);
    if (system_errno != 0 && code != ErrorCode::corrupt) {
        text += std::string(" (") + std::strerror(system_errno) + ")";
    }
    return Error{code, std::move(text)};
}

Result<Connection> open(const std::filesystem::path& path, int flags) {
    sqlite3* raw = nullptr;
    const int result = sqlite3_open_v2(
        path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    Connection connection(raw);
    if (result != SQLITE_OK) {
        return last_error(raw, "opening " + path.string());
    }
    return connection;
}

Result<void> execute(sqlite3* handle, const char* sql) {
    if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return last_error(handle, sql);
    }
    return {};
}

Result<Statement> Statement::prepare(sqlite3* handle, const char* sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr) !=
        SQLITE_OK) {
        return last_error(handle, sql);
    }
    return Statement(raw);
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
}

void Statement::bind(int index, const std::string& text) {
    sqlite3_bind_text(
        statement_.get(), index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void Statement::bind(int index, std::int64_t number) {
    sqlite3_bind_int64(statement_.get(), index, number);
}

Result<bool> Statement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) {
        return true;
    }
    if (result == SQLITE_DONE) {
        return false;
    }
    return last_error(sqlite3_db_handle(statement_.get()), sqlite3_sql(statement_.get()));
}

std::string Statement::text(int column) {
    const void* bytes = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    if (bytes == nullptr) {
        return {};
    }
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::int64_t Statement::number(int column) {
    return sqlite3_column_int64(statement_.get(), column);
}

Result<std::string> value_of(sqlite3* handle, const char* sql) {
    TRY(Statement statement, Statement::prepare(handle, sql));
    TRY(const bool row, statement.step());
    return row ? statement.text(0) : std::string();
}

}  // namespace ferro::kube::sqlite
