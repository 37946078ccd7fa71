#include "runtime/random.h"

#include "core/base/check.h"

#include <sys/random.h>

#include <cerrno>

namespace ferro::runtime {

std::uint64_t random_number() {
    std::uint64_t number = 0;
    while (number == 0) {
        const auto got = getrandom(&number, sizeof number, 0);
        CHECK(got == static_cast<ssize_t>(sizeof number) || (got < 0 && errno == EINTR),
              "getrandom(2) gives up to 256 bytes whole on every kernel that we support");
        if (got < 0) {
            number = 0;
        }
    }
    return number;
}

}  // namespace ferro::runtime
