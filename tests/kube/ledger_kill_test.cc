// 200 kills at random points. A child writes to the ledger and prints what was acknowledged; it is
// killed (SIGKILL) while it opens, writes, checkpoints. Each time the ledger must open intact and
// hold exactly what was printed, or that and the one batch that was under way.
#include "kube/io/ledger.h"
#include "tests/kube/ledger_workload.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace ferro::kube {
namespace {

using Clock = std::chrono::steady_clock;

std::string writer_path() {
    return std::string(std::getenv("FERRO_BIN")) + "/../tests/ledger_writer";
}

// The numbers of the acknowledged batches, in the order printed.
std::vector<std::uint64_t> acknowledged(const std::string& out) {
    std::vector<std::uint64_t> numbers;
    std::istringstream lines(out);
    std::string word;
    std::string value;
    while (lines >> word >> value) {
        if (word == "acknowledged") {
            numbers.push_back(std::stoull(value));
        }
    }
    return numbers;
}

// Lets the writer run for a random number of acknowledgements and a random moment more. Half of the
// kills are aimed at the first milliseconds, where the ledger is opened and made.
std::string run_and_kill(const tests::ChildOptions& options, Prng& prng) {
    auto child = tests::ChildProcess::spawn(options);
    EXPECT_TRUE(child.has_value());
    if (prng.chance(50)) {
        for (std::uint64_t n = prng.below(30) + 1; n > 0; --n) {
            EXPECT_TRUE(child->wait_for_line("acknowledged", std::chrono::seconds(20)).has_value())
                << child->err();
        }
    }
    const auto kill_at = Clock::now() + std::chrono::microseconds(prng.below(15000));
    while (Clock::now() < kill_at) {
    }
    child->signal(SIGKILL);
    EXPECT_TRUE(child->wait_exit(std::chrono::seconds(20)).has_value());
    return child->out();
}

TEST(Ledger, LosesNothingThatWasAcknowledgedInTwoHundredKills) {
    constexpr std::uint64_t kSeed = 20;
    const tests::TemporaryDirectory directory("ledger-kill");
    Prng prng(kSeed);
    std::map<model::ServiceKey, model::ServiceStatus> state;
    std::uint64_t next = 0;
    int before_first = 0;
    int under_way = 0;
    for (int kill = 0; kill < 200; ++kill) {
        const std::string out = run_and_kill(tests::ChildOptions{.argv = {writer_path(),
                                                                          directory.path(),
                                                                          std::to_string(kSeed),
                                                                          std::to_string(next),
                                                                          "1000000"}},
                                             prng);
        const std::vector<std::uint64_t> numbers = acknowledged(out);
        before_first += numbers.empty() ? 1 : 0;
        for (const std::uint64_t number : numbers) {
            ASSERT_EQ(number, next++);
            apply_batch(state, batch_number(kSeed, number));
        }

        auto ledger = Ledger::open(LedgerOptions{.state_dir = directory.path(), .now = {}});
        ASSERT_TRUE(ledger.has_value()) << ledger.error().context;
        const LedgerFound found = (*ledger)->opening().found;
        ASSERT_TRUE(found == LedgerFound::intact || (found == LedgerFound::nothing && next == 0))
            << (*ledger)->opening().to_string();
        const auto loaded = (*ledger)->load();
        ASSERT_TRUE(loaded.has_value());
        if (*loaded != listed(state)) {
            apply_batch(state, batch_number(kSeed, next++));
            ASSERT_EQ(*loaded, listed(state)) << "after kill " << kill << ", batch " << next;
            ++under_way;
        }
    }
    std::cout << "200 kills: " << next << " batches, " << before_first
              << " kills before the first acknowledgement, " << under_way
              << " with a written batch not yet printed\n";
    EXPECT_GT(next, 200U);
    EXPECT_GT(before_first, 10);
}

}  // namespace
}  // namespace ferro::kube
