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

TEST(Pools, AnItemOverlapsWithinItsOwnPoolToo) {
    EXPECT_THAT(World().pool("a", {"10.0.0.0/24", "10.0.0.7-10.0.0.9"}).errors(),
                ElementsAre("pool_overlap"));
    EXPECT_THAT(World().pool("a", {"10.0.0.0/24", "10.0.1.0-10.0.1.9"}).errors(), IsEmpty());
}

TEST(Pools, TheFirstDefinedOfSeveralOverlappedPrefixesIsNamed) {
    const World world =
        World().pool("a", {"10.0.9.0/24", "10.0.1.0/24"}).pool("b", {"10.0.0.0/16"});
    EXPECT_THAT(world.parse().first_error()->message, HasSubstr("\"10.0.9.0/24\""));
}

TEST(Pools, APoolNeedsAddresses) {
    EXPECT_THAT(World().pool("p", {}).errors(), ElementsAre("no_addresses"));
}

TEST(Pools, ARangeBecomesItsMinimalPrefixesInConfigurationOrder) {
    EXPECT_THAT(prefixes_of(World().pool("p", {"10.0.1.0/24", "10.0.0.1-10.0.0.3"}), "p"),
                ElementsAre("10.0.1.0/24", "10.0.0.1/32", "10.0.0.2/31"));
    EXPECT_THAT(World().pool("p", {"10.0.0.3-10.0.0.1"}).errors(),
                ElementsAre("invalid_addresses"));
}

TEST(Pools, Q34AMixedRangeIsAnEmptyPoolAndAWarning) {
    const World world = World().pool("p", {"10.0.0.1-fc00::1"}).l2("ad");
    EXPECT_THAT(world.errors(), IsEmpty());
    EXPECT_THAT(prefixes_of(world, "p"), IsEmpty());
    EXPECT_THAT(world.hints(), ElementsAre("empty_mixed_range IPAddressPool/p spec.addresses[0]"));
}

TEST(Pools, ServiceAllocationRefusesRepeatsAndBrokenSelectors) {
    const World world = World().pool("p", {"10.0.0.0/24"}, [](model::IpAddressPool& pool) {
        pool.service_allocation.emplace();
        pool.service_allocation->namespaces = {"a", "b", "a"};
        pool.service_allocation->namespace_selectors = {with_label("x", "1"), with_label("x", "1")};
        model::LabelSelector broken;
        broken.match_expressions.push_back({"tier", model::SelectorOperator::in, {}});
        pool.service_allocation->service_selectors = {broken};
    });
    EXPECT_THAT(world.errors(),
                ElementsAre("duplicate_entry", "duplicate_selector", "invalid_selector"));
    EXPECT_EQ(world.parse().first_error()->field, "spec.serviceAllocation.namespaces[2]");
}

TEST(Pools, NamespaceSelectorsAreResolvedIntoNames) {
    const auto pinned = [](model::IpAddressPool& pool) {
        pool.service_allocation.emplace();
        pool.service_allocation->priority = 7;
        pool.service_allocation->namespaces = {"named"};
        pool.service_allocation->namespace_selectors = {with_label("team", "web")};
    };
    const ParseOutcome outcome = World()
                                     .name_space("shop", {{"team", "web"}})
                                     .name_space("other")
                                     .pool("p", {"10.0.0.0/24"}, pinned)
                                     .parse();
    ASSERT_NE(outcome.configuration, nullptr);
    const auto& allocation = outcome.configuration->pools.at(PoolName("p")).allocation;
    EXPECT_THAT(allocation->namespaces, ElementsAre("named", "shop"));
    EXPECT_TRUE(allocation->has_namespace_selectors);
    EXPECT_EQ(allocation->priority, 7);
}

TEST(Pools, Q6NamespaceSelectorsThatMatchNothingAreAWarning) {
    const World world = World().l2("ad").pool("p", {"10.0.0.0/24"}, [](model::IpAddressPool& pool) {
        pool.service_allocation.emplace();
        pool.service_allocation->namespace_selectors = {with_label("team", "web")};
    });
    const ParseOutcome outcome = world.parse();
    ASSERT_EQ(outcome.findings.size(), 1U);
    EXPECT_EQ(outcome.findings[0].rule, "namespace_selector_matches_nothing");
    EXPECT_THAT(outcome.findings[0].message, HasSubstr("every namespace may request the pool"));
    EXPECT_TRUE(outcome.configuration->pools.at(PoolName("p")).allocation->has_namespace_selectors);
}

TEST(Pools, OneThatNobodyAdvertisesIsAWarningWithTheRemedy) {
    const World world = World().pool("mes-pool", {"10.15.250.25-10.15.250.29"});
    const ParseOutcome outcome = world.parse();
    ASSERT_EQ(outcome.findings.size(), 1U);
    EXPECT_EQ(outcome.findings[0].rule, "pool_not_advertised");
    EXPECT_EQ(outcome.findings[0].severity, model::Severity::warning);
    EXPECT_THAT(outcome.findings[0].remedy, HasSubstr("create an L2Advertisement naming it"));
}

TEST(Pools, OneThatHoldsANodesOwnAddressIsAWarning) {
    EXPECT_THAT(World()
                    .node("n", {}, {"10.0.0.7", "hostname"})
                    .l2("ad")
                    .pool("p", {"10.1.0.0/24", "10.0.0.0/24"})
                    .hints(),
                ElementsAre("pool_contains_node_address IPAddressPool/p spec.addresses[1]"));
}

TEST(Pools, T122ObjectsOfOtherNamespacesAreIgnoredWithAWarning) {
    World world;
    model::IpAddressPool foreign;
    foreign.meta.key = {"default", "p"};
    world.put(foreign);
    const ParseOutcome outcome = world.parse();
    ASSERT_NE(outcome.configuration, nullptr);
    EXPECT_TRUE(outcome.configuration->pools.empty());
    EXPECT_THAT(world.hints(), ElementsAre("foreign_namespace IPAddressPool/p metadata.namespace"));
    EXPECT_THAT(outcome.findings[0].message,
                HasSubstr("resource must be created in metallb-system namespace"));
}

TEST(Pools, TheControllersViewLooksAtPoolsCommunitiesAndNamespacesOnly) {
    World world;
    world.pool("p", {"10.0.0.0/24"});
    world.bgp("broken", [](model::BgpAdvertisement& ad) { ad.aggregation_length = 99; });
    world.peer("broken", [](model::BgpPeer& peer) { peer.my_asn = 0; });
    world.options.scope = Scope::pools_only;
    EXPECT_THAT(world.parse().findings, IsEmpty());
    world.community("c", {{"alias", "65536:1"}});
    EXPECT_THAT(world.errors(), ElementsAre("invalid_community"));
}

TEST(Pools, ThePoolOfAnAddressIsFoundAmongMany) {
    World world;
    for (int i = 0; i < 200; ++i) {
        const std::string net = "10.0." + std::to_string(i) + ".";
        world.pool(
            "p" + std::to_string(i),
            {net + "16/28", net + "100-" + net + "102", "fc00:" + std::to_string(i) + "::/64"});
    }
    const auto configuration = world.parse().configuration;
    ASSERT_NE(configuration, nullptr);
    const auto pool_of = [&](std::vector<std::string> texts) -> std::string {
        std::vector<ip::Address> addresses;
        for (const std::string& text : texts) {
            addresses.push_back(*ip::Address::parse(text));
        }
        const Pool* const pool = configuration->pool_of(addresses);
        return pool == nullptr ? "none" : pool->name.value;
    };
    EXPECT_EQ(pool_of({"10.0.7.16"}), "p7");
    EXPECT_EQ(pool_of({"10.0.7.31"}), "p7");
    EXPECT_EQ(pool_of({"10.0.7.32"}), "none");
    EXPECT_EQ(pool_of({"10.0.7.102", "fc00:7::1"}), "p7");
    EXPECT_EQ(pool_of({"10.0.7.102", "fc00:8::1"}), "none");
    EXPECT_EQ(pool_of({"9.0.0.0"}), "none");
    EXPECT_EQ(pool_of({}), "none");
}

}  // namespace
}  // namespace ferro::config
