// CpuFollower: keeps the packet thread on the CPU that the questions arrive on.
//
// The kernel hands us a frame from the interrupt's CPU, which is awake, and wakes the thread where
// it ran last. If that is another CPU that has gone to sleep, waking it costs more than answering:
// with client and thread on one CPU a client saw p50 25 us and p99 46 us, on two CPUs 70 and 2,504
// (2 virtual CPUs, busy machine, 5,000 round trips each; the kernel itself: 12 and 18). ARP is not
// spread by network cards (no IP header to hash), so the CPU is a steady one.
//
// Under a flood the second CPU is worth more than the short way: then the thread is let go, and
// pinned again when it is calm. It is also let go for good when the kernel refuses, and never put
// on a CPU that it was not allowed to use at the start.
//
// Threads: one, the packet thread.
#pragma once

#include <sched.h>

#include <cstddef>
#include <cstdint>

namespace ferro::layer2 {

/// When to go where; no system call, so that a table can test it.
class FollowPolicy {
  public:
    /// Frames behind the first one of a wake-up that make it a flood.
    static constexpr std::size_t kFlood = 8;
    /// Looks in a row that must agree before the thread moves.
    static constexpr unsigned kAgree = 4;
    /// Calm looks before a released thread may be pinned again.
    static constexpr unsigned kCalm = 64;

    enum class Move : std::uint8_t { stay, pin, release };

    /// One look: the last frame came in on `cpu`, and `backlog` more waited behind it.
    Move observe(int cpu, std::size_t backlog);

    /// Where to, after `pin`.
    [[nodiscard]] int cpu() const { return candidate_; }

  private:
    int pinned_ = -1;
    int candidate_ = -1;
    unsigned agreed_ = 0;
    unsigned calm_needed_ = 0;
};

class CpuFollower {
  public:
    /// For the calling thread.
    CpuFollower();

    /// After an answer: looks where the last frame of `socket` came in and moves if it is time.
    void observe(int socket, std::size_t backlog);

  private:
    FollowPolicy policy_;
    cpu_set_t allowed_{};
    bool off_ = false;
};

}  // namespace ferro::layer2
