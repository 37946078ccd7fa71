#include "runtime/clock.h"

namespace ferro::runtime {

Instant monotonic_now() {
    return Instant(
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

WallTime wall_now() {
    return WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count()};
}

}  // namespace ferro::runtime
