// BGP's statements of spec 11.2, as far as the plan decides them: who announces, or why not. There
// is no election and no membership.
#include "tests/core/plan/scene.h"

#include <gtest/gtest.h>

namespace ferro::plan {
namespace {

struct BgpScene : Scene {
    BgpScene() {
        main_pool().l2_advertisements.clear();
        main_pool().bgp_advertisements = {
            bgp_advertisement("bgp", nodes({"node-a", "node-b", "node-c"}))};
        configure();
        add_service("web", {"10.0.0.1"});
    }

    [[nodiscard]] std::vector<NodeName> announcing() const {
        const auto found = verdict("web").bgp.nodes;
        return found == nullptr ? std::vector<NodeName>() : *found;
    }
};

std::vector<NodeName> names(std::initializer_list<const char*> given) {
    std::vector<NodeName> result;
    for (const char* name : given) {
        result.emplace_back(name);
    }
    return result;
}

TEST(BgpPlan, T090EveryNodeAnnouncesAsSoonAsAnyEndpointServes) {
    BgpScene scene;
    EXPECT_EQ(scene.announcing(), names({"node-a", "node-b", "node-c"}));
    scene.set_endpoints("web", serving_on({"node-c"}));
    EXPECT_EQ(scene.announcing(), names({"node-a", "node-b", "node-c"}));
    scene.set_endpoints("web", {});
    EXPECT_EQ(scene.announcing(), names({}));
    EXPECT_EQ(scene.verdict("web").bgp.reason, Reason::no_serving_endpoint);
    EXPECT_EQ(metallb_word(Reason::no_serving_endpoint, Protocol::bgp), "noEndpoints");
}

TEST(BgpPlan, T090MembershipDoesNotMatter) {
    BgpScene scene;
    const auto before = scene.planner.counters().evaluated;
    EXPECT_TRUE(scene.planner.set_members(nodes({"node-a"})).empty());
    EXPECT_EQ(scene.announcing(), names({"node-a", "node-b", "node-c"}));
    EXPECT_EQ(scene.planner.counters().evaluated, before);
}

TEST(BgpPlan, T091LocalPolicyAnnouncesFromNodesWhoseEndpointsHaveAddresses) {
    BgpScene scene;
    auto service = scene.service("web");
    service.external_traffic_policy = model::TrafficPolicy::local;
    scene.put(service);
    auto endpoints = serving_on({"node-a", "node-b", "node-c"});
    endpoints[0].addresses.clear();
    endpoints[2].ready = false;
    scene.set_endpoints("web", endpoints);
    EXPECT_EQ(scene.announcing(), names({"node-b"}));
    EXPECT_EQ(scene.view("web", "node-a").bgp, Reason::no_local_endpoint);
    EXPECT_EQ(metallb_word(Reason::no_local_endpoint, Protocol::bgp), "noLocalEndpoints");
    endpoints[1].node_name.reset();
    scene.set_endpoints("web", endpoints);
    EXPECT_EQ(scene.verdict("web").bgp.reason, Reason::no_local_endpoint);
}

TEST(BgpPlan, T095ServiceSelectorsCanBringTwoPreferencesTogether) {
    BgpScene scene;
    auto low = bgp_advertisement("low", nodes({"node-a", "node-b"}));
    low.local_pref = 100;
    low.service_selectors = {selector("app", "web")};
    auto high = bgp_advertisement("high", nodes({"node-b", "node-c"}));
    high.local_pref = 200;
    high.service_selectors = {selector("tier", "front")};
    scene.main_pool().bgp_advertisements = {low, high};
    scene.configure();
    EXPECT_EQ(scene.verdict("web").bgp.reason, Reason::no_advertisement_matches_service);
    auto service = scene.service("web");
    service.meta.labels = {{"app", "web"}};
    scene.put(service);
    EXPECT_EQ(scene.announcing(), names({"node-a", "node-b"}));
    // Only node-b is covered by both: the others go on.
    service.meta.labels = {{"app", "web"}, {"tier", "front"}};
    scene.put(service);
    EXPECT_EQ(scene.announcing(), names({"node-a", "node-c"}));
    EXPECT_EQ(scene.view("web", "node-b").bgp, Reason::conflicting_advertisements);
    EXPECT_EQ(metallb_word(Reason::conflicting_advertisements, Protocol::bgp),
              "conflictingAdvertisements");
    // On the same nodes, nobody announces.
    scene.main_pool().bgp_advertisements[0].nodes = nodes({"node-b", "node-c"});
    scene.configure();
    EXPECT_EQ(scene.verdict("web").bgp.reason, Reason::conflicting_advertisements);
}

TEST(BgpPlan, T095DifferentPeersOrAggregationAreNoConflict) {
    config::Pool both;
    both.prefixes = {ip::Prefix(address("10.0.0.0"), 24), ip::Prefix(address("2001:db8::"), 64)};
    config::Pool v4 = both;
    v4.prefixes.pop_back();
    auto a = bgp_advertisement("a", nodes({"node-a"}));
    auto b = bgp_advertisement("b", nodes({"node-a"}));
    EXPECT_FALSE(in_conflict(both, a, b)) << "one preference";
    b.local_pref = 200;
    EXPECT_TRUE(in_conflict(both, a, b)) << "empty lists mean all peers";
    b.aggregation_length = 24;
    EXPECT_TRUE(in_conflict(both, a, b)) << "the IPv6 prefixes are still the same";
    EXPECT_FALSE(in_conflict(v4, a, b));
    b.aggregation_length = 32;
    a.peers = {"p1"};
    b.peers = {"p2"};
    EXPECT_FALSE(in_conflict(both, a, b));
    b.peers.insert("p1");
    EXPECT_TRUE(in_conflict(both, a, b));
}

TEST(BgpPlan, T099AnExcludedOrUnavailableNodeWithdraws) {
    BgpScene scene;
    scene.set_node("node-a", {{"node.kubernetes.io/exclude-from-external-load-balancers", ""}});
    scene.set_node("node-b", {}, true);
    EXPECT_EQ(scene.announcing(), names({"node-c"}));
    EXPECT_EQ(scene.view("web", "node-a").bgp, Reason::node_excluded);
    EXPECT_EQ(metallb_word(Reason::node_excluded, Protocol::bgp), "nodeLabeledExcludeBalancers");
    EXPECT_EQ(scene.view("web", "node-b").bgp, Reason::node_network_unavailable);
    EXPECT_EQ(metallb_word(Reason::node_network_unavailable, Protocol::bgp),
              "nodeNetworkUnavailable");
}

// Spec 3.12: coverage by any advertisement of the pool is asked before the service's labels.
TEST(BgpPlan, CoverageComesBeforeTheServicesLabels) {
    BgpScene scene;
    auto other = bgp_advertisement("other", nodes({"node-a"}));
    other.service_selectors = {selector("app", "db")};
    auto ours = bgp_advertisement("ours", nodes({"node-b"}));
    scene.main_pool().bgp_advertisements = {other, ours};
    scene.configure();
    EXPECT_EQ(scene.announcing(), names({"node-b"}));
    EXPECT_EQ(scene.view("web", "node-a").bgp, Reason::no_advertisement_matches_service);
    EXPECT_EQ(scene.view("web", "node-c").bgp, Reason::no_advertisement_covers_node);
    EXPECT_EQ(metallb_word(Reason::no_advertisement_covers_node, Protocol::bgp), "notOwner");
}

TEST(BgpPlan, OnePoolMayBeAdvertisedByBothProtocols) {
    BgpScene scene;
    scene.main_pool().l2_advertisements = {
        l2_advertisement("l2", nodes({"node-a", "node-b", "node-c"}))};
    scene.configure();
    EXPECT_EQ(scene.owner("web"), "node-b");
    EXPECT_EQ(scene.announcing(), names({"node-a", "node-b", "node-c"}));
}

}  // namespace
}  // namespace ferro::plan
