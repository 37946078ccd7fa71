// PacketThread: answers ARP. The only thread of the speaker besides its loop, so that a loop that
// is busy with ten thousand services for some milliseconds keeps no client waiting.
//
// Sockets. One packet socket for ARP on *all* interfaces of the namespace, not one for each: it
// has nothing to open or to lose when links come and go (a socket bound to an interface dies with
// ENETDOWN), and the interface that a frame came in on tells the answer table where it is. Which
// interfaces, and which frames, is the kernel filter's work (kernel_filter.h), renewed with the
// table. A second socket, which receives nothing, sends the loop's gratuitous announcements, so
// that ten thousand of them cannot fill the send buffer of an answer.
//
// Hand-over. publish() puts the table behind a mutex; the thread copies the pointer once per
// wake-up. A table is in force from the first wake-up after publish().
//
// Waiting. The thread sleeps in recvmsg() itself and sends the answer before it does anything else:
// a poll or a batch call in between costs a client 2-3 us of 15 (bench/speaker/README.md). Every
// eighth frame it looks for a backlog, which is then answered in batches, and for the CPU that
// frames come in on (cpu_follower.h). Because nothing else can end the wait, ~PacketThread sends
// the thread SIGURG.
//
// On the way of a packet: no allocation, no lock but that one, no log line. A reply that the kernel
// does not take (queue full, link gone) is dropped and counted: the client asks again.
//
// Nothing is left in the kernel by a process that dies: addresses sit on no interface, sockets and
// filters go with the descriptors.
//
// Threads: one made here; all functions on the loop's (counts() too).
#pragma once

#include "core/base/result.h"
#include "speaker/layer2/engine/announcer.h"
#include "speaker/layer2/engine/answer_table.h"
#include "speaker/layer2/engine/decision.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ferro::layer2 {

/// What the packet thread has seen since it started. The kernel filter keeps most foreign frames
/// from being seen at all.
struct FrameCounts {
    /// By DropReason; `none` counts the answered ones.
    std::array<std::uint64_t, kDropReasonCount> frames{};
    std::uint64_t wake_ups = 0;
    /// Replies and gratuitous frames that the kernel refused.
    std::uint64_t send_errors = 0;
    /// Requests that found our receive buffer full.
    std::uint64_t overruns = 0;
};

class PacketThread {
  public:
    /// Opens the sockets in the calling thread's network namespace and starts. Answers nothing
    /// until a table is published. Error: permission_denied without CAP_NET_RAW, else unavailable.
    static Result<std::unique_ptr<PacketThread>> start();

    /// Stops answering and waits for the thread's end.
    ~PacketThread();
    PacketThread(const PacketThread&) = delete;
    PacketThread& operator=(const PacketThread&) = delete;

    /// From now on answers by this table (never null).
    void publish(std::shared_ptr<const AnswerTable> table);

    /// Sends the announcements in order: for each the request form, then the reply form. Returns
    /// how many were dealt with: fewer than given when the send buffer is full, then the rest is
    /// to be offered again a little later. `counters` counts what left. Never blocks.
    std::size_t send(std::span<const GratuitousOrder> orders, AddressCounters& counters);

    [[nodiscard]] FrameCounts counts() const;

  private:
    struct State;
    explicit PacketThread(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace ferro::layer2
