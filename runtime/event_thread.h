// EventThread: one thread that waits where the loop may not (the completion queue of a foreign
// library) and carries what it waited for onto the loop.
//
// Events are handed over in batches: however many come while the loop is busy, one turn takes them
// all.
//
// Threads: constructed and destroyed on the loop; `wait` runs on the thread, `on_event` and
// `discard` on the loop.
#pragma once

#include "runtime/loop.h"

#include <functional>
#include <memory>

namespace ferro::runtime {

/// In a completion queue's words: whose operation, and whether it succeeded.
struct ForeignEvent {
    void* tag = nullptr;
    bool ok = false;
};

class EventThread {
  public:
    /// Blocks until there is an event; false ends the thread.
    using Wait = std::function<bool(ForeignEvent&)>;
    using Handler = std::function<void(ForeignEvent)>;

    /// Every event that `wait` gave reaches exactly one of `on_event` and `discard`; the latter
    /// gets those that were not handed over before destruction.
    EventThread(Loop& loop, Wait wait, Handler on_event, Handler discard);

    /// Waits for the thread, so `wait` must return false soon: shut the queue down first.
    ~EventThread();

    EventThread(const EventThread&) = delete;
    EventThread& operator=(const EventThread&) = delete;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace ferro::runtime
