// explain: every gate in order, with the evidence that the verdict rests on.
#include "tests/core/plan/scene.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferro::plan {
namespace {

using testing::HasSubstr;

const GateResult& gate(const Explanation& explanation,
                       Gate wanted,
                       std::optional<Protocol> protocol = std::nullopt) {
    for (const GateResult& result : explanation.gates) {
        if (result.gate == wanted && result.protocol == protocol) {
            return result;
        }
    }
    static const GateResult missing;
    ADD_FAILURE() << "no gate " << to_string(wanted);
    return missing;
}

TEST(Explain, TellsTheWholeWayOfAnAnnouncedService) {
    Scene scene;
    scene.main_pool().l2_advertisements[0].node_scores = {{NodeName("node-c"), 7}};
    scene.configure();
    scene.add_service("web", {"10.0.0.1"});
    const Explanation told = scene.planner.explain(key("web"));
    ASSERT_TRUE(told.known);
    EXPECT_EQ(told.verdict, scene.verdict("web"));
    EXPECT_EQ(told.first_broken(Protocol::layer2), nullptr);
    EXPECT_THAT(gate(told, Gate::address).evidence, HasSubstr("10.0.0.1"));
    EXPECT_THAT(gate(told, Gate::pool).evidence, HasSubstr("main"));
    EXPECT_THAT(gate(told, Gate::endpoints, Protocol::layer2).evidence,
                HasSubstr("3 of 3 endpoints serve: node-a 1/1, node-b 1/1, node-c 1/1"));
    EXPECT_THAT(gate(told, Gate::advertisement, Protocol::layer2).evidence, HasSubstr("match: l2"));
    EXPECT_THAT(gate(told, Gate::election, Protocol::layer2).evidence,
                HasSubstr("node-c is first by policy hash for 10.0.0.1: node-c (score 7), node-b, "
                          "node-a"));
    ASSERT_EQ(told.nodes.size(), 3U);
    EXPECT_EQ(told.nodes[0].rank, 3U);
    EXPECT_EQ(told.nodes[1].rank, 2U);
    EXPECT_EQ(told.nodes[2].rank, 1U);
    EXPECT_EQ(told.nodes[2].score, 7);
    EXPECT_EQ(told.nodes[2].layer2, Reason::announced);
    EXPECT_EQ(told.nodes[0].layer2, Reason::lost_election);
    EXPECT_EQ(told.first_broken(Protocol::bgp)->reason, Reason::no_advertisement);
}

TEST(Explain, NamesTheFirstBrokenGateWithARemedy) {
    Scene scene;
    scene.main_pool().l2_advertisements.clear();
    scene.configure();
    scene.add_service("web", {"10.0.0.1"});
    const Explanation told = scene.planner.explain(key("web"));
    const GateResult* broken = told.first_broken(Protocol::layer2);
    ASSERT_NE(broken, nullptr);
    EXPECT_EQ(broken->gate, Gate::advertisement);
    EXPECT_EQ(broken->reason, Reason::no_advertisement);
    EXPECT_THAT(broken->evidence, HasSubstr("pool main has no advertisement"));
    EXPECT_THAT(broken->remedy, HasSubstr("create a L2Advertisement that selects pool main"));
    EXPECT_FALSE(gate(told, Gate::election, Protocol::layer2).reached);
}

TEST(Explain, TellsWhyEachAdvertisementAndNodeIsOut) {
    Scene scene;
    auto other = l2_advertisement("other", nodes({"node-c"}));
    other.service_selectors = {selector("app", "db")};
    scene.main_pool().l2_advertisements = {l2_advertisement("l2", nodes({"node-a", "node-b"})),
                                           other};
    scene.configure();
    scene.set_node("node-a", {}, true);
    scene.planner.set_members(nodes({"node-a", "node-c"}));
    scene.add_service("web", {"10.0.0.1"});
    const Explanation told = scene.planner.explain(key("web"));
    ASSERT_EQ(told.advertisements.size(), 2U);
    EXPECT_TRUE(told.advertisements[0].matches);
    EXPECT_FALSE(told.advertisements[1].matches);
    EXPECT_THAT(told.advertisements[1].evidence, HasSubstr("app=db"));
    const GateResult* broken = told.first_broken(Protocol::layer2);
    ASSERT_NE(broken, nullptr);
    EXPECT_EQ(broken->reason, Reason::no_eligible_node);
    EXPECT_THAT(broken->evidence, HasSubstr("node-a (node_network_unavailable)"));
    EXPECT_THAT(broken->evidence, HasSubstr("node-b (node_not_member)"));
    EXPECT_THAT(broken->evidence, HasSubstr("node-c (no_advertisement_covers_node)"));
}

TEST(Explain, GoesOnPastMissingEndpoints) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    auto endpoints = serving_on({"node-a"});
    endpoints[0].ready = false;
    scene.set_endpoints("web", endpoints);
    const Explanation told = scene.planner.explain(key("web"));
    EXPECT_EQ(told.first_broken(Protocol::layer2)->gate, Gate::endpoints);
    EXPECT_THAT(gate(told, Gate::endpoints, Protocol::layer2).evidence,
                HasSubstr("0 of 1 endpoints serve: node-a 0/1"));
    EXPECT_TRUE(gate(told, Gate::election, Protocol::layer2).passed)
        << "an operator sees at once whether that is all";
    EXPECT_EQ(scene.owner("web"), "nobody");
}

TEST(Explain, PassesOnWhatTheAllocatorSays) {
    Scene scene;
    scene.add_service("web", {});
    const Explanation told =
        scene.planner.explain(key("web"), "pool_exhausted: main has no free address");
    EXPECT_EQ(told.first_broken(Protocol::layer2)->gate, Gate::address);
    EXPECT_THAT(gate(told, Gate::address).evidence, HasSubstr("pool_exhausted"));
    EXPECT_FALSE(gate(told, Gate::pool).reached);
    EXPECT_TRUE(told.nodes.empty());
}

TEST(Explain, KnowsTypeClassAndPool) {
    Scene scene;
    scene.add_service("web", {"10.9.9.9"});
    EXPECT_THAT(gate(scene.planner.explain(key("web")), Gate::pool).evidence,
                HasSubstr("no pool holds 10.9.9.9; pools: main"));
    auto service = scene.service("web");
    service.load_balancer_class = "other";
    scene.put(service);
    EXPECT_THAT(gate(scene.planner.explain(key("web")), Gate::load_balancer_class).evidence,
                HasSubstr("asks for class \"other\""));
    service.type = model::ServiceType::cluster_ip;
    scene.put(service);
    EXPECT_THAT(gate(scene.planner.explain(key("web")), Gate::type).evidence,
                HasSubstr("ClusterIP"));
    EXPECT_FALSE(scene.planner.explain(key("nobody-knows-it")).known);
}

TEST(Explain, SaysThatAServiceIsHeldBack) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    scene.configuration.pools.clear();
    scene.configure();
    EXPECT_THAT(gate(scene.planner.explain(key("web")), Gate::pool).evidence,
                HasSubstr("kept until the controller"));
    EXPECT_EQ(scene.owner("web"), "node-b");
}

TEST(Explain, FindsServicesByAddress) {
    Scene scene;
    scene.add_service("b", {"10.0.0.1"});
    scene.add_service("a", {"10.0.0.2", "10.0.0.1"});
    scene.add_service("c", {"10.0.0.3"});
    EXPECT_EQ(scene.planner.services_with(address("10.0.0.1")),
              (std::vector<model::ServiceKey>{key("a"), key("b")}));
}

}  // namespace
}  // namespace ferro::plan
