// Layer2Driver: makes the wire equal to this node's verdicts. Joins the announcer engine to the
// packet thread and to the loop's time.
//
// Callers change wishes (announce, withdraw, set_interfaces, rearm) and then flush() once per turn:
// the table goes to the packet thread first and the gratuitous frames after it, so a neighbour that
// believes a frame is answered when it asks.
//
// Threads: loop only.
#pragma once

#include "core/base/instant.h"
#include "core/plan/verdict.h"
#include "runtime/loop.h"
#include "speaker/layer2/engine/announcer.h"
#include "speaker/layer2/io/packet_thread.h"

#include <functional>
#include <memory>
#include <vector>

namespace ferro::speaker {

class Layer2Driver {
  public:
    /// `on_event` hears, during flush(), what the announcer says has happened.
    Layer2Driver(runtime::Loop& loop,
                 std::unique_ptr<layer2::PacketThread> packets,
                 std::function<void(const layer2::Event&)> on_event);

    /// All interfaces that are present and not excluded.
    void set_interfaces(std::vector<layer2::Interface> present);

    /// This node answers for the IPv4 addresses among `ips`. Again with the same arguments it
    /// restarts the gratuitous burst.
    void announce(const model::ServiceKey& service,
                  const std::vector<ip::Address>& ips,
                  const plan::InterfaceList& interfaces);

    void withdraw(const model::ServiceKey& service);
    void withdraw(const model::ServiceKey& service, const ip::Address& address);

    /// Publishes, sends and tells what the calls since the last flush led to.
    void flush();

    /// Ends answering for good; the wire is silent when it returns.
    void stop();

    [[nodiscard]] const layer2::Announcer& announcer() const { return announcer_; }

    /// All zero after stop().
    [[nodiscard]] layer2::FrameCounts frame_counts() const;

  private:
    void send_orders();
    void arm();

    layer2::Announcer announcer_;
    std::unique_ptr<layer2::PacketThread> packets_;
    std::function<void(const layer2::Event&)> on_event_;
    std::vector<layer2::GratuitousOrder> unsent_;  ///< what the send buffer had no room for
    runtime::Timer timer_;
};

}  // namespace ferro::speaker
