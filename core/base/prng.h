// A small seeded generator with its own integer algorithms: the standard's distributions differ
// between libraries, and a seed must mean the same run everywhere. SplitMix64 (Steele, Lea, Flood:
// "Fast splittable pseudorandom number generators", OOPSLA 2014). Not for secrets.
#pragma once

#include <cstdint>

namespace ferro {

class Prng {
  public:
    explicit Prng(std::uint64_t seed) : state_(seed) {}

    /// Uniform over all 64-bit values.
    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }

    /// Uniform in [0, bound). `bound` of 0 gives 0. Rejection keeps it exact.
    std::uint64_t below(std::uint64_t bound) {
        if (bound < 2) {
            return 0;
        }
        const std::uint64_t limit = UINT64_MAX - (UINT64_MAX % bound + 1) % bound;
        std::uint64_t value = next();
        while (value > limit) {
            value = next();
        }
        return value % bound;
    }

    /// True `percent` times in a hundred.
    bool chance(std::uint64_t percent) { return below(100) < percent; }

    /// An independent generator for a part of the work, so that one part's draws do not shift
    /// another's.
    Prng split() { return Prng(next()); }

  private:
    std::uint64_t state_;
};

}  // namespace ferro
