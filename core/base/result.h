// Result<T>: how a failure of the environment travels (a reset connection, a malformed file).
// Expected outcomes of the domain are enums instead, and our own mistakes are CHECK (check.h). When
// the compiler offers std::expected, only this header changes.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace ferro {

/// What kind of thing failed. Callers branch on this; people read `Error::context`.
enum class ErrorCode {
    invalid_input,      ///< bytes or text from outside that do not mean what they should
    not_found,          ///< a file, interface or object that is not there
    permission_denied,  ///< the kernel or a peer refused
    unavailable,        ///< may work later: connection refused, peer gone, daemon restarting
    timed_out,
    resource_exhausted,  ///< disk full, queue full, too many descriptors
    conflict,            ///< somebody else holds it (lock, version)
    corrupt,             ///< stored bytes that fail their own checks
    internal,            ///< a foreign library broke its promise
};

/// The code's word, the same as the enumerator: it goes to logs and metrics.
inline const char* to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_input:
            return "invalid_input";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::permission_denied:
            return "permission_denied";
        case ErrorCode::unavailable:
            return "unavailable";
        case ErrorCode::timed_out:
            return "timed_out";
        case ErrorCode::resource_exhausted:
            return "resource_exhausted";
        case ErrorCode::conflict:
            return "conflict";
        case ErrorCode::corrupt:
            return "corrupt";
        case ErrorCode::internal:
            return "internal";
    }
    return "internal";
}

/// A failure of the environment. `context` grows outward in the words of the caller's intent:
/// "reading ledger: opening /var/lib/ferrolb/ledger.db: permission denied".
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string context;

    /// The same error seen from one caller further out.
    [[nodiscard]] Error in(const std::string& intent) const {
        return Error{code, intent + ": " + context};
    }
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  public:
    using tl::expected<T, Error>::expected;

    // NOLINTNEXTLINE(google-explicit-constructor): `return Error{...}` is how every function fails.
    Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}
};

}  // namespace ferro

#define FERRO_CONCAT_INNER(a, b) a##b
#define FERRO_CONCAT(a, b) FERRO_CONCAT_INNER(a, b)

#define FERRO_TRY_IMPL(tmp, target, expression, keyword) \
    auto tmp = (expression);                             \
    if (!tmp) {                                          \
        keyword std::move(tmp).error();                  \
    }                                                    \
    target = std::move(*tmp)

/// `TRY(auto x, f());` binds the value or returns the error from the enclosing function.
#define TRY(target, expression) \
    FERRO_TRY_IMPL(FERRO_CONCAT(try_result_, __LINE__), target, expression, return)

/// The same inside a coroutine.
#define CO_TRY(target, expression) \
    FERRO_TRY_IMPL(FERRO_CONCAT(try_result_, __LINE__), target, expression, co_return)

/// For Result<void>: returns the error from the enclosing function, or goes on.
#define TRY_VOID(expression)                      \
    do {                                          \
        auto try_result = (expression);           \
        if (!try_result) {                        \
            return std::move(try_result).error(); \
        }                                         \
    } while (false)
