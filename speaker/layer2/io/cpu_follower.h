// CpuFollower: keeps the packet thread on the CPU that the questions arrive on.
//
// The kernel hands us a frame from the interrupt's CPU, which is awake, and wakes the thread where
// it ran last. If that is another CPU that has gone to sleep, waking it costs more than answering:
// with client and thread on one CPU a client saw p50 25 us and p99 46 us, on two CPUs 70 and 2,504
// (2 virtual CPUs, busy machine, 5,000 round trips each; the kernel itself: 12 and 18). ARP is not
// spread by network cards (no IP header to hash), so the CPU is a steady one.
//
// On a CPU that others keep busy, the thread would wait for them although another CPU is free
// (seen: p99 2 ms instead of 55 us, load 8 on two CPUs). So it watches how long it
// waited for its CPU, and one long wait lets it go for thousands of frames.
//
// Under a flood the second CPU is worth more than the short way: then the thread is let go, too,
// and pinned again when it is calm. It is also let go for good when the kernel refuses, and never
// put on a CPU that it was not allowed to use at the start.
//
// Which CPU it is, the kernel does not say for packet sockets (SO_INCOMING_CPU is for TCP and UDP).
// A classic filter knows, though, and what it returns is the length that a frame is cut to: so a
// second socket, let in for a moment every now and then, gets frames that are as long as the CPU's
// number says.
//
// Threads: one, the packet thread.
#pragma once

#include "core/base/instant.h"

#include <sched.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ferro::layer2 {

/// When to go where; no system call, so that a table can test it.
class FollowPolicy {
  public:
    /// Frames behind the first one of a wake-up that make it a flood.
    static constexpr std::size_t kFlood = 8;
    /// Samples in a row that must agree before the thread moves.
    static constexpr unsigned kAgree = 3;
    /// Waiting for the CPU for so long between two looks means that others need it.
    static constexpr Duration kLongWait = std::chrono::microseconds(500);
    /// Looks before a thread that waited may be pinned again.
    static constexpr unsigned kAway = 512;
    /// Calm looks before a released thread may be pinned again.
    static constexpr unsigned kCalm = 64;

    enum class Move : std::uint8_t {
        stay,
        pin,  ///< to cpu()
        release,
    };

    /// One look: `backlog` frames waited behind the first; the thread waited for its CPU for
    /// `waited` since the last look.
    Move look(std::size_t backlog, Duration waited);

    /// One sample: a frame came in on `cpu`.
    Move sample(int cpu);

    /// False in a flood or a crowd and for some time after: samples are not wanted then.
    [[nodiscard]] bool is_calm() const { return calm_needed_ == 0; }

    [[nodiscard]] bool is_pinned() const { return pinned_; }

    /// The CPU that the last move is about.
    [[nodiscard]] int cpu() const { return cpu_; }

  private:
    int cpu_ = -1;
    bool pinned_ = false;
    int candidate_ = -1;
    unsigned agreed_ = 0;
    unsigned calm_needed_ = 0;
};

class CpuFollower {
  public:
    /// For the calling thread and its network namespace. Without permission it just does nothing.
    CpuFollower();
    ~CpuFollower();
    CpuFollower(const CpuFollower&) = delete;
    CpuFollower& operator=(const CpuFollower&) = delete;

    /// After answers: `backlog` frames waited behind the first one.
    void look(std::size_t backlog);

    /// Whether every frame is worth a look, until the thread has found its place.
    [[nodiscard]] bool is_settled() const { return off_ || policy_.is_pinned(); }

  private:
    /// What the probe is let in for: nothing, the lower or the upper five bits of the CPU's number.
    enum class Probe : std::uint8_t { closed, low, high };

    void open(Probe probe);
    [[nodiscard]] int read_probe() const;
    void advance_probe();
    [[nodiscard]] Duration waited();
    void carry_out(FollowPolicy::Move move);

    FollowPolicy policy_;
    cpu_set_t allowed_{};
    int fd_ = -1;
    int statistics_ = -1;  // the thread's schedstat
    Duration waited_in_all_{};
    Probe probe_ = Probe::closed;
    int low_ = 0;
    unsigned looks_ = 0;
    bool off_ = false;
};

}  // namespace ferro::layer2
