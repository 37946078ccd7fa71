#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ferro::internal {

void check_failed(const char* condition, const char* why, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: CHECK(%s) failed: %s\n", file, line, condition, why);
    std::abort();
}

}  // namespace ferro::internal
