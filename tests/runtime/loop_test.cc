// Loop, Timer, FdWatch, SignalWatch: what runs, in which order, and that nothing runs after its
// owner has gone, also when it was queued already. The cross-thread cases are for the tsan preset.
#include "runtime/loop.h"

#include "runtime/clock.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ferro::runtime {
namespace {

using std::chrono::milliseconds;

// Runs the loop until `stop` is called by the test's own handlers, with a deadline that fails.
class LoopTest : public testing::Test {
  protected:
    void run() {
        Timer deadline(loop_, [this] {
            ADD_FAILURE() << "the loop was not stopped within 10 s";
            loop_.stop();
        });
        deadline.arm(monotonic_now() + std::chrono::seconds{10});
        loop_.run();
    }

    Loop loop_;
    std::vector<std::string> happened_;
};

using Words = std::vector<std::string>;

class Pipe {
  public:
    Pipe() {
        if (::pipe(ends_.data()) != 0) {
            throw std::runtime_error("pipe");
        }
    }

    ~Pipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }

    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    [[nodiscard]] int reader() const { return ends_[0]; }

    void write(const std::string& text) const {
        ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }

    char read_byte() const {
        char byte = 0;
        EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
        return byte;
    }

  private:
    std::array<int, 2> ends_{};
};

TEST_F(LoopTest, RunsPostedWorkInOrder) {
    loop_.post([this] { happened_.emplace_back("one"); });
    loop_.post([this] {
        happened_.emplace_back("two");
        loop_.post([this] {
            happened_.emplace_back("four");
            loop_.stop();
        });
    });
    loop_.post([this] { happened_.emplace_back("three"); });
    run();
    EXPECT_EQ(happened_, (Words{"one", "two", "three", "four"}));
}

TEST_F(LoopTest, TakesWorkFromManyThreadsAndRunsAllOfItOnItsOwn) {
    constexpr int kThreads = 4;
    constexpr int kPosts = 1000;
    int count = 0;  // without a lock: only the loop's thread touches it
    const std::thread::id self = std::this_thread::get_id();
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < kPosts; ++j) {
                loop_.post([&] {
                    EXPECT_EQ(std::this_thread::get_id(), self);
                    if (++count == kThreads * kPosts) {
                        loop_.stop();
                    }
                });
            }
        });
    }
    run();
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(count, kThreads * kPosts);
}

TEST_F(LoopTest, IsStoppedFromAnotherThread) {
    std::thread other([this] { loop_.stop(); });
    run();
    other.join();
}

TEST_F(LoopTest, TimerExpiresOnceAtItsDeadline) {
    const Instant begin = monotonic_now();
    Instant expired{};
    int expiries = 0;
    Timer end(loop_, [&] { loop_.stop(); });
    Timer timer(loop_, [&] {
        ++expiries;
        expired = monotonic_now();
        end.arm(expired + milliseconds{20});
    });
    timer.arm(begin + milliseconds{20});
    run();
    EXPECT_EQ(expiries, 1);
    EXPECT_GE(expired, begin + milliseconds{20});
}

TEST_F(LoopTest, TimerExpiresAtTheNextTurnForAPastDeadline) {
    Timer timer(loop_, [this] { loop_.stop(); });
    timer.arm(Instant{});
    run();
}

TEST_F(LoopTest, TimerExpiresOnceWhenItIsArmedAnew) {
    int expiries = 0;
    Timer end(loop_, [&] { loop_.stop(); });
    Timer timer(loop_, [&] {
        ++expiries;
        end.arm(monotonic_now() + milliseconds{20});
    });
    timer.arm(monotonic_now() + milliseconds{1});
    timer.arm(monotonic_now() + milliseconds{5});
    timer.arm(monotonic_now() + milliseconds{2});
    run();
    EXPECT_EQ(expiries, 1);
}

// Both timers are due in one turn, so the second expiry is queued when the first one runs.
TEST_F(LoopTest, TimerThatWasDueIsSilentAfterCancelRearmOrDestruction) {
    std::optional<Timer> destroyed;
    Timer end(loop_, [&] { loop_.stop(); });
    Timer cancelled(loop_, [&] { happened_.emplace_back("cancelled"); });
    Timer rearmed(loop_, [&] { happened_.emplace_back("rearmed"); });
    destroyed.emplace(loop_, [&] { happened_.emplace_back("destroyed"); });
    Timer first(loop_, [&] {
        cancelled.cancel();
        rearmed.arm(monotonic_now() + milliseconds{10});
        destroyed.reset();
        happened_.emplace_back("first");
        end.arm(monotonic_now() + milliseconds{30});
    });
    const Instant due = monotonic_now();
    first.arm(due - milliseconds{4});
    cancelled.arm(due - milliseconds{3});
    rearmed.arm(due - milliseconds{2});
    destroyed->arm(due - milliseconds{1});
    run();
    EXPECT_EQ(happened_, (Words{"first", "rearmed"}));
}

TEST_F(LoopTest, TimerMayArmOrDestroyItselfWhenItExpires) {
    int expiries = 0;
    std::optional<Timer> timer;
    timer.emplace(loop_, [&] {
        if (++expiries < 3) {
            timer->arm(monotonic_now());
        } else {
            loop_.stop();
            timer.reset();
        }
    });
    timer->arm(monotonic_now());
    run();
    EXPECT_EQ(expiries, 3);
}

TEST_F(LoopTest, FdWatchCallsAgainWhileThereIsMoreToRead) {
    const Pipe pipe;
    std::string read;
    const FdWatch watch(loop_, pipe.reader(), [&] {
        read += pipe.read_byte();
        if (read.size() == 6) {
            loop_.stop();
        } else if (read.size() == 3) {
            pipe.write("def");
        }
    });
    pipe.write("abc");
    run();
    EXPECT_EQ(read, "abcdef");
}

TEST_F(LoopTest, FdWatchIsSilentAfterDestructionAndLeavesTheDescriptorOpen) {
    const Pipe one;
    const Pipe two;
    std::optional<FdWatch> first;
    std::optional<FdWatch> second;
    Timer end(loop_, [&] { loop_.stop(); });
    // Whichever is called first removes the other, of which the event is queued already.
    const auto called = [&](const Pipe& own, std::optional<FdWatch>& other) {
        happened_.emplace_back("called");
        own.read_byte();
        other.reset();
        end.arm(monotonic_now() + milliseconds{20});
    };
    first.emplace(loop_, one.reader(), [&] { called(one, second); });
    second.emplace(loop_, two.reader(), [&] { called(two, first); });
    one.write("x");
    two.write("x");
    run();
    EXPECT_EQ(happened_, Words{"called"});
    one.write("y");
    EXPECT_TRUE(one.read_byte() == 'y' || one.read_byte() == 'y');
}

TEST_F(LoopTest, FdWatchMayDestroyItself) {
    const Pipe pipe;
    std::optional<FdWatch> watch;
    watch.emplace(loop_, pipe.reader(), [&] {
        loop_.stop();
        watch.reset();
    });
    pipe.write("x");
    run();
    // The descriptor may be watched again.
    Loop second;
    const FdWatch again(second, pipe.reader(), [&] { second.stop(); });
    second.run();
}

TEST_F(LoopTest, FdWatchTellsThatTheOtherEndIsGone) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    {
        const FdWatch watch(loop_, ends[0], [&] { loop_.stop(); });
        ::close(ends[1]);
        run();
    }
    ::close(ends[0]);
}

TEST_F(LoopTest, SignalWatchGivesTheNumberEachTime) {
    std::vector<int> numbers;
    const SignalWatch watch(loop_, {SIGUSR1, SIGUSR2}, [&](int number) {
        numbers.push_back(number);
        if (numbers.size() == 1) {
            ::raise(SIGUSR2);
        } else {
            loop_.stop();
        }
    });
    loop_.post([] { ::raise(SIGUSR1); });
    run();
    EXPECT_EQ(numbers, (std::vector<int>{SIGUSR1, SIGUSR2}));
}

TEST_F(LoopTest, SignalWatchMayDestroyItselfAndIsSilentAfterwards) {
    int calls = 0;
    std::optional<SignalWatch> watch;
    const SignalWatch keeps_it_harmless(loop_, {SIGUSR1}, [&](int) {
        if (calls > 0) {
            loop_.stop();
        }
    });
    watch.emplace(loop_, std::initializer_list<int>{SIGUSR1}, [&](int) {
        ++calls;
        watch.reset();
        ::raise(SIGUSR1);
    });
    loop_.post([] { ::raise(SIGUSR1); });
    run();
    EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, IsDestroyedWithWorkAndTimersPending) {
    auto loop = std::make_unique<Loop>();
    bool ran = false;
    {
        Timer timer(*loop, [&] { ran = true; });
        timer.arm(monotonic_now() + std::chrono::hours{1});
        loop->post([&] { ran = true; });
    }
    loop.reset();
    EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace ferro::runtime
