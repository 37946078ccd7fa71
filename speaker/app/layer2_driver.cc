#include "speaker/app/layer2_driver.h"

#include "runtime/clock.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

namespace ferro::speaker {
namespace {

// Orders are taken in portions, so that ten thousand of them do not hold the loop; and when the
// send buffer is full, the rest is offered again after a moment in which the kernel can empty it.
constexpr std::size_t kOrdersPerTurn = 1024;
constexpr Duration kSendAgain = std::chrono::milliseconds{1};

}  // namespace

Layer2Driver::Layer2Driver(runtime::Loop& loop,
                           std::unique_ptr<layer2::PacketThread> packets,
                           std::function<void(const layer2::Event&)> on_event)
    : packets_(std::move(packets)), on_event_(std::move(on_event)), timer_(loop, [this] {
          announcer_.advance(runtime::monotonic_now());
          flush();
      }) {}

void Layer2Driver::set_interfaces(std::vector<layer2::Interface> present) {
    announcer_.set_interfaces(std::move(present), runtime::monotonic_now());
}

void Layer2Driver::announce(const model::ServiceKey& service,
                            const std::vector<ip::Address>& ips,
                            const plan::InterfaceList& interfaces) {
    layer2::InterfaceChoice choice;
    if (interfaces != nullptr) {
        choice.all = false;
        choice.names = *interfaces;
    }
    const Instant now = runtime::monotonic_now();
    for (const ip::Address& address : ips) {
        // Answering for IPv6 is NDP's work, which this release does not do.
        if (address.is_ipv4()) {
            announcer_.announce(service, address, choice, now);
        }
    }
}

void Layer2Driver::withdraw(const model::ServiceKey& service) {
    announcer_.withdraw(service);
}

void Layer2Driver::withdraw(const model::ServiceKey& service, const ip::Address& address) {
    announcer_.withdraw(service, address);
}

void Layer2Driver::flush() {
    if (packets_ == nullptr) {
        return;
    }
    if (auto table = announcer_.take_table(); table != nullptr) {
        packets_->publish(std::move(table));
    }
    send_orders();
    for (const layer2::Event& event : announcer_.take_events()) {
        on_event_(event);
    }
    arm();
}

void Layer2Driver::send_orders() {
    if (unsent_.empty()) {
        unsent_ = announcer_.take_orders(kOrdersPerTurn);
    }
    const std::size_t dealt_with = packets_->send(unsent_, announcer_.counters());
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(dealt_with));
}

void Layer2Driver::arm() {
    std::optional<Instant> deadline = announcer_.next_deadline();
    const Instant now = runtime::monotonic_now();
    if (!unsent_.empty()) {
        deadline = std::min(deadline.value_or(Instant::max()), now + kSendAgain);
    } else if (announcer_.has_orders()) {
        deadline = now;
    }
    if (deadline) {
        timer_.arm(*deadline);
    } else {
        timer_.cancel();
    }
}

void Layer2Driver::stop() {
    timer_.cancel();
    packets_.reset();
}

layer2::FrameCounts Layer2Driver::frame_counts() const {
    return packets_ == nullptr ? layer2::FrameCounts{} : packets_->counts();
}

}  // namespace ferro::speaker
