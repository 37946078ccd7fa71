// The only place that draws entropy. Everything else gets a seed (core/base/prng.h) or a number
// from here.
#pragma once

#include <cstdint>

namespace ferro::runtime {

/// From the kernel; never 0, so that 0 can mean "none".
std::uint64_t random_number();

}  // namespace ferro::runtime
