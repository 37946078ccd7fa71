#include "speaker/layer2/io/responder.h"

#include "runtime/clock.h"

#include <chrono>
#include <optional>
#include <utility>

namespace ferro::layer2 {

namespace {

/// Announcements per turn of the loop: 512 frames, about half a millisecond.
constexpr std::size_t kOrdersPerTurn = 256;
/// When the send buffer is full: a 1 Gbit/s link empties the default 208 KiB in less.
constexpr Duration kRetry = std::chrono::milliseconds(2);

}  // namespace

struct Responder::State : std::enable_shared_from_this<Responder::State> {
    State(runtime::Loop& its_loop, OnEvent event, std::unique_ptr<PacketThread> thread)
        : loop(its_loop),
          on_event(std::move(event)),
          packets(std::move(thread)),
          timer(loop, [this] { flush(); }) {}

    /// Makes flush() run after the current turn, once.
    void touch() {
        if (std::exchange(posted, true)) {
            return;
        }
        loop.post([self = shared_from_this()] {
            self->posted = false;
            if (!self->stopped) {
                self->flush();
            }
        });
    }

    void flush() {
        const Instant now = runtime::monotonic_now();
        announcer.advance(now);
        if (auto table = announcer.take_table(); table != nullptr && !silent) {
            packets->publish(std::move(table));
        }
        const bool full = !send_some();
        std::optional<Instant> deadline = announcer.next_deadline();
        if (full) {
            deadline = deadline ? std::min(*deadline, now + kRetry) : now + kRetry;
        } else if (announcer.has_orders()) {
            touch();
        }
        if (deadline) {
            timer.arm(*deadline);
        } else {
            timer.cancel();
        }
        for (const Event& event : announcer.take_events()) {
            on_event(event);
            if (stopped) {
                return;
            }
        }
    }

    /// One turn's share. False when the send buffer is full.
    bool send_some() {
        // What waited for room in the send buffer may have been given up since.
        std::erase_if(unsent, [this](const GratuitousOrder& order) {
            return !announcer.announces(order.address);
        });
        if (unsent.empty()) {
            unsent = announcer.take_orders(kOrdersPerTurn);
        }
        if (silent) {
            unsent.clear();
            return true;
        }
        const std::size_t sent = packets->send(unsent, announcer.counters());
        unsent.erase(unsent.begin(), unsent.begin() + static_cast<std::ptrdiff_t>(sent));
        return unsent.empty();
    }

    runtime::Loop& loop;
    OnEvent on_event;
    Announcer announcer;
    std::unique_ptr<PacketThread> packets;
    std::vector<GratuitousOrder> unsent;
    bool posted = false;
    bool silent = false;
    bool stopped = false;
    runtime::Timer timer;
};

Responder::Responder(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Responder>> Responder::start(runtime::Loop& loop, OnEvent on_event) {
    TRY(auto packets, PacketThread::start());
    auto state = std::make_shared<State>(loop, std::move(on_event), std::move(packets));
    return std::unique_ptr<Responder>(new Responder(std::move(state)));
}

Responder::~Responder() {
    state_->stopped = true;
    state_->timer.cancel();
    state_->packets.reset();
}

void Responder::set_interfaces(std::vector<Interface> present) {
    state_->announcer.set_interfaces(std::move(present), runtime::monotonic_now());
    state_->touch();
}

AnnounceResult Responder::announce(const model::ServiceKey& service,
                                   const ip::Address& address,
                                   const InterfaceChoice& choice) {
    state_->touch();
    return state_->announcer.announce(service, address, choice, runtime::monotonic_now());
}

void Responder::withdraw(const model::ServiceKey& service, const ip::Address& address) {
    state_->announcer.withdraw(service, address);
    state_->touch();
}

void Responder::withdraw(const model::ServiceKey& service) {
    state_->announcer.withdraw(service);
    state_->touch();
}

void Responder::fall_silent() {
    const std::vector<Interface> none;
    state_->silent = true;
    state_->packets->publish(
        std::make_shared<AnswerTable>(std::make_shared<AddressCounters>(), none, std::size_t{0}));
}

const Announcer& Responder::announcer() const {
    return state_->announcer;
}

FrameCounts Responder::counts() const {
    return state_->packets->counts();
}

}  // namespace ferro::layer2
