// Loop: the one event loop of a daemon, one thread, on Boost.Asio (kept out of this header: it
// costs seconds to compile).
//
// Everything handed to a Loop, Timer, FdWatch or SignalWatch runs on the thread that called run(),
// one at a time, so code on the loop needs no locks. post() is the only door from other threads.
// Destroying a Timer or watch cancels it: its function does not run afterwards.
//
// Threads: Loop::post and Loop::stop from any; all else on the loop's thread, or before run().
#pragma once

#include "core/base/instant.h"
#include "core/base/result.h"

#include <functional>
#include <initializer_list>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace ferro::runtime {

class Loop {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs until stop(). Exceptions out of handlers are our own mistakes and end the process.
    void run();

    /// Makes run() return after the current handler.
    void stop();

    /// Runs `work` on the loop, after what was posted before.
    void post(std::function<void()> work);

    /// For adapters of the runtime's own level that speak Asio.
    boost::asio::io_context& context();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Calls `on_expiry` once after each arming. An engine's adapter has one of these and arms it to
/// the engine's next deadline.
class Timer {
  public:
    Timer(Loop& loop, std::function<void()> on_expiry);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// Replaces an earlier arming. A deadline in the past expires at the next turn.
    void arm(Instant deadline);
    void cancel();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Calls `on_readable` whenever the descriptor is readable (or broken). Does not own the
/// descriptor; it must outlive the watch.
class FdWatch {
  public:
    FdWatch(Loop& loop, int fd, std::function<void()> on_readable);
    ~FdWatch();
    FdWatch(const FdWatch&) = delete;
    FdWatch& operator=(const FdWatch&) = delete;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Calls `on_signal` with the number each time one of `signals` arrives.
class SignalWatch {
  public:
    SignalWatch(Loop& loop, std::initializer_list<int> signals, std::function<void(int)> on_signal);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace ferro::runtime
