// LinkMonitor: the interfaces of one network namespace, kept equal to the kernel's, as typed events
// on the loop.
//
// How it stays equal. One socket is subscribed to links and addresses *before* the first dump is
// asked for on a second socket, so that nothing falls between the two: what the dump missed is in
// the queue. When the kernel has more to tell than the queue holds (ENOBUFS), the queue is thrown
// away, everything is dumped again, and the difference to what was told comes out as ordinary
// events; `counters().resyncs` says how often. A dump that the kernel marks as interrupted by a
// change is taken again. Nothing is polled: between changes the monitor costs nothing, and an event
// follows its cause by a fraction of a millisecond (tests/netlink says how that was measured).
//
// The monitor belongs to the network namespace of the thread that called start(). It needs no
// capability.
//
// Threads: start() anywhere before the loop runs, or on the loop; all else on the loop.
#pragma once

#include "core/base/result.h"
#include "netlink/link.h"
#include "runtime/loop.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace ferro::netlink {

struct LinkListener {
    /// A new link, or one that differs from what was told before. Changes that the kernel reported
    /// together are told once; going up and down, and gaining or losing carrier, are always told.
    std::function<void(const Link&)> link_changed;
    /// The link is gone, or moved to another namespace. Its index may come back as another link.
    std::function<void(InterfaceIndex)> link_removed;
};

struct LinkMonitorOptions {
    /// Of the notifications. The kernel doubles it and cuts it at net.core.rmem_max.
    int receive_buffer_bytes = 1 << 20;
};

struct LinkMonitorCounters {
    std::uint64_t messages = 0;    ///< notifications read
    std::uint64_t overruns = 0;    ///< times the kernel said that notifications were lost
    std::uint64_t resyncs = 0;     ///< full dumps after the first
    std::uint64_t failures = 0;    ///< dumps that failed; each is tried again after a pause
    std::uint64_t unreadable = 0;  ///< notifications that are of no kind we know
};

class LinkMonitor {
  public:
    /// Returns with the first dump taken: snapshot() is complete, and `listener` hears of the
    /// differences from it, from the next turn of the loop on. The listener must not destroy the
    /// monitor. Errors: unavailable, resource_exhausted or permission_denied when the kernel gives
    /// no netlink socket or no dump.
    static Result<std::unique_ptr<LinkMonitor>> start(runtime::Loop& loop,
                                                      LinkListener listener,
                                                      LinkMonitorOptions options = {});

    ~LinkMonitor();
    LinkMonitor(const LinkMonitor&) = delete;
    LinkMonitor& operator=(const LinkMonitor&) = delete;

    /// All links as told so far, by ascending index. Cost: copies.
    [[nodiscard]] std::vector<Link> snapshot() const;

    [[nodiscard]] const LinkMonitorCounters& counters() const;

  private:
    struct State;

    explicit LinkMonitor(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace ferro::netlink
