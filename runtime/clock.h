// The only place that reads clocks.
#pragma once

#include "core/base/instant.h"

namespace ferro::runtime {

/// CLOCK_MONOTONIC.
Instant monotonic_now();

/// CLOCK_REALTIME, in milliseconds.
WallTime wall_now();

}  // namespace ferro::runtime
