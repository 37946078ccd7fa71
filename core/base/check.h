// CHECK: for our own mistakes, on in all builds. Nothing read from a network, an API or a file may
// reach one.
#pragma once

namespace ferro::internal {

[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace ferro::internal

/// Aborts with a message when `condition` does not hold. `why` says why it must.
#define CHECK(condition, why)                                                     \
    do {                                                                          \
        if (!(condition)) {                                                       \
            ::ferro::internal::check_failed(#condition, why, __FILE__, __LINE__); \
        }                                                                         \
    } while (false)
