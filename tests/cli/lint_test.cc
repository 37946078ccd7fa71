// `ferroctl lint` on folders: places, exit codes, and the project's own examples.
#include "cli/lint.h"

#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace ferro::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class LintTest : public testing::Test {
  protected:
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(directory / name) << text;
    }

    [[nodiscard]] Outcome run() const { return lint({}, {directory.path(), "metallb-system"}); }

    tests::TemporaryDirectory directory{"lint"};
};

constexpr const char* kPool = R"(apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: a, namespace: metallb-system}
spec:
  addresses: [10.0.0.0/24]
)";

TEST_F(LintTest, FindsNothingWrongWithAGoodFolder) {
    put("pool.yaml", kPool);
    put("advertisement.yaml", R"(apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: a, namespace: metallb-system}
)");
    const Outcome outcome = run();
    EXPECT_EQ(outcome.exit_code, kExitGood) << outcome.out;
}

TEST_F(LintTest, PlacesAMisspelledField) {
    put("pool.yaml", R"(apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: a, namespace: metallb-system}
spec:
  adresses: [10.0.0.0/24]
)");
    const Outcome outcome = run();
    EXPECT_EQ(outcome.exit_code, kExitBad);
    EXPECT_THAT(outcome.out, StartsWith("pool.yaml:"));
    EXPECT_THAT(outcome.out, HasSubstr("pool.yaml:5:3 IPAddressPool/a spec.adresses"));
}

TEST_F(LintTest, PlacesAConflictBetweenTwoFiles) {
    put("1.yaml", kPool);
    std::string overlapping = kPool;
    overlapping.replace(overlapping.find("name: a"), 7, "name: b");
    put("2.yaml", "\n" + overlapping);
    const Outcome outcome = run();
    EXPECT_EQ(outcome.exit_code, kExitBad);
    EXPECT_THAT(outcome.out, HasSubstr(".yaml:"));
    EXPECT_THAT(outcome.out, HasSubstr("IPAddressPool/b"));
}

TEST_F(LintTest, CountsWhatIsNotOurs) {
    put("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n");
    EXPECT_THAT(run().err, HasSubstr("Deployment"));
}

TEST_F(LintTest, SaysThatThereIsNoFolder) {
    const Outcome outcome = lint({}, {directory.path() + "/none", "metallb-system"});
    EXPECT_EQ(outcome.exit_code, kExitBad);
    EXPECT_THAT(outcome.err, HasSubstr("none"));
}

TEST_F(LintTest, AcceptsTheProjectsOwnExamples) {
    const std::string source = std::getenv("FERRO_SOURCE");
    for (const char* example : {"tutorial", "modern"}) {
        const Outcome outcome = lint({}, {source + "/examples/" + example, "metallb-system"});
        EXPECT_EQ(outcome.exit_code, kExitGood) << example << ":\n" << outcome.out << outcome.err;
    }
}

}  // namespace
}  // namespace ferro::cli
