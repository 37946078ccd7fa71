// Counters (spec 11.2 T050 to T053, quirks Q26 and Q33), the books under them, and arithmetic over
// .0 and .255.
#include "core/base/prng.h"
#include "core/pool/address_space.h"
#include "tests/core/pool/pool_world.h"

#include <gtest/gtest.h>

#include <set>

namespace ferro::pool {
namespace {

using testing::addr;
using testing::configuration;
using testing::PoolWords;
using testing::ServiceWords;

PoolCounters counters_of(const PoolWords& words) {
    Allocator allocator;
    allocator.set_pools(configuration({words}));
    return allocator.counters().begin()->second;
}

TEST(PoolCounters, T050LeaveOutBuggyAddresses) {
    const auto total = [](const char* cidr) {
        return counters_of(PoolWords("p", {cidr}).avoid_buggy()).total;
    };
    EXPECT_EQ(total("192.168.10.0/24"), 254);
    EXPECT_EQ(total("192.168.10.0/25"), 127);
    EXPECT_EQ(total("192.168.10.64/26"), 64);
    EXPECT_EQ(total("192.168.0.0/16"), 65536 - 512);
    EXPECT_EQ(total("192.168.10.254/31"), 1);
    // Q33: MetalLB takes such a /32 off twice and shows -1.
    EXPECT_EQ(total("192.168.10.0/32"), 0);
    EXPECT_EQ(total("192.168.10.255/32"), 0);
}

TEST(PoolCounters, T051SaturateForLargeIpv6Pools) {
    const PoolCounters counters = counters_of(PoolWords("p", {"fc00::/64"}));
    EXPECT_EQ(counters.available_ipv6, 9223372036854775807);
    EXPECT_EQ(counters.total, 9223372036854775807);
    EXPECT_EQ(counters.available_ipv4, 0);
    // Q26: a further item does not turn the sum negative.
    EXPECT_EQ(counters_of(PoolWords("p", {"fc00::/64", "fd00::/64", "10.0.0.0/8"})).total,
              9223372036854775807);
    EXPECT_EQ(counters_of(PoolWords("p", {"::/0"})).available_ipv6, 9223372036854775807);
}

TEST(PoolCounters, T052CountASharedAddressOnce) {
    Allocator allocator;
    allocator.set_pools(configuration({PoolWords("p", {"192.168.10.0/24"})}));
    const auto a = ServiceWords("a").share("k");
    const auto b = ServiceWords("b").share("k").ports({{"TCP", 443}});
    ASSERT_TRUE(allocator.allocate(demand_of(a.service, Families::ipv4)));
    ASSERT_TRUE(allocator.allocate(demand_of(b.service, Families::ipv4)));
    EXPECT_EQ(allocator.counters().at(PoolName("p")).assigned_ipv4, 1);
    allocator.release({"default", "a"});
    EXPECT_EQ(allocator.counters().at(PoolName("p")).assigned_ipv4, 1);
    allocator.release({"default", "b"});
    EXPECT_EQ(allocator.counters().at(PoolName("p")).assigned_ipv4, 0);
    EXPECT_EQ(allocator.counters().at(PoolName("p")).available_ipv4, 256);
}

TEST(PoolCounters, T053AreGoneWithTheirPool) {
    Allocator allocator;
    allocator.set_pools(configuration({PoolWords("p", {"10.0.0.0/24"})}));
    allocator.set_pools(configuration({PoolWords("q", {"10.0.0.0/24"})}));
    EXPECT_EQ(allocator.counters().size(), 1U);
    EXPECT_TRUE(allocator.counters().contains(PoolName("q")));
}

TEST(SetPools, RelabelsAndReleasesHoldings) {
    Allocator allocator;
    allocator.set_pools(configuration({PoolWords("p", {"10.0.0.0/30", "10.0.0.8/30"})}));
    const auto give = [&](const char* name, const char* ip) {
        const auto words = ServiceWords(name);
        ASSERT_TRUE(allocator.assign(demand_of(words.service, Families::ipv4), {addr(ip)}));
    };
    give("kept", "10.0.0.0");
    give("moved", "10.0.0.8");
    give("lost", "10.0.0.3");
    const PoolChanges changes = allocator.set_pools(
        configuration({PoolWords("p", {"10.0.0.0/31"}), PoolWords("q", {"10.0.0.8/30"})}));
    ASSERT_EQ(changes.released.size(), 1U);
    EXPECT_EQ(changes.released[0].service.name, "lost");
    EXPECT_EQ(changes.released[0].lost.addresses, std::vector{addr("10.0.0.3")});
    ASSERT_EQ(changes.relabelled.size(), 1U);
    EXPECT_EQ(changes.relabelled[0].service.name, "moved");
    EXPECT_EQ(changes.relabelled[0].from, PoolName("p"));
    EXPECT_EQ(changes.relabelled[0].to, PoolName("q"));
    EXPECT_EQ(allocator.find({"default", "kept"})->pool, PoolName("p"));
    EXPECT_EQ(allocator.size(), 2U);
    EXPECT_TRUE(allocator.take_freed().empty());
}

TEST(SetPools, ReleasesHoldersOfBuggyAddressesWhenThoseAreAvoided) {
    Allocator allocator;
    allocator.set_pools(configuration({PoolWords("p", {"10.0.0.0/24"})}));
    const auto words = ServiceWords("a");
    ASSERT_TRUE(allocator.allocate(demand_of(words.service, Families::ipv4)));
    const auto changes =
        allocator.set_pools(configuration({PoolWords("p", {"10.0.0.0/24"}).avoid_buggy()}));
    EXPECT_EQ(changes.released.size(), 1U);
}

/// The addresses of a space in its own order, by taking them one after the other.
std::vector<std::string> drained(AddressSpace& space, ip::Family family) {
    std::vector<std::string> texts;
    while (const auto position = space.first_free(family)) {
        texts.push_back(space.address_at(*position).to_string());
        space.take(*position);
    }
    return texts;
}

TEST(AddressSpace, GivesWhatAWalkWouldGive) {
    for (const char* item : {"10.0.0.250-10.0.2.5",
                             "10.0.0.0/23",
                             "10.0.0.255-10.0.1.0",
                             "10.0.0.0/32",
                             "255.255.255.254/31",
                             "0.0.0.0/30"}) {
        for (const BuggyAddresses buggy : {BuggyAddresses::use, BuggyAddresses::avoid}) {
            const auto prefixes = ip::parse_pool_item(item);
            ASSERT_TRUE(prefixes);
            std::vector<std::string> walked;
            for (const ip::Prefix& prefix : *prefixes) {
                const ip::Range range = prefix.range();
                for (std::uint64_t n = range.first().ipv4(); n <= range.last().ipv4(); ++n) {
                    const auto address = ip::Address::from_ipv4(static_cast<std::uint32_t>(n));
                    if (buggy == BuggyAddresses::use || !address.is_buggy()) {
                        walked.push_back(address.to_string());
                    }
                }
            }
            AddressSpace space(*prefixes, buggy);
            EXPECT_EQ(space.size(ip::Family::ipv4), ip::U128{walked.size()}) << item;
            EXPECT_EQ(drained(space, ip::Family::ipv4), walked) << item;
            EXPECT_EQ(space.used(ip::Family::ipv4), space.size(ip::Family::ipv4)) << item;
        }
    }
}

TEST(AddressSpace, JoinsThePrefixesOfARangeIntoOneRun) {
    const auto prefixes = ip::parse_pool_item("10.0.0.1-10.0.3.254");
    ASSERT_TRUE(prefixes);
    ASSERT_GT(prefixes->size(), 10U);
    EXPECT_EQ(AddressSpace(*prefixes, BuggyAddresses::use).runs().size(), 1U);
}

TEST(AddressSpace, SurvivesTheWholeIpv6Space) {
    Allocator allocator;
    allocator.set_pools(configuration({PoolWords("p", {"::/0"})}));
    auto words = ServiceWords("a").ipv6();
    const auto demand = demand_of(words.service, Families::ipv6);
    EXPECT_FALSE(allocator.assign(demand, {addr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")}));
    EXPECT_TRUE(allocator.assign(demand, {addr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")}));
}

TEST(UsedRanges, AgreesWithASetOverRandomSteps) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Prng prng(seed);
        const std::uint64_t size = 1 + prng.below(40);
        UsedRanges used{ip::U128{size}};
        std::set<std::uint64_t> model;
        for (int step = 0; step < 200; ++step) {
            const std::uint64_t number = prng.below(size);
            if (model.contains(number)) {
                used.erase(number);
                model.erase(number);
            } else {
                used.insert(number);
                model.insert(number);
            }
            std::uint64_t gap = 0;
            while (model.contains(gap)) {
                ++gap;
            }
            ASSERT_EQ(used.used(), ip::U128{model.size()}) << "seed " << seed;
            ASSERT_EQ(used.first_free().has_value(), gap < size) << "seed " << seed;
            if (gap < size) {
                ASSERT_EQ(*used.first_free(), ip::U128{gap}) << "seed " << seed;
            }
            ASSERT_EQ(used.contains(number), model.contains(number)) << "seed " << seed;
        }
    }
}

}  // namespace
}  // namespace ferro::pool
