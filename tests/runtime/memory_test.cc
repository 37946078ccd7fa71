// Giving back: pages of the program's file go, and the program goes on.
#include "runtime/memory.h"

#include "runtime/clock.h"
#include "runtime/loop.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace ferro::runtime {
namespace {

/// Of /proc/self/status.
long kilobytes(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field + ":")) {
            return std::stol(line.substr(field.size() + 1));
        }
    }
    return -1;
}

TEST(Memory, GivesBackWhatStartUpReadOfItsFilesAndRunsOn) {
    const long before = kilobytes("RssFile");
    ASSERT_GT(before, 0);
    give_back_memory();
    EXPECT_LT(kilobytes("RssFile"), before);
}

TEST(MemoryKeeper, GivesBackOnceThingsHaveSettled) {
    Loop loop;
    MemoryKeeper keeper(loop, std::chrono::milliseconds{1});
    keeper.busy(10'000);
    const long before = kilobytes("RssFile");
    const Instant deadline = monotonic_now() + std::chrono::seconds{10};
    bool gone = false;
    Timer look(loop, [&] {
        gone = kilobytes("RssFile") < before;
        if (gone || monotonic_now() > deadline) {
            loop.stop();
        } else {
            look.arm(monotonic_now() + std::chrono::milliseconds{5});
        }
    });
    look.arm(monotonic_now() + std::chrono::milliseconds{5});
    loop.run();
    EXPECT_TRUE(gone);
}

}  // namespace
}  // namespace ferro::runtime
