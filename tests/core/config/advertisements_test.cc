// The rules of communities and advertisements (spec 8.5, 8.6) and how advertisements join pools.
#include "tests/core/config/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferro::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> l2_ads_of(const World& world, const std::string& pool) {
    std::vector<std::string> names;
    const ParseOutcome outcome = world.parse();
    for (const L2Advertisement& ad :
         outcome.configuration->pools.at(PoolName(pool)).l2_advertisements) {
        names.push_back(ad.name);
    }
    return names;
}

World two_pools() {
    return World().pool("a", {"10.0.0.0/24"}).pool("b", {"10.0.1.0/24"}, [](auto& pool) {
        pool.meta.labels = {{"zone", "b"}};
    });
}

TEST(L2Advertisements, WithoutPoolsAndSelectorsChooseEveryPool) {
    const World world = two_pools().l2("ad");
    EXPECT_THAT(l2_ads_of(world, "a"), ElementsAre("ad"));
    EXPECT_THAT(l2_ads_of(world, "b"), ElementsAre("ad"));
}

TEST(L2Advertisements, ChooseByNameOrLabelAndUnknownNamesAreOnlyAWarning) {
    const World world = two_pools().l2("ad", [](model::L2Advertisement& ad) {
        ad.ip_address_pools = {"a", "nowhere"};
        ad.ip_address_pool_selectors = {with_label("zone", "b"), with_label("zone", "c")};
    });
    EXPECT_THAT(l2_ads_of(world, "a"), ElementsAre("ad"));
    EXPECT_THAT(l2_ads_of(world, "b"), ElementsAre("ad"));
    EXPECT_THAT(world.hints(),
                ElementsAre("unknown_pool L2Advertisement/ad spec.ipAddressPools[1]",
                            "pool_selector_matches_nothing L2Advertisement/ad "
                            "spec.ipAddressPoolSelectors[1]"));
}

TEST(L2Advertisements, ASelectorListThatMatchesNoPoolChoosesNoneRatherThanAll) {
    const World world = two_pools().l2("ad", [](model::L2Advertisement& ad) {
        ad.ip_address_pool_selectors = {with_label("zone", "c")};
    });
    EXPECT_THAT(l2_ads_of(world, "a"), IsEmpty());
}

TEST(L2Advertisements, IdenticalOnesAreCollapsedIntoTheFirst) {
    const auto eth0 = [](model::L2Advertisement& ad) { ad.interfaces = {"eth1", "eth0"}; };
    const auto swapped = [](model::L2Advertisement& ad) { ad.interfaces = {"eth0", "eth1"}; };
    const World world = two_pools().l2("x", eth0).l2("y", swapped).l2("z");
    EXPECT_THAT(l2_ads_of(world, "a"), ElementsAre("x", "z"));
}

TEST(L2Advertisements, T070PreferencesAreKeptSoThatTheyAddUp) {
    const auto prefers = [](const std::string& node, std::int32_t weight) {
        return [=](model::L2Advertisement& ad) {
            ad.preferred_node_selectors = {{weight, with_label("host", node)}};
        };
    };
    World world;
    world.node("node-a", {{"host", "a"}}).node("node-b", {{"host", "b"}});
    world.pool("p", {"10.0.0.0/24"});
    world.l2("x", [](model::L2Advertisement& ad) {
        ad.preferred_node_selectors = {{10, with_label("host", "a")},
                                       {10, with_label("host", "b")}};
    });
    world.l2("y", prefers("b", 5)).l2("z", prefers("b", 5));
    const ParseOutcome outcome = world.parse();
    std::map<std::string, std::int32_t> total;
    for (const auto& ad : outcome.configuration->pools.at(PoolName("p")).l2_advertisements) {
        for (const auto& [node, score] : ad.node_scores) {
            total[node.value] += score;
        }
    }
    EXPECT_EQ(total["node-a"], 10);
    EXPECT_EQ(total["node-b"], 20);
}

TEST(L2Advertisements, T072ServiceSelectorsTravelWithTheAdvertisement) {
    World world;
    world.pool("p", {"10.0.0.0/24"}).l2("x", [](model::L2Advertisement& ad) {
        ad.service_selectors = {with_label("app", "web")};
    });
    const auto outcome = world.parse();
    const auto& ads = outcome.configuration->pools.at(PoolName("p")).l2_advertisements;
    EXPECT_EQ(ads.at(0).service_selectors.at(0).to_string(), "app=web");
}

TEST(L2Advertisements, NodeSelectorsAreOredAndLimitScores) {
    World world;
    world.node("a", {{"rack", "1"}}).node("b", {{"rack", "2"}}).node("c");
    world.pool("p", {"10.0.0.0/24"}).l2("ad", [](model::L2Advertisement& ad) {
        ad.node_selectors = {with_label("rack", "1"), with_label("rack", "9")};
        ad.preferred_node_selectors = {{100, {}}};
    });
    const auto outcome = world.parse();
    const auto& ad = outcome.configuration->pools.at(PoolName("p")).l2_advertisements.at(0);
    EXPECT_THAT(ad.nodes, ElementsAre(NodeName("a")));
    EXPECT_THAT(ad.node_scores, ElementsAre(std::pair(NodeName("a"), 100)));
    EXPECT_THAT(world.hints(),
                ElementsAre("node_selector_matches_nothing L2Advertisement/ad "
                            "spec.nodeSelectors[1]"));
}

TEST(L2Advertisements, RefuseRepeatsBrokenSelectorsAndWeightsOutOfRange) {
    const World world = two_pools().node("n").l2("ad", [](model::L2Advertisement& ad) {
        ad.ip_address_pools = {"a", "a"};
        model::LabelSelector one;
        one.match_expressions.push_back({"k", model::SelectorOperator::in, {"x", "y"}});
        model::LabelSelector same = one;
        same.match_expressions[0].values = {"y", "x"};
        ad.node_selectors = {one, same};
        ad.preferred_node_selectors = {{0, {}}, {101, {}}, {INT32_MAX, {}}};
    });
    EXPECT_THAT(world.errors(),
                ElementsAre("duplicate_entry",
                            "duplicate_selector",
                            "preference_weight_out_of_range",
                            "preference_weight_out_of_range",
                            "preference_weight_out_of_range"));
}

World with_communities(std::vector<std::string> communities) {
    return World().pool("p", {"10.0.0.0/24"}).bgp("ad", [&](model::BgpAdvertisement& ad) {
        ad.communities = std::move(communities);
    });
}

TEST(Communities, T125ABadNumberIsRefusedAndAWellKnownNameIsAnUnknownAlias) {
    const World number = World().community("c", {{"x", "65536:1"}});
    EXPECT_THAT(number.errors(), ElementsAre("invalid_community"));
    EXPECT_THAT(number.parse().first_error()->message,
                HasSubstr("invalid community value: invalid section"));
    EXPECT_THAT(with_communities({"65536:1"}).errors(), ElementsAre("invalid_community"));
    EXPECT_THAT(with_communities({"no-export"}).errors(), ElementsAre("unknown_community"));
}

TEST(Communities, T124AnUnknownAliasIsRefusedUntilItsCommunityIsThere) {
    World world = with_communities({"backbone"});
    EXPECT_THAT(world.errors(), ElementsAre("unknown_community"));
    EXPECT_THAT(world.parse().first_error()->message,
                testing::AllOf(HasSubstr("invalid community format: backbone\n"),
                               HasSubstr("invalid community \"backbone\" in BGP advertisement")));
    world.community("c", {{"backbone", "65000:7"}});
    EXPECT_THAT(world.errors(), IsEmpty());
}

TEST(Communities, T126AnAliasHasOneValueOverAllObjects) {
    const World world = World().community("c", {{"x", "1:1"}}).community("d", {{"x", "1:2"}});
    EXPECT_THAT(world.errors(), ElementsAre("duplicate_community"));
    EXPECT_THAT(world.parse().first_error()->message,
                HasSubstr("duplicate definition of community"));
    EXPECT_EQ(world.parse().first_error()->object.key.name, "d");
}

TEST(Communities, AcceptAndRefuseTheirForms) {
    for (const char* good : {"0:0", "65535:65535", "large:1:2:3", "large:4294967295:0:0", "01:1"}) {
        EXPECT_THAT(with_communities({good}).errors(), IsEmpty()) << good;
    }
    for (const char* bad : {"1:2:3",
                            "large:1:2",
                            "big:1:2:3",
                            ":",
                            "1:",
                            "-1:1",
                            "+1:1",
                            "1:x",
                            "large:4294967296:0:0",
                            "1:2:3:4:5",
                            ""}) {
        EXPECT_EQ(with_communities({bad}).errors().size(), 1U) << bad;
    }
    EXPECT_THAT(with_communities({"big:1:2:3"}).parse().first_error()->message,
                HasSubstr("expected community to be of format large"));
}

TEST(Communities, AnAliasMayShadowALiteral) {
    World world = with_communities({"1:1"});
    world.community("c", {{"1:1", "2:2"}});
    const auto outcome = world.parse();
    const auto& ads = outcome.configuration->pools.at(PoolName("p")).bgp_advertisements;
    EXPECT_THAT(ads.at(0).communities, ElementsAre(BgpCommunity{false, {2, 2}}));
}

TEST(BgpAdvertisements, T123AnAggregateMayNotBeWiderThanItsPool) {
    const auto to_26 = [](model::BgpAdvertisement& ad) { ad.aggregation_length = 26; };
    const World narrow = World().pool("p", {"10.0.0.0/28"}).bgp("ad", to_26);
    EXPECT_THAT(narrow.errors(), ElementsAre("aggregation_too_coarse"));
    EXPECT_EQ(narrow.parse().first_error()->message,
              "invalid aggregation length 26: prefix 28 in this pool is more specific than the "
              "aggregation length for addresses 10.0.0.0/28");
    // The shortest mask of an item decides: this range holds 10.0.1.0/24.
    EXPECT_THAT(World().pool("p", {"10.0.0.240-10.0.1.255"}).bgp("ad", to_26).errors(), IsEmpty());
}

TEST(BgpAdvertisements, Ipv6LengthsAreCheckedAgainstIpv6Items) {
    const auto to_64 = [](model::BgpAdvertisement& ad) { ad.aggregation_length_v6 = 64; };
    EXPECT_THAT(World().pool("p", {"fc00::/120"}).bgp("ad", to_64).errors(),
                ElementsAre("aggregation_too_coarse"));
    EXPECT_THAT(World().pool("p", {"fc00::/64", "10.0.0.0/28"}).bgp("ad", to_64).errors(),
                IsEmpty());
    const auto negative = [](model::BgpAdvertisement& ad) { ad.aggregation_length_v6 = -1; };
    EXPECT_THAT(World().pool("p", {"10.0.0.0/28"}).bgp("ad", negative).errors(), IsEmpty());
    EXPECT_THAT(World().pool("p", {"fc00::/64"}).bgp("ad", negative).errors(),
                ElementsAre("aggregation_too_coarse"));
}

TEST(BgpAdvertisements, LengthsBeyondTheFamilyAndWithServiceSelectorsAreRefused) {
    const World world = World().bgp("ad", [](model::BgpAdvertisement& ad) {
        ad.aggregation_length = 33;
        ad.aggregation_length_v6 = 129;
        ad.service_selectors = {with_label("app", "web")};
    });
    EXPECT_THAT(world.errors(),
                ElementsAre("selectors_and_aggregation",
                            "aggregation_length_out_of_range",
                            "aggregation_length_out_of_range"));
    EXPECT_THAT(world.parse().first_error()->message,
                HasSubstr("serviceSelectors and aggregationLength are mutually exclusive"));
}

TEST(BgpAdvertisements, RefuseRepeatsInEveryList) {
    const World world = World().bgp("ad", [](model::BgpAdvertisement& ad) {
        ad.ip_address_pools = {"p", "p"};
        ad.communities = {"1:1", "1:1"};
        ad.peers = {"x", "x"};
        ad.node_selectors = {{}, {}};
    });
    EXPECT_THAT(
        world.errors(),
        ElementsAre("duplicate_entry", "duplicate_entry", "duplicate_entry", "duplicate_selector"));
}

/// Two advertisements of one pool with local preferences 100 and 200.
World clashing(const std::function<void(model::BgpAdvertisement&)>& first,
               const std::function<void(model::BgpAdvertisement&)>& second) {
    World world;
    world.node("a", {{"rack", "1"}}).node("b", {{"rack", "2"}}).pool("p", {"10.0.0.0/24"});
    world.bgp("x", [&](model::BgpAdvertisement& ad) {
        ad.local_pref = 100;
        first(ad);
    });
    world.bgp("y", [&](model::BgpAdvertisement& ad) {
        ad.local_pref = 200;
        second(ad);
    });
    return world;
}

TEST(BgpAdvertisements, T095LocalPreferencesThatMeetAreRefused) {
    const auto as_is = [](model::BgpAdvertisement&) {};
    const World world = clashing(as_is, as_is);
    EXPECT_THAT(world.errors(), ElementsAre("local_pref_conflict"));
    EXPECT_THAT(world.parse().first_error()->message,
                testing::AllOf(HasSubstr("invalid local preference"), HasSubstr("preferernce")));
}

TEST(BgpAdvertisements, T095LocalPreferencesThatNeverMeetAreAccepted) {
    const auto as_is = [](model::BgpAdvertisement&) {};
    const auto rack = [](const std::string& value) {
        return [=](model::BgpAdvertisement& ad) { ad.node_selectors = {with_label("rack", value)}; };
    };
    const auto peer = [](const std::string& value) {
        return [=](model::BgpAdvertisement& ad) { ad.peers = {value}; };
    };
    EXPECT_THAT(clashing(rack("1"), rack("2")).errors(), IsEmpty());
    EXPECT_THAT(clashing(peer("m"), peer("n")).errors(), IsEmpty());
    EXPECT_THAT(clashing(peer("m"), as_is).errors(), ElementsAre("local_pref_conflict"));
    EXPECT_THAT(clashing(as_is, [](auto& ad) { ad.local_pref = 100; }).errors(), IsEmpty());
    EXPECT_THAT(clashing(as_is, [](auto& ad) { ad.aggregation_length = 24; }).errors(), IsEmpty());
    EXPECT_THAT(clashing(as_is, [](auto& ad) { ad.aggregation_length_v6 = 64; }).errors(),
                ElementsAre("local_pref_conflict"));
    EXPECT_THAT(clashing(as_is, [](auto& ad) { ad.service_selectors = {with_label("app", "web")}; })
                    .errors(),
                IsEmpty());
}

TEST(BgpAdvertisements, UnknownPeersAreOnlyAWarning) {
    const World world =
        World().pool("p", {"10.0.0.0/24"}).bgp("ad", [](auto& ad) { ad.peers = {"router"}; });
    EXPECT_THAT(world.errors(), IsEmpty());
    EXPECT_THAT(world.hints(), ElementsAre("unknown_peer BGPAdvertisement/ad spec.peers[0]"));
}

}  // namespace
}  // namespace ferro::config
