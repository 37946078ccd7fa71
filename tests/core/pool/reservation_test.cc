// Reserved addresses: somebody has them who cannot be seen at present. Who gets them, who does not,
// and what happens when the reservation ends.
#include "tests/core/pool/pool_world.h"

#include <gtest/gtest.h>

namespace ferro::pool {
namespace {

using testing::addr;
using testing::addrs;
using testing::configuration;
using testing::PoolWords;
using testing::ServiceWords;
using testing::Texts;
using testing::words_of;

const model::ServiceKey kAbsent{"default", "absent"};

class Reserved : public ::testing::Test {
  protected:
    Reserved() {
        allocator.set_pools(configuration({PoolWords("p", {"10.0.0.0/30", "fc00::/126"})}));
    }

    void reserve(const Texts& ips) {
        Reservations reserved;
        for (const ip::Address address : addrs(ips)) {
            reserved[address] = {kAbsent};
        }
        allocator.set_reserved(std::move(reserved));
    }

    Texts allocate(const ServiceWords& words, Families families = Families::ipv4) {
        return words_of(allocator.allocate(demand_of(words.service, families)));
    }

    Outcome assign(const ServiceWords& words, const Texts& ips, Basis basis = Basis::request) {
        return allocator.assign(demand_of(words.service, Families::ipv4), addrs(ips), basis);
    }

    PoolCounters counters() const { return allocator.counters().at(PoolName("p")); }

    Allocator allocator;
};

TEST_F(Reserved, IsNotTheFirstFreeOne) {
    reserve({"10.0.0.0", "10.0.0.2"});
    EXPECT_EQ(allocate(ServiceWords("a")), Texts{"10.0.0.1"});
    EXPECT_EQ(allocate(ServiceWords("b")), Texts{"10.0.0.3"});
    EXPECT_EQ(allocate(ServiceWords("c")), Texts{"no_free_address"});
    EXPECT_EQ(words_of(allocator.allocate_from(demand_of(ServiceWords("c").service, Families::ipv4),
                                               PoolName("p"))),
              Texts{"family_not_in_pool"});
}

TEST_F(Reserved, IsNotAddedAsTheSecondFamily) {
    reserve({"fc00::"});
    auto words = ServiceWords("a").dual(model::IpFamilyPolicy::prefer_dual_stack);
    ASSERT_TRUE(assign(words, {"10.0.0.1"}));
    EXPECT_EQ(words_of(allocator.add_family(demand_of(words.service, Families::dual))),
              (Texts{"10.0.0.1", "fc00::1"}));
}

TEST_F(Reserved, IsRefusedToARequestNamingTheAbsentService) {
    reserve({"10.0.0.1"});
    for (const bool sharing : {false, true}) {
        ServiceWords words("a");
        const Outcome outcome = assign(sharing ? words.share("k") : words, {"10.0.0.1"});
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().reason, RefusalReason::address_in_use);
        EXPECT_EQ(outcome.error().blocking, std::vector{kAbsent});
        EXPECT_EQ(outcome.error().address, addr("10.0.0.1"));
        EXPECT_EQ(outcome.error().message,
                  "can't change sharing key for \"default/a\", address also in use by "
                  "default/absent");
    }
}

TEST_F(Reserved, IsGivenToTheServiceForWhichItIsKept) {
    reserve({"10.0.0.1"});
    EXPECT_TRUE(assign(ServiceWords("absent"), {"10.0.0.1"}, Basis::claim));
    EXPECT_EQ(counters().assigned_ipv4, 1);
    allocator.set_reserved({});
    EXPECT_EQ(counters().assigned_ipv4, 1);
    EXPECT_EQ(allocator.users_of(addr("10.0.0.1")), std::vector{kAbsent});
}

TEST_F(Reserved, IsLeftToAClaimOfAServiceThatShares) {
    reserve({"10.0.0.1"});
    EXPECT_TRUE(assign(ServiceWords("a").share("k"), {"10.0.0.1"}, Basis::claim));
    EXPECT_EQ(words_of(assign(ServiceWords("b"), {"10.0.0.1"}, Basis::claim)),
              Texts{"address_in_use"});
    // What it holds it may ask for again, also with other ports, but under no other terms.
    EXPECT_TRUE(assign(ServiceWords("a").share("k").ports({{"TCP", 443}}), {"10.0.0.1"}));
    EXPECT_EQ(words_of(assign(ServiceWords("a").share("j"), {"10.0.0.1"}, Basis::claim)),
              Texts{"address_in_use"});
}

TEST_F(Reserved, IsSharedWithNobodyNewUntilItEnds) {
    const auto first = ServiceWords("a").share("k");
    const auto second = ServiceWords("b").share("k").ports({{"TCP", 443}});
    EXPECT_EQ(allocate(first), Texts{"10.0.0.0"});
    reserve({"10.0.0.0"});
    EXPECT_EQ(allocate(second), Texts{"10.0.0.1"});
    allocator.release({"default", "b"});
    (void)allocator.take_freed();
    allocator.set_reserved({});
    const Freed freed = allocator.take_freed();
    EXPECT_EQ(freed.shareable.size(), 1U);
    EXPECT_TRUE(freed.addresses.contains(addr("10.0.0.0")));
    EXPECT_EQ(allocate(second), Texts{"10.0.0.0"});
}

TEST_F(Reserved, StaysTakenWhenItsVisibleUserLeaves) {
    EXPECT_EQ(allocate(ServiceWords("a")), Texts{"10.0.0.0"});
    reserve({"10.0.0.0"});
    allocator.release({"default", "a"});
    EXPECT_TRUE(allocator.take_freed().gaps.empty());
    EXPECT_EQ(allocate(ServiceWords("b")), Texts{"10.0.0.1"});
}

TEST_F(Reserved, WakesWhoWaitsWhenItEnds) {
    reserve({"10.0.0.0", "fc00::"});
    EXPECT_TRUE(allocator.take_freed().empty());
    reserve({"fc00::"});
    Freed freed = allocator.take_freed();
    EXPECT_EQ(freed.gaps.size(), 1U);
    EXPECT_TRUE(freed.gaps.contains({PoolName("p"), ip::Family::ipv4}));
    EXPECT_TRUE(freed.addresses.contains(addr("10.0.0.0")));
    EXPECT_EQ(allocate(ServiceWords("a")), Texts{"10.0.0.0"});
}

TEST_F(Reserved, CountsAsAssignedOnceWhoeverUsesIt) {
    EXPECT_EQ(allocate(ServiceWords("a")), Texts{"10.0.0.0"});
    reserve({"10.0.0.0", "10.0.0.1", "fc00::", "192.168.0.1"});
    EXPECT_EQ(counters().assigned_ipv4, 2);
    EXPECT_EQ(counters().available_ipv4, 2);
    EXPECT_EQ(counters().assigned_ipv6, 1);
    EXPECT_EQ(counters().total, 8);
}

TEST_F(Reserved, OutlastsThePools) {
    reserve({"10.0.0.0", "10.0.0.1", "172.16.0.0"});
    EXPECT_TRUE(assign(ServiceWords("a").share("k"), {"10.0.0.1"}, Basis::claim));
    const auto pools =
        configuration({PoolWords("q", {"10.0.0.0/31"}), PoolWords("r", {"172.16.0.0/31"})});
    EXPECT_TRUE(allocator.set_pools(pools).released.empty());
    EXPECT_EQ(allocate(ServiceWords("b")), Texts{"172.16.0.1"});
    EXPECT_EQ(allocate(ServiceWords("c")), Texts{"no_free_address"});
    allocator.set_reserved({});
    EXPECT_EQ(allocate(ServiceWords("c")), Texts{"10.0.0.0"});
    EXPECT_EQ(allocate(ServiceWords("d").share("k").ports({{"TCP", 443}})), Texts{"10.0.0.1"});
    EXPECT_EQ(allocate(ServiceWords("e")), Texts{"172.16.0.0"});
}

}  // namespace
}  // namespace ferro::pool
