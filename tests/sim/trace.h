// Trace: what happened in a run, one line each. The hash of all lines is the run's fingerprint: two
// runs of one seed that differ anywhere differ in it. Violations of invariants are collected here.
#pragma once

#include "core/base/siphash.h"
#include "tests/sim/event_heap.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace ferro::sim {

class Trace {
  public:
    enum class Show { nothing, lines };

    Trace(const EventHeap& heap, Show show) : heap_(heap), show_(show) {}

    void line(const std::string& text) {
        const auto us =
            std::chrono::duration_cast<std::chrono::microseconds>(heap_.now().time_since_epoch())
                .count();
        hash_ = siphash(key_of(hash_, us), text);
        if (show_ == Show::lines) {
            std::printf("%9.3f ms  %s\n", static_cast<double>(us) / 1000.0, text.c_str());
        }
    }

    /// An invariant does not hold.
    void violation(const std::string& text) {
        line("VIOLATION " + text);
        violations_.push_back(text);
    }

    [[nodiscard]] std::uint64_t hash() const { return hash_; }

    [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

  private:
    static SipKey key_of(std::uint64_t hash, std::int64_t us) {
        return SipKey{.k0 = hash, .k1 = static_cast<std::uint64_t>(us)};
    }

    const EventHeap& heap_;
    Show show_;
    std::uint64_t hash_ = 0;
    std::vector<std::string> violations_;
};

}  // namespace ferro::sim
