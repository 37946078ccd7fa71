// The rules of IPAddressPools (spec 8.4), their serviceAllocation and what a parse makes of them.
#include "tests/core/config/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferro::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> prefixes_of(const World& world, const std::string& pool) {
    const ParseOutcome outcome = world.parse();
    std::vector<std::string> texts;
    if (outcome.configuration != nullptr) {
        for (const ip::Prefix& prefix : outcome.configuration->pools.at(PoolName(pool)).prefixes) {
            texts.push_back(prefix.to_string());
        }
    }
    return texts;
}

TEST(Pools, AnEmptyPictureIsAnEmptyConfiguration) {
    const ParseOutcome outcome = World().parse();
    ASSERT_NE(outcome.configuration, nullptr);
    EXPECT_TRUE(outcome.configuration->pools.empty());
    EXPECT_THAT(outcome.findings, IsEmpty());
}

TEST(Pools, T121ABareIpIsRefusedAndHostBitsAreDropped) {
    const World bare = World().pool("p", {"10.0.0.5"});
    EXPECT_THAT(bare.errors(), ElementsAre("invalid_addresses"));
    EXPECT_THAT(bare.parse().first_error()->message, HasSubstr("invalid CIDR \"10.0.0.5\""));
    EXPECT_EQ(bare.parse().first_error()->field, "spec.addresses[0]");
    EXPECT_THAT(prefixes_of(World().pool("p", {"10.0.0.5/24"}), "p"), ElementsAre("10.0.0.0/24"));
}

TEST(Pools, T120OverlapIsRefusedAcrossPoolsInMetalLbsWords) {
    const World world =
        World().pool("a", {"10.0.0.0/24"}).pool("b", {"10.1.0.0/24", "10.0.0.128/25"});
    EXPECT_THAT(world.errors(), ElementsAre("pool_overlap"));
    const ParseOutcome outcome = world.parse();
    EXPECT_EQ(outcome.configuration, nullptr);
    EXPECT_EQ(outcome.first_error()->message,
              "CIDR \"10.0.0.128/25\" in pool \"b\" overlaps with already defined CIDR "
              "\"10.0.0.0/24\"");
    EXPECT_EQ(outcome.first_error()->field, "spec.addresses[1]");
    EXPECT_EQ(outcome.first_error()->object.key.name, "b");
}

}  // namespace
}  // namespace ferro::config
