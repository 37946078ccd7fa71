// What the layer 2 namespace tests share: a packet socket that sends and sees ARP on one interface,
// a responder on a loop of its own, and the neighbour table of a client as `ip neigh` shows it.
#pragma once

#include "speaker/layer2/engine/announcer.h"
#include "speaker/layer2/io/packet_thread.h"
#include "tests/support/netns.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferro::layer2 {

/// The kernel's interfaces of the namespace that the caller is in, read from /sys.
std::vector<Interface> interfaces_of(const test::NetNamespace& ns);

MacAddress mac_of(const std::string& text);

/// Sends and sees ARP frames on one interface, as any host could. What it sees are the frames that
/// come in, not its own.
class Sniffer {
  public:
    Sniffer(const test::NetNamespace& ns, const std::string& interface);
    ~Sniffer();
    Sniffer(const Sniffer&) = delete;
    Sniffer& operator=(const Sniffer&) = delete;

    void send(const ArpFrame& frame) const;

    /// A broadcast request from this host's MAC and `sender`.
    void ask(const ip::Address& target, const ip::Address& sender) const;

    /// The next frame, waiting up to `timeout`.
    std::optional<ArpFrame> next(std::chrono::milliseconds timeout) const;

    /// The next reply to this host's MAC (so no gratuitous one); `_for`: with `address` as sender.
    std::optional<ArpFrame> reply(std::chrono::milliseconds timeout) const;
    std::optional<ArpFrame> reply_for(const ip::Address& address,
                                      std::chrono::milliseconds timeout) const;

    /// Raw, for what no codec builds. Returns the frame's bytes.
    void send_bytes(const std::vector<std::uint8_t>& bytes) const;

    [[nodiscard]] MacAddress mac() const { return mac_; }

  private:
    int fd_ = -1;
    MacAddress mac_;
};

/// The announcer and the packet thread of one host, driven by hand: the test says when.
class Host {
  public:
    explicit Host(const test::NetNamespace& ns);

    /// Reads the namespace's interfaces and applies everything that is waiting.
    void refresh();
    AnnounceResult announce(const std::string& address, const InterfaceChoice& choice = {});
    void withdraw(const std::string& address);

    /// Publishes the table and sends what is due at this moment of the test's own clock.
    void flush();

    /// Moves the test's clock and flushes.
    void advance(Duration by);

    [[nodiscard]] Announcer& announcer() { return announcer_; }

    [[nodiscard]] PacketThread& packets() { return *packets_; }

    /// Ends the packet thread, as the end of the process would.
    void kill() { packets_.reset(); }

  private:
    test::NetNamespace ns_;
    Announcer announcer_;
    std::unique_ptr<PacketThread> packets_;
    Instant now_{};
};

/// MAC of `address` in the neighbour table of `ns`, if it has one.
std::optional<std::string> neighbour(const test::NetNamespace& ns, const std::string& address);

/// Asks the kernel of `ns` to resolve `address` by sending it a datagram.
void poke(const test::NetNamespace& ns, const std::string& address);

}  // namespace ferro::layer2
