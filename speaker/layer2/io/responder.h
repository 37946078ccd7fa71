// Responder: layer 2 as the speaker's wiring sees it. Joins the announcer (what to answer), the
// packet thread (answering) and the loop (time).
//
// Changes are gathered: however many services are told in one turn of the loop, one table is
// published after it, and then the gratuitous announcements go out in pieces, so that ten thousand
// of them do not hold up the loop. The table is in force before the first announcement of it
// leaves.
//
// Threads: everything on the loop. Destroying it stops answering.
#pragma once

#include "core/base/result.h"
#include "runtime/loop.h"
#include "speaker/layer2/engine/announcer.h"
#include "speaker/layer2/io/packet_thread.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace ferro::layer2 {

class Responder {
  public:
    using OnEvent = std::function<void(const Event&)>;

    /// Errors as PacketThread::start. `on_event` is called on the loop, never from within a call
    /// of this class.
    static Result<std::unique_ptr<Responder>> start(runtime::Loop& loop, OnEvent on_event);
    ~Responder();
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;

    /// As in Announcer, with the loop's time. Excluded interfaces are to be left out.
    void set_interfaces(std::vector<Interface> present);
    AnnounceResult announce(const model::ServiceKey& service,
                            const ip::Address& address,
                            const InterfaceChoice& choice);
    void withdraw(const model::ServiceKey& service, const ip::Address& address);
    void withdraw(const model::ServiceKey& service);

    /// Answers nothing from now on, at once; for the time between SIGTERM and the end.
    void fall_silent();

    /// What is announced, and MetalLB's counters per address.
    [[nodiscard]] const Announcer& announcer() const;

    [[nodiscard]] FrameCounts counts() const;

  private:
    struct State;
    explicit Responder(std::shared_ptr<State> state);

    // Shared with what was posted to the loop, which finds `stopped` when it comes too late.
    std::shared_ptr<State> state_;
};

}  // namespace ferro::layer2
