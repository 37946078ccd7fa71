// The cluster from seeds. `sim_test --seed N [--steps S]` replays one seed with its trace;
// `sim_test --seeds FROM COUNT` runs many and stops at nothing. The environment variables
// FERRO_SIM_FIRST and FERRO_SIM_SEEDS move and widen what the test runs.
#include "tests/sim/simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::sim {
namespace {

constexpr std::size_t kSteps = 14;

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

Outcome run(std::uint64_t seed,
            std::size_t steps = kSteps,
            Trace::Show show = Trace::Show::nothing) {
    return Simulation(seed, steps, show).run();
}

/// The line of a run, and what it violated.
std::string to_text(const Outcome& outcome) {
    std::string text = outcome.to_string();
    for (const std::string& violation : outcome.violations) {
        text += "\n    " + violation;
    }
    return text;
}

TEST(Simulation, HoldsItsInvariantsFromManySeeds) {
    const std::uint64_t first = number_in("FERRO_SIM_FIRST", 1);
    const std::uint64_t count = number_in("FERRO_SIM_SEEDS", 10'000);
    std::uint64_t events = 0;
    int failures = 0;
    for (std::uint64_t seed = first; seed < first + count && failures < 10; ++seed) {
        const Outcome outcome = run(seed);
        events += outcome.events;
        if (!outcome.violations.empty()) {
            ++failures;
            ADD_FAILURE() << to_text(outcome);
        }
    }
    std::cout << count << " seeds of " << kSteps << " steps, " << events << " events\n";
}

TEST(Simulation, HoldsItsInvariantsFromSeedsThatOnceFoundSomething) {
    const char* source = std::getenv("FERRO_SOURCE");
    std::ifstream file(std::string(source == nullptr ? "." : source) + "/tests/sim/seeds.txt");
    ASSERT_TRUE(file.is_open());
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::uint64_t seed = 0;
        std::size_t steps = 0;
        if (line.empty() || line[0] == '#' || !(words >> seed >> steps)) {
            continue;
        }
        const Outcome outcome = run(seed, steps);
        EXPECT_TRUE(outcome.violations.empty()) << to_text(outcome) << "\n" << line;
    }
}

TEST(Simulation, GivesOneTraceForOneSeed) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        EXPECT_EQ(run(seed).trace_hash, run(seed).trace_hash) << seed;
    }
    EXPECT_NE(run(1).trace_hash, run(2).trace_hash);
}

TEST(Simulation, GoesOnForLong) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const Outcome outcome = run(seed, 500);
        EXPECT_TRUE(outcome.violations.empty()) << to_text(outcome);
    }
}

}  // namespace

int replay(std::uint64_t seed, std::size_t steps) {
    const Outcome outcome = run(seed, steps, Trace::Show::lines);
    std::cout << to_text(outcome) << "\n";
    return outcome.violations.empty() ? 0 : 1;
}

}  // namespace ferro::sim

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    std::uint64_t seed = 0;
    std::size_t steps = 20;
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::string_view(argv[i]) == "--seed") {
            seed = std::strtoull(argv[i + 1], nullptr, 10);
        } else if (std::string_view(argv[i]) == "--steps") {
            steps = std::strtoull(argv[i + 1], nullptr, 10);
        }
    }
    return seed != 0 ? ferro::sim::replay(seed, steps) : RUN_ALL_TESTS();
}
