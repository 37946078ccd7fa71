// A real full disk: a tmpfs of 2 MiB in a mount namespace of this process alone.
#include "kube/io/ledger.h"
#include "tests/kube/ledger_workload.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

namespace ferro::kube {
namespace {

class FullDisk : public testing::Test {
  protected:
    void SetUp() override {
        // Root, or anybody where the kernel lets users have namespaces.
        const bool alone =
            ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
        ASSERT_TRUE(alone) << std::strerror(errno);
        ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
        ASSERT_EQ(::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=2m"), 0)
            << std::strerror(errno);
    }

    void TearDown() override { ::umount2(directory.path().c_str(), MNT_DETACH); }

    std::unique_ptr<Ledger> open() {
        auto ledger = Ledger::open(LedgerOptions{.state_dir = directory.path(), .now = {}});
        EXPECT_TRUE(ledger.has_value()) << ledger.error().context;
        return ledger ? std::move(*ledger) : nullptr;
    }

    // Writes until the disk refuses; gives the error.
    Error fill(Ledger& ledger) {
        for (std::uint64_t n = 0; n < 1000000; ++n) {
            const std::vector<model::ServiceStatus> batch = {allocation(n, n + 1)};
            const auto written = ledger.write(batch);
            if (!written) {
                return written.error();
            }
            apply_batch(state, batch);
        }
        return Error{ErrorCode::internal, "two million bytes held everything"};
    }

    // Somebody else takes every block that is left.
    void take_the_rest() const {
        std::ofstream hog(directory / "hog", std::ios::binary);
        while (hog.write("x", 1) && hog.flush()) {
        }
    }

    tests::TemporaryDirectory directory{"ledger-full"};
    std::map<model::ServiceKey, model::ServiceStatus> state;
};

TEST_F(FullDisk, StopsNewAllocationsAndCostsNoExistingOne) {
    {
        const auto ledger = open();
        EXPECT_EQ(fill(*ledger).code, ErrorCode::resource_exhausted);
        EXPECT_EQ(ledger->load().value(), listed(state));
        EXPECT_GT(state.size(), 1000U);
    }
    const auto again = open();
    EXPECT_EQ(again->opening().found, LedgerFound::intact);
    EXPECT_EQ(again->load().value(), listed(state));
}

TEST_F(FullDisk, StillWritesRemovalsAndThenAllocatesAgain) {
    const auto ledger = open();
    ASSERT_EQ(fill(*ledger).code, ErrorCode::resource_exhausted);
    take_the_rest();
    std::vector<model::ServiceStatus> removals;
    for (auto it = state.begin(); removals.size() < 500; it = state.erase(it)) {
        removals.push_back(model::ServiceStatus{it->first, {}, ""});
    }
    for (const model::ServiceStatus& removal : removals) {
        const auto written = ledger->write({removal});
        ASSERT_TRUE(written.has_value()) << written.error().context;
    }
    EXPECT_EQ(ledger->load().value(), listed(state));
    std::filesystem::remove(directory / "hog");
    const auto written = ledger->write({allocation(5000000, 1)});
    EXPECT_TRUE(written.has_value()) << written.error().context;
}

TEST_F(FullDisk, RefusesAMixedBatchAsAWhole) {
    const auto ledger = open();
    ASSERT_EQ(fill(*ledger).code, ErrorCode::resource_exhausted);
    take_the_rest();
    std::vector<model::ServiceStatus> mixed = {model::ServiceStatus{state.begin()->first, {}, ""}};
    for (std::uint64_t n = 0; n < 5000; ++n) {
        mixed.push_back(allocation(2000000 + n, n));
    }
    const auto written = ledger->write(mixed);
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(ledger->load().value(), listed(state));
}

// Without room for the new ledger the old one stays where it is.
TEST_F(FullDisk, LeavesADamagedLedgerAloneWhenThereIsNoRoomForANewOne) {
    {
        const auto ledger = open();
        ASSERT_TRUE(ledger->write({allocation(1, 1)}).has_value());
    }
    std::ofstream(directory / "ledger.db", std::ios::trunc) << "not a database any more";
    take_the_rest();
    const auto refused = Ledger::open(LedgerOptions{.state_dir = directory.path(), .now = {}});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted) << refused.error().context;
    EXPECT_TRUE(std::filesystem::exists(directory / "ledger.db"));
    std::filesystem::remove(directory / "hog");
    EXPECT_EQ(open()->opening().found, LedgerFound::not_a_ledger);
}

}  // namespace
}  // namespace ferro::kube
