// What the ARP benches measure on: a veth pair between two network namespaces of their own. The
// client's end is this process's; at the other end a child process is the node: its kernel has one
// address (the reference), and the real packet thread answers for one or ten thousand others that
// are on no interface.
//
// Threads: the node's packet thread, in the child; the client is the caller's.
#pragma once

#include "core/ip/address.h"
#include "speaker/layer2/wire/arp.h"

#include <sys/types.h>

#include <cstdint>

namespace ferro::bench {

/// The node. Made before anything else in main, since it forks.
class Node {
  public:
    /// Ends the program with a message when the namespaces cannot be made (needs root).
    Node();
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// From now on `count` addresses are announced: virtual_address(0 .. count - 1). Returns when
    /// they are answered.
    void announce(std::uint32_t count);

    /// User and system time of the node's process so far.
    [[nodiscard]] double cpu_seconds();

  private:
    struct Order;
    struct Answer;

    [[noreturn]] static void run_child(int control);
    Answer call(const Order& order);

    pid_t pid_ = -1;
    int control_ = -1;
};

/// The address of the node's kernel.
ip::Address kernel_address();
ip::Address virtual_address(std::uint32_t number);

/// An ordinary client: a blocking packet socket on the other end of the wire.
class Client {
  public:
    Client();
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends a broadcast request and waits in recv() for the reply. Microseconds from before the
    /// send to after the receive; negative when there was none within 200 ms.
    double round_trip_us(const ip::Address& address) const;

    struct Flood {
        std::uint64_t replies = 0;
        std::uint64_t lost = 0;
        double seconds = 0;
    };

    /// Keeps `window` requests unanswered for `seconds`, in batches of system calls. Requests go
    /// to virtual addresses 0 .. `count` - 1 in turn, or to the kernel's when `count` is 0.
    [[nodiscard]] Flood flood(std::uint32_t count, std::uint32_t window, double seconds) const;

  private:
    [[nodiscard]] layer2::ArpFrame request_for(const ip::Address& address) const;

    int fd_ = -1;
    layer2::MacAddress mac_;
};

/// User and system time of this process so far: it includes the kernel's answering, which happens
/// in the sender's context.
double own_cpu_seconds();

}  // namespace ferro::bench
