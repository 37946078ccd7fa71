// Virtual time: a heap of things that will happen, in the order of their time and, where times are
// equal, of the order in which they were planned. Nothing else in the simulator knows a clock.
#pragma once

#include "core/base/instant.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace ferro::sim {

class EventHeap {
  public:
    using Action = std::function<void()>;

    [[nodiscard]] Instant now() const { return now_; }

    [[nodiscard]] std::uint64_t happened() const { return happened_; }

    void after(Duration delay, Action action) {
        heap_.push_back({now_ + delay, ++number_, std::move(action)});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }

    /// Lets the next one happen. False when there is none.
    bool run_next() {
        if (heap_.empty()) {
            return false;
        }
        std::pop_heap(heap_.begin(), heap_.end(), later);
        Event event = std::move(heap_.back());
        heap_.pop_back();
        now_ = event.at;
        ++happened_;
        event.action();
        return true;
    }

  private:
    struct Event {
        Instant at;
        std::uint64_t number = 0;
        Action action;
    };

    static bool later(const Event& a, const Event& b) {
        return std::pair(a.at, a.number) > std::pair(b.at, b.number);
    }

    Instant now_;
    std::uint64_t number_ = 0;
    std::uint64_t happened_ = 0;
    std::vector<Event> heap_;
};

}  // namespace ferro::sim
