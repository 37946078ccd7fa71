// Time as the house passes it: an Instant is handed to engines, never read by them
// (docs/HOUSE_STYLE.md, 2.9).
#pragma once

#include <chrono>
#include <cstdint>

namespace ferro {

using Duration = std::chrono::nanoseconds;

/// Tag of the monotonic clock that `runtime` reads and the simulator makes up. It has no now():
/// only runtime/clock.h does.
struct MonotonicClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MonotonicClock>;
    static constexpr bool is_steady = true;
};

/// A point on the monotonic clock.
using Instant = MonotonicClock::time_point;

/// Wall time, milliseconds since 1970 UTC: only for people ("since") and for stored records.
struct WallTime {
    std::int64_t unix_ms = 0;
    friend auto operator<=>(const WallTime&, const WallTime&) = default;
};

}  // namespace ferro
