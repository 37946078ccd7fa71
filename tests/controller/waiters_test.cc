// Who is woken by what, in which order, and how few are asked.
#include "controller/engine/waiters.h"

#include "tests/core/pool/pool_world.h"

#include <gtest/gtest.h>

namespace ferro::controller {
namespace {

const PoolName kP("p");
const PoolName kQ("q");

Wish wish_for(const PoolName& pool) {
    Wish wish;
    wish.pools = {pool};
    return wish;
}

model::ServiceKey key(const std::string& name) {
    return {"default", name};
}

/// Wakes with an endless or a counted number of addresses; the names asked, in order.
std::vector<std::string> asked(Waiters& waiters, const pool::Freed& freed, int addresses) {
    std::vector<std::string> names;
    waiters.wake(
        freed,
        [&](const PoolName&, ip::Family) { return addresses > 0; },
        [&](const model::ServiceKey& service) {
            names.push_back(service.name);
            return addresses-- > 0;
        });
    return names;
}

pool::Freed gap(const PoolName& pool, ip::Family family = ip::Family::ipv4) {
    pool::Freed freed;
    freed.gaps.emplace(pool, family);
    return freed;
}

TEST(Waiters, AsksOnlyAsManyAsThereAreAddresses) {
    Waiters waiters;
    for (int i = 0; i < 1000; ++i) {
        waiters.add(key("s" + std::to_string(i)), static_cast<Waiters::Sequence>(i), wish_for(kP));
    }
    EXPECT_EQ(waiters.groups(), 1U);
    EXPECT_EQ(asked(waiters, gap(kP), 2), (std::vector<std::string>{"s0", "s1"}));
    EXPECT_EQ(waiters.size(), 998U);
    EXPECT_TRUE(asked(waiters, gap(kQ), 2).empty());
    EXPECT_TRUE(asked(waiters, gap(kP, ip::Family::ipv6), 2).empty());
}

TEST(Waiters, PutsTheLongestWaitingFirstAcrossGroups) {
    Waiters waiters;
    Wish sharer = wish_for(kP);
    sharer.sharing_terms = "k";
    waiters.add(key("third"), 3, wish_for(kP));
    waiters.add(key("first"), 1, wish_for(kP));
    waiters.add(key("second"), 2, sharer);
    EXPECT_EQ(asked(waiters, gap(kP), 9), (std::vector<std::string>{"first", "second", "third"}));
    EXPECT_EQ(waiters.size(), 0U);
    EXPECT_EQ(waiters.groups(), 0U);
}

TEST(Waiters, WakesSharersByTheirTermsAndRequestsByTheirAddress) {
    Waiters waiters;
    Wish sharer = wish_for(kP);
    sharer.sharing_terms = "k";
    Wish other = wish_for(kP);
    other.sharing_terms = "j";
    Wish exact;
    exact.addresses = {pool::testing::addr("10.0.0.1")};
    waiters.add(key("k"), 1, sharer);
    waiters.add(key("j"), 2, other);
    waiters.add(key("plain"), 3, wish_for(kP));
    waiters.add(key("exact"), 4, exact);
    pool::Freed freed;
    freed.shareable.emplace(kP, "k");
    EXPECT_EQ(asked(waiters, freed, 9), std::vector<std::string>{"k"});
    freed = {};
    freed.addresses.insert(pool::testing::addr("10.0.0.1"));
    EXPECT_EQ(asked(waiters, freed, 9), std::vector<std::string>{"exact"});
    EXPECT_EQ(waiters.size(), 2U);
}

TEST(Waiters, SkipsTheRestOfAGroupThatWasRefused) {
    Waiters waiters;
    Wish dual = wish_for(kP);
    dual.families = pool::Families::dual;
    waiters.add(key("dual-1"), 1, dual);
    waiters.add(key("dual-2"), 2, dual);
    waiters.add(key("single"), 3, wish_for(kP));
    std::vector<std::string> names;
    waiters.wake(
        gap(kP),
        [](const PoolName&, ip::Family) { return true; },
        [&](const model::ServiceKey& service) {
            names.push_back(service.name);
            return service.name == "single";
        });
    EXPECT_EQ(names, (std::vector<std::string>{"dual-1", "single"}));
    EXPECT_EQ(waiters.size(), 2U);
}

TEST(Waiters, ReplacesAnEarlierWish) {
    Waiters waiters;
    waiters.add(key("a"), 1, wish_for(kP));
    waiters.add(key("a"), 1, wish_for(kQ));
    EXPECT_EQ(waiters.size(), 1U);
    EXPECT_TRUE(asked(waiters, gap(kP), 1).empty());
    EXPECT_EQ(asked(waiters, gap(kQ), 1), std::vector<std::string>{"a"});
    waiters.add(key("b"), 2, wish_for(kQ));
    waiters.remove(key("b"));
    EXPECT_EQ(waiters.groups(), 0U);
}

}  // namespace
}  // namespace ferro::controller
