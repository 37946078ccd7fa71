#include "runtime/event_thread.h"

#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace ferro::runtime {

// Shared with the turns that were posted to the loop: one that runs after destruction finds
// `closed`.
struct EventThread::State : std::enable_shared_from_this<EventThread::State> {
    State(Loop& to, Handler event, Handler rest)
        : loop(to), on_event(std::move(event)), discard(std::move(rest)) {}

    void add(ForeignEvent event) {
        const std::lock_guard lock(mutex);
        events.push_back(event);
        if (!std::exchange(turn_posted, true)) {
            loop.post([self = shared_from_this()] { self->turn(); });
        }
    }

    std::optional<ForeignEvent> next() {
        const std::lock_guard lock(mutex);
        if (closed || events.empty()) {
            turn_posted = false;
            return std::nullopt;
        }
        const ForeignEvent event = events.front();
        events.pop_front();
        return event;
    }

    void turn() {
        // One at a time under the lock: a handler may destroy the EventThread.
        while (const auto event = next()) {
            on_event(*event);
        }
    }

    Loop& loop;
    Handler on_event;
    Handler discard;
    std::mutex mutex;
    std::deque<ForeignEvent> events;
    bool turn_posted = false;
    bool closed = false;
    std::thread thread;
};

EventThread::EventThread(Loop& loop, Wait wait, Handler on_event, Handler discard)
    : state_(std::make_shared<State>(loop, std::move(on_event), std::move(discard))) {
    state_->thread = std::thread([state = state_, wait = std::move(wait)] {
        ForeignEvent event;
        while (wait(event)) {
            state->add(event);
        }
    });
}

EventThread::~EventThread() {
    state_->thread.join();
    std::deque<ForeignEvent> rest;
    {
        const std::lock_guard lock(state_->mutex);
        state_->closed = true;
        rest.swap(state_->events);
    }
    for (const ForeignEvent event : rest) {
        state_->discard(event);
    }
}

}  // namespace ferro::runtime
