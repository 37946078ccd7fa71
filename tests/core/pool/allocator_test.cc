// The allocator's rules one by one: what spec 11.2 says about allocation and needs no status.
#include "core/pool/allocator.h"

#include "tests/core/pool/pool_world.h"

#include <gtest/gtest.h>

namespace ferro::pool {
namespace {

using model::IpFamilyPolicy;
using testing::addrs;
using testing::configuration;
using testing::PoolWords;
using testing::ServiceWords;
using testing::Texts;
using testing::words_of;

/// An allocator and the way in which a test talks to it.
class World {
  public:
    explicit World(const std::vector<PoolWords>& pools) {
        allocator.set_pools(configuration(pools));
    }

    Texts allocate(const ServiceWords& words, Families families = Families::ipv4) {
        return words_of(allocator.allocate(demand_of(words.service, families)));
    }

    Texts allocate_from(const ServiceWords& words,
                        const std::string& pool,
                        Families families = Families::ipv4) {
        return words_of(
            allocator.allocate_from(demand_of(words.service, families), PoolName(pool)));
    }

    Texts assign(const ServiceWords& words, const Texts& ips, Families families = Families::ipv4) {
        return words_of(allocator.assign(demand_of(words.service, families), addrs(ips)));
    }

    std::string message(const ServiceWords& words, const Texts& ips) {
        const auto outcome = allocator.assign(demand_of(words.service, Families::ipv4), addrs(ips));
        return outcome ? "assigned" : outcome.error().message;
    }

    Allocator allocator;
};

TEST(Allocator, T001GivesAddressesInOrderNetworkAndBroadcastIncluded) {
    World world({PoolWords("p", {"192.168.10.0/30"})});
    EXPECT_EQ(world.allocate(ServiceWords("a")), Texts{"192.168.10.0"});
    EXPECT_EQ(world.allocate(ServiceWords("b")), Texts{"192.168.10.1"});
    EXPECT_EQ(world.allocate(ServiceWords("c")), Texts{"192.168.10.2"});
    EXPECT_EQ(world.allocate(ServiceWords("d")), Texts{"192.168.10.3"});
    EXPECT_EQ(world.allocate(ServiceWords("e")), Texts{"no_free_address"});
}

TEST(Allocator, T002GivesAFreedAddressToTheNextWhoAsks) {
    World world({PoolWords("p", {"192.168.10.0/30"})});
    for (const char* name : {"a", "b", "c", "d"}) {
        world.allocate(ServiceWords(name));
    }
    world.allocator.release({"default", "b"});
    const Freed freed = world.allocator.take_freed();
    EXPECT_TRUE(freed.gaps.contains({PoolName("p"), ip::Family::ipv4}));
    EXPECT_TRUE(freed.addresses.contains(testing::addr("192.168.10.1")));
    EXPECT_TRUE(world.allocator.take_freed().empty());
    EXPECT_EQ(world.allocate(ServiceWords("e")), Texts{"192.168.10.1"});
}

TEST(Allocator, T003LeavesOutBuggyAddressesAlsoOnRequest) {
    World world({PoolWords("p", {"192.168.10.0/24"}).avoid_buggy()});
    EXPECT_EQ(world.allocate(ServiceWords("a")), Texts{"192.168.10.1"});
    EXPECT_EQ(world.message(ServiceWords("b"), {"192.168.10.255"}),
              "[\"192.168.10.255\"] is not allowed in config");
}

TEST(Allocator, T004WalksARangeInOrder) {
    World world({PoolWords("p", {"192.168.10.5-192.168.10.7"})});
    EXPECT_EQ(world.allocate(ServiceWords("a")), Texts{"192.168.10.5"});
    EXPECT_EQ(world.allocate(ServiceWords("b")), Texts{"192.168.10.6"});
    EXPECT_EQ(world.allocate(ServiceWords("c")), Texts{"192.168.10.7"});
}

TEST(Allocator, T005WalksItemsInConfigurationOrder) {
    World world({PoolWords("p", {"192.168.20.0/32", "192.168.10.0/32"})});
    EXPECT_EQ(world.allocate(ServiceWords("a")), Texts{"192.168.20.0"});
    EXPECT_EQ(world.allocate(ServiceWords("b")), Texts{"192.168.10.0"});
}

TEST(Allocator, T006GivesFromAManualPoolOnlyOnRequest) {
    World world({PoolWords("p", {"192.168.10.0/30"}).manual()});
    EXPECT_EQ(world.allocate(ServiceWords("a")), Texts{"no_free_address"});
    EXPECT_EQ(world.allocate_from(ServiceWords("a"), "p"), Texts{"192.168.10.0"});
    EXPECT_EQ(world.assign(ServiceWords("b"), {"192.168.10.3"}), Texts{"192.168.10.3"});
}

TEST(Allocator, T007GivesFromOneOfSeveralUnpinnedPools) {
    World world({PoolWords("p", {"192.168.10.0/32"}), PoolWords("q", {"192.168.20.0/32"})});
    // MetalLB promises no order; here names decide.
    EXPECT_EQ(world.allocate(ServiceWords("a")), Texts{"192.168.10.0"});
    EXPECT_EQ(world.allocate(ServiceWords("b")), Texts{"192.168.20.0"});
}

TEST(Allocator, T008TakesPinnedPoolsByPriorityUnsetLast) {
    World world({PoolWords("a-unset", {"10.0.3.0/32"}).namespaces({"default"}),
                 PoolWords("b-twenty", {"10.0.2.0/32"}).namespaces({"default"}).priority(20),
                 PoolWords("c-ten", {"10.0.1.0/32"}).namespaces({"default"}).priority(10)});
    EXPECT_EQ(world.allocate(ServiceWords("a")), Texts{"10.0.1.0"});
    EXPECT_EQ(world.allocate(ServiceWords("b")), Texts{"10.0.2.0"});
    EXPECT_EQ(world.allocate(ServiceWords("c")), Texts{"10.0.3.0"});
}

TEST(Allocator, T009FallsBackFromFullPinnedPoolsToUnpinnedOnes) {
    World world({PoolWords("pinned", {"10.0.1.0/32"}).namespaces({"default"}),
                 PoolWords("open", {"10.0.2.0/32"})});
    EXPECT_EQ(world.allocate(ServiceWords("a")), Texts{"10.0.1.0"});
    EXPECT_EQ(world.allocate(ServiceWords("b")), Texts{"10.0.2.0"});
}

TEST(Allocator, T010KeepsAPinnedPoolFromOtherNamespaces) {
    World world({PoolWords("pinned", {"10.0.1.0/24"}).namespaces({"a"})});
    EXPECT_EQ(world.allocate(ServiceWords("s", "b")), Texts{"no_free_address"});
    EXPECT_EQ(world.allocate_from(ServiceWords("s", "b"), "pinned"), Texts{"pool_incompatible"});
    EXPECT_EQ(world.message(ServiceWords("s", "b"), {"10.0.1.7"}),
              "pool pinned not compatible for ip assignment");
    EXPECT_EQ(world.allocate(ServiceWords("s", "a")), Texts{"10.0.1.0"});
}

TEST(Allocator, T011WantsNamespaceAndLabelWhenBothAreGiven) {
    World world({PoolWords("p", {"10.0.1.0/24"}).namespaces({"a"}).selects("x", "y")});
    EXPECT_EQ(world.allocate(ServiceWords("s1", "a")), Texts{"no_free_address"});
    EXPECT_EQ(world.allocate(ServiceWords("s2", "b").label("x", "y")), Texts{"no_free_address"});
    EXPECT_EQ(world.allocate(ServiceWords("s3", "a").label("x", "y")), Texts{"10.0.1.0"});
}

TEST(Allocator, T012PinsAPoolWithOnlyAPriorityForEverybody) {
    World world(
        {PoolWords("a-plain", {"10.0.1.0/32"}), PoolWords("b-first", {"10.0.2.0/32"}).priority(1)});
    EXPECT_EQ(world.allocate(ServiceWords("a")), Texts{"10.0.2.0"});
    EXPECT_EQ(world.allocate(ServiceWords("b")), Texts{"10.0.1.0"});
}

TEST(Allocator, T014OpensAPoolOfUnmatchedNamespaceSelectorsToRequestsOnly) {
    World world({PoolWords("p", {"10.0.1.0/24"}).namespace_selectors_matching_none()});
    EXPECT_EQ(world.allocate(ServiceWords("a")), Texts{"no_free_address"});
    EXPECT_EQ(world.allocate_from(ServiceWords("a"), "p"), Texts{"10.0.1.0"});
}

TEST(Allocator, T022NamesAnUnknownPool) {
    World world({PoolWords("p", {"10.0.1.0/24"})});
    const auto outcome = world.allocator.allocate_from(
        demand_of(ServiceWords("a").service, Families::ipv4), PoolName("q"));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().reason, RefusalReason::unknown_pool);
    EXPECT_EQ(outcome.error().message, "unknown pool \"q\"");
    EXPECT_EQ(outcome.error().pool, PoolName("q"));
}

TEST(Allocator, T023GivesDualStackIpv4First) {
    World world({PoolWords("p", {"fc00::/120", "10.0.1.0/24"})});
    EXPECT_EQ(world.allocate(ServiceWords("a").dual(IpFamilyPolicy::require_dual_stack,
                                                    {ip::Family::ipv6, ip::Family::ipv4}),
                             Families::dual),
              (Texts{"10.0.1.0", "fc00::"}));
}

TEST(Allocator, T024NeverCombinesFamiliesAcrossPools) {
    World world({PoolWords("p4", {"10.0.1.0/24"}), PoolWords("p6", {"fc00::/120"})});
    const auto service = ServiceWords("a").dual(IpFamilyPolicy::require_dual_stack);
    EXPECT_EQ(world.allocate(service, Families::dual), Texts{"no_free_address"});
    EXPECT_EQ(world.allocate_from(service, "p4", Families::dual), Texts{"no_dual_stack_room"});
}

TEST(Allocator, T025PrefersThePrimaryFamilyWhenNoPoolHasBoth) {
    World world({PoolWords("p4", {"10.0.1.0/24"}), PoolWords("p6", {"fc00::/120"})});
    EXPECT_EQ(world.allocate(ServiceWords("a").dual(IpFamilyPolicy::prefer_dual_stack,
                                                    {ip::Family::ipv6, ip::Family::ipv4}),
                             Families::dual),
              Texts{"fc00::"});
    EXPECT_EQ(
        world.allocate(ServiceWords("b").dual(IpFamilyPolicy::prefer_dual_stack), Families::dual),
        Texts{"10.0.1.0"});
}

TEST(Allocator, T026AddsTheOtherFamilyBehindTheKeptAddress) {
    World world({PoolWords("p6", {"fc00::/120"})});
    const auto service = ServiceWords("a").dual(IpFamilyPolicy::prefer_dual_stack);
    const Demand demand = demand_of(service.service, Families::dual);
    EXPECT_EQ(world.allocate(service, Families::dual), Texts{"fc00::"});
    EXPECT_EQ(words_of(world.allocator.add_family(demand)), Texts{"family_not_in_pool"});
    world.allocator.set_pools(configuration({PoolWords("p6", {"fc00::/120", "10.0.1.0/24"})}));
    EXPECT_EQ(words_of(world.allocator.add_family(demand)), (Texts{"fc00::", "10.0.1.0"}));
}

TEST(Allocator, T040SharesAnAddressBetweenServicesOfOneKeyAndDifferentPorts) {
    World world({PoolWords("p", {"10.0.1.0/24"})});
    EXPECT_EQ(world.allocate(ServiceWords("a").share("k")), Texts{"10.0.1.0"});
    EXPECT_EQ(world.allocate(ServiceWords("b").share("k").ports({{"TCP", 443}})),
              Texts{"10.0.1.0"});
}

TEST(Allocator, T041KeepsCollidingPortsApart) {
    World world({PoolWords("p", {"10.0.1.0/24"})});
    EXPECT_EQ(world.allocate(ServiceWords("a").share("k")), Texts{"10.0.1.0"});
    EXPECT_EQ(world.allocate(ServiceWords("b").share("k")), Texts{"10.0.1.1"});
    EXPECT_EQ(world.message(ServiceWords("c").share("k"), {"10.0.1.0"}),
              "port TCP/80 is already in use on \"10.0.1.0\"");
}

TEST(Allocator, T042CountsAPortPerProtocol) {
    World world({PoolWords("p", {"10.0.1.0/24"})});
    EXPECT_EQ(world.allocate(ServiceWords("a").share("k").ports({{"TCP", 53}})), Texts{"10.0.1.0"});
    EXPECT_EQ(world.allocate(ServiceWords("b").share("k").ports({{"UDP", 53}})), Texts{"10.0.1.0"});
}

TEST(Allocator, T043SharesLocalServicesOnlyWhenTheirSelectorsAreEqual) {
    World world({PoolWords("p", {"10.0.1.0/24"})});
    EXPECT_EQ(world.allocate(ServiceWords("a").share("k").local({{"x", "1"}})), Texts{"10.0.1.0"});
    EXPECT_EQ(
        world.allocate(ServiceWords("b").share("k").local({{"x", "2"}}).ports({{"TCP", 443}})),
        Texts{"10.0.1.1"});
    EXPECT_EQ(
        world.allocate(ServiceWords("c").share("k").local({{"x", "1"}}).ports({{"TCP", 8080}})),
        Texts{"10.0.1.0"});
}

TEST(Allocator, T044TakesLocalWithoutSelectorForCluster) {
    World world({PoolWords("p", {"10.0.1.0/24"})});
    EXPECT_EQ(world.allocate(ServiceWords("a").share("k")), Texts{"10.0.1.0"});
    EXPECT_EQ(
        world.allocate(ServiceWords("b").share("k").local({{"x", "1"}}).ports({{"TCP", 443}})),
        Texts{"10.0.1.1"});
    EXPECT_EQ(world.allocate(ServiceWords("c").share("k").local({}).ports({{"TCP", 8080}})),
              Texts{"10.0.1.0"});
}

TEST(Allocator, T045RefusesOneAddressToDifferentKeys) {
    World world({PoolWords("p", {"10.0.1.0/24"})});
    world.assign(ServiceWords("a").share("k"), {"10.0.1.5"});
    const auto outcome = world.allocator.assign(
        demand_of(ServiceWords("b").share("other").ports({{"TCP", 443}}).service, Families::ipv4),
        addrs({"10.0.1.5"}));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().reason, RefusalReason::address_in_use);
    EXPECT_EQ(outcome.error().blocking, (std::vector<model::ServiceKey>{{"default", "a"}}));
    EXPECT_EQ(outcome.error().address, testing::addr("10.0.1.5"));
}

TEST(Allocator, T046SaysWhoHoldsAnAddressWithoutKey) {
    World world({PoolWords("p", {"10.0.1.0/24"})});
    world.assign(ServiceWords("a"), {"10.0.1.5"});
    EXPECT_EQ(world.message(ServiceWords("b"), {"10.0.1.5"}),
              "can't change sharing key for \"default/b\", address also in use by default/a");
}

TEST(Allocator, T048TakesALowerFreeAddressBeforeAShareableHigherOne) {
    World world({PoolWords("p", {"10.0.1.0/24"})});
    world.assign(ServiceWords("a").share("k"), {"10.0.1.5"});
    EXPECT_EQ(world.allocate(ServiceWords("b").share("k").ports({{"TCP", 443}})),
              Texts{"10.0.1.0"});
}

}  // namespace
}  // namespace ferro::pool
