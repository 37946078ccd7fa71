// Waiting for a condition with a deadline: the only form of waiting tests have.
#pragma once

#include <chrono>
#include <thread>

namespace ferro::test {

/// True as soon as `condition()` is; false when it is not within `timeout`. Asks every millisecond.
template <typename Condition>
bool eventually(Condition&& condition,
                std::chrono::milliseconds timeout = std::chrono::milliseconds{10000}) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

}  // namespace ferro::test
