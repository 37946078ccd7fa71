#include "runtime/loop.h"

#include "runtime/clock.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace ferro::runtime {

namespace asio = boost::asio;

struct Loop::State {
    // One thread calls run(); the hint lets Asio drop its inner queue per thread, not its locks
    // (post needs them).
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work =
        asio::make_work_guard(context);
};

Loop::Loop() : state_(std::make_unique<State>()) {}

Loop::~Loop() = default;

void Loop::run() {
    state_->context.run();
}

void Loop::stop() {
    state_->context.stop();
}

void Loop::post(std::function<void()> work) {
    asio::post(state_->context, std::move(work));
}

asio::io_context& Loop::context() {
    return state_->context;
}

// The states below are shared with Asio's pending handlers, so that a handler which was already
// queued when its owner went away finds `dropped` instead of a dangling pointer.

struct Timer::State : std::enable_shared_from_this<Timer::State> {
    State(Loop& loop, std::function<void()> expiry)
        : timer(loop.context()), on_expiry(std::move(expiry)) {}

    asio::steady_timer timer;
    std::function<void()> on_expiry;
    std::uint64_t arming = 0;  // an expiry that was queued before a re-arming belongs to the past
    bool dropped = false;
};

Timer::Timer(Loop& loop, std::function<void()> on_expiry)
    : state_(std::make_shared<State>(loop, std::move(on_expiry))) {}

Timer::~Timer() {
    state_->dropped = true;
    state_->timer.cancel();
}

void Timer::arm(Instant deadline) {
    const std::uint64_t arming = ++state_->arming;
    state_->timer.expires_at(std::chrono::steady_clock::time_point(deadline.time_since_epoch()));
    state_->timer.async_wait([state = state_, arming](boost::system::error_code error) {
        if (!error && !state->dropped && state->arming == arming) {
            state->on_expiry();
        }
    });
}

void Timer::cancel() {
    ++state_->arming;
    state_->timer.cancel();
}

struct FdWatch::State : std::enable_shared_from_this<FdWatch::State> {
    State(Loop& loop, int fd, std::function<void()> readable)
        : descriptor(loop.context(), fd), on_readable(std::move(readable)) {}

    ~State() {
        if (descriptor.is_open()) {
            descriptor.release();
        }
    }

    void wait() {
        descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                              [self = shared_from_this()](boost::system::error_code error) {
                                  if (error || self->dropped) {
                                      return;
                                  }
                                  self->on_readable();
                                  if (!self->dropped) {
                                      self->wait();
                                  }
                              });
    }

    asio::posix::stream_descriptor descriptor;
    std::function<void()> on_readable;
    bool dropped = false;
};

FdWatch::FdWatch(Loop& loop, int fd, std::function<void()> on_readable)
    : state_(std::make_shared<State>(loop, fd, std::move(on_readable))) {
    state_->wait();
}

FdWatch::~FdWatch() {
    state_->dropped = true;
    // Leaves the descriptor open: it is its owner's. Pending waits are cancelled by the release.
    state_->descriptor.release();
}

struct SignalWatch::State : std::enable_shared_from_this<SignalWatch::State> {
    State(Loop& loop, std::initializer_list<int> numbers, std::function<void(int)> signal)
        : signals(loop.context()), on_signal(std::move(signal)) {
        for (const int number : numbers) {
            signals.add(number);
        }
    }

    void wait() {
        signals.async_wait(
            [self = shared_from_this()](boost::system::error_code error, int number) {
                if (error || self->dropped) {
                    return;
                }
                self->on_signal(number);
                if (!self->dropped) {
                    self->wait();
                }
            });
    }

    asio::signal_set signals;
    std::function<void(int)> on_signal;
    bool dropped = false;
};

SignalWatch::SignalWatch(Loop& loop,
                         std::initializer_list<int> signals,
                         std::function<void(int)> on_signal)
    : state_(std::make_shared<State>(loop, signals, std::move(on_signal))) {
    state_->wait();
}

SignalWatch::~SignalWatch() {
    state_->dropped = true;
    state_->signals.cancel();
}

}  // namespace ferro::runtime
