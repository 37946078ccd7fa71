// Layer 2's statements of spec 11.2, as far as the plan decides them. 10.0.0.1 orders the three
// nodes b, a, c (spec A.1).
#include "tests/core/plan/scene.h"

#include <gtest/gtest.h>

namespace ferro::plan {
namespace {

constexpr const char* kExclude = "node.kubernetes.io/exclude-from-external-load-balancers";

TEST(Layer2Plan, T060TheOrderOfTheHashDecidesAndItsLossesMoveOn) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    EXPECT_EQ(scene.owner("web"), "node-b");
    scene.planner.set_members(nodes({"node-a", "node-c"}));
    EXPECT_EQ(scene.owner("web"), "node-a");
    scene.planner.set_members(nodes({"node-c"}));
    EXPECT_EQ(scene.owner("web"), "node-c");
    scene.planner.set_members(nodes({}));
    EXPECT_EQ(scene.owner("web"), "nobody");
    EXPECT_EQ(scene.verdict("web").layer2.reason, Reason::node_not_member);
}

// Quirk Q5: the first ingress address is the hash input, so its order is part of ownership.
TEST(Layer2Plan, HashesTheFirstAddressOfTheStatus) {
    Scene scene;
    scene.add_service("first", {"10.0.0.3", "2001:db8::5"});
    scene.add_service("second", {"2001:db8::5", "10.0.0.3"});
    EXPECT_EQ(scene.owner("first"), "node-c");
    EXPECT_EQ(scene.owner("second"), "node-a");
}

TEST(Layer2Plan, T061ServicesThatShareAnAddressHaveOneOwner) {
    Scene scene;
    scene.add_service("tcp", {"10.0.0.2"});
    scene.add_service("udp", {"10.0.0.2"});
    EXPECT_EQ(scene.owner("tcp"), "node-b");
    EXPECT_EQ(scene.owner("udp"), "node-b");
}

TEST(Layer2Plan, T062LocalPolicyGoesWhereTheEndpointIs) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    auto service = scene.service("web");
    service.external_traffic_policy = model::TrafficPolicy::local;
    scene.put(service);
    scene.set_endpoints("web", serving_on({"node-c"}));
    EXPECT_EQ(scene.owner("web"), "node-c");
    EXPECT_EQ(scene.view("web", "node-b").layer2, Reason::no_local_endpoint);
}

TEST(Layer2Plan, T063LocalPolicyWithoutNodeNamesGoesNowhere) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    auto service = scene.service("web");
    service.external_traffic_policy = model::TrafficPolicy::local;
    scene.put(service);
    auto endpoints = serving_on({"node-c"});
    endpoints[0].node_name.reset();
    scene.set_endpoints("web", endpoints);
    EXPECT_EQ(scene.owner("web"), "nobody");
    EXPECT_EQ(scene.verdict("web").layer2.reason, Reason::no_local_endpoint);
    EXPECT_EQ(metallb_word(Reason::no_local_endpoint, Protocol::layer2), "notOwner");
}

TEST(Layer2Plan, T064OnlyServingEndpointsCount) {
    const struct {
        const char* what;
        std::optional<bool> ready;
        std::optional<bool> serving;
        const char* owner;
    } cases[] = {
        {"not ready, not serving", false, false, "nobody"},
        {"not ready, serving unknown", false, std::nullopt, "nobody"},
        {"ready unset counts as serving", std::nullopt, std::nullopt, "node-b"},
        {"terminating but serving keeps the announcement", false, true, "node-b"},
        {"ready", true, false, "node-b"},
    };

    for (const auto& one : cases) {
        Scene scene;
        scene.add_service("web", {"10.0.0.1"});
        auto endpoints = serving_on({"node-a"});
        endpoints[0].ready = one.ready;
        endpoints[0].serving = one.serving;
        scene.set_endpoints("web", endpoints);
        EXPECT_EQ(scene.owner("web"), one.owner) << one.what;
    }
}

TEST(Layer2Plan, T064AnEndpointWithoutAddressesStillServesLayer2) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    auto endpoints = serving_on({"node-a"});
    endpoints[0].addresses.clear();
    scene.set_endpoints("web", endpoints);
    EXPECT_EQ(scene.owner("web"), "node-b");
}

TEST(Layer2Plan, T065TheExcludeLabelExcludesWithAnyValue) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    scene.set_node("node-b", {{kExclude, "false"}});
    EXPECT_EQ(scene.owner("web"), "node-a");
    EXPECT_EQ(scene.view("web", "node-b").layer2, Reason::node_excluded);
    scene.set_node("node-b", {});
    EXPECT_EQ(scene.owner("web"), "node-b");

    Options ignoring;
    ignoring.ignore_exclude_lb = true;
    Scene lenient(ignoring);
    lenient.add_service("web", {"10.0.0.1"});
    lenient.set_node("node-b", {{kExclude, "false"}});
    EXPECT_EQ(lenient.owner("web"), "node-b");
}

TEST(Layer2Plan, T066NetworkUnavailableMovesTheOwnerAndUnknownDoesNot) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    scene.set_node("node-b", {}, true);
    EXPECT_EQ(scene.owner("web"), "node-a");
    EXPECT_EQ(scene.view("web", "node-b").layer2, Reason::node_network_unavailable);
    scene.set_node("node-b", {}, std::nullopt);
    EXPECT_EQ(scene.owner("web"), "node-b");
    scene.set_node("node-b", {}, false);
    EXPECT_EQ(scene.owner("web"), "node-b");
}

// A cordon and NotReady change neither the label nor the condition that are looked at; what is left
// of such an update is a node object with other labels.
TEST(Layer2Plan, T067ACordonedOrNotReadyNodeKeepsItsServices) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    const auto before = scene.planner.counters().evaluated;
    EXPECT_TRUE(scene.set_node("node-b", {{"node.kubernetes.io/unschedulable", ""}}).empty());
    EXPECT_EQ(scene.owner("web"), "node-b");
    EXPECT_EQ(scene.planner.counters().evaluated, before);
}

TEST(Layer2Plan, T068APoolWithoutAdvertisementIsNotAnnounced) {
    Scene scene;
    scene.main_pool().l2_advertisements.clear();
    scene.configure();
    scene.add_service("web", {"10.0.0.1"});
    EXPECT_EQ(scene.owner("web"), "nobody");
    EXPECT_EQ(scene.verdict("web").layer2.reason, Reason::no_advertisement);
    EXPECT_EQ(metallb_word(Reason::no_advertisement, Protocol::layer2), "noMatchingAdvertisement");
}

TEST(Layer2Plan, T069NodeSelectorsDecideWhoIsCoveredAndNewLabelsMoveIt) {
    Scene scene;
    scene.main_pool().l2_advertisements = {l2_advertisement("l2", nodes({"node-a"}))};
    scene.configure();
    scene.add_service("web", {"10.0.0.1"});
    EXPECT_EQ(scene.owner("web"), "node-a");
    EXPECT_EQ(scene.view("web", "node-b").layer2, Reason::no_advertisement_covers_node);
    EXPECT_EQ(metallb_word(Reason::no_advertisement_covers_node, Protocol::layer2),
              "noMatchingAdvertisement");
    // New labels reach the plan as a configuration whose selectors match another node.
    scene.main_pool().l2_advertisements = {l2_advertisement("l2", nodes({"node-c"}))};
    const Changes changes = scene.configure();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(scene.owner("web"), "node-c");
}

TEST(Layer2Plan, T070WeightsOfAllMatchingAdvertisementsAddUp) {
    Scene scene;
    auto first = l2_advertisement("first", nodes({"node-a", "node-b", "node-c"}));
    first.node_scores = {{NodeName("node-a"), 10}, {NodeName("node-b"), 10}};
    auto second = l2_advertisement("second", nodes({"node-b"}));
    second.node_scores = {{NodeName("node-b"), 5}};
    scene.main_pool().l2_advertisements = {first, second};
    scene.configure();
    scene.add_service("web", {"10.0.0.3"});  // by hash alone: c, a, b
    EXPECT_EQ(scene.owner("web"), "node-b");
}

TEST(Layer2Plan, T071APreferredNodeFailsOverAndTakesBackAtOnce) {
    Scene scene;
    scene.main_pool().l2_advertisements[0].node_scores = {{NodeName("node-c"), 100}};
    scene.configure();
    scene.add_service("web", {"10.0.0.1"});
    EXPECT_EQ(scene.owner("web"), "node-c");
    scene.planner.set_members(nodes({"node-a", "node-b"}));
    EXPECT_EQ(scene.owner("web"), "node-b");
    scene.planner.set_members(nodes({"node-a", "node-b", "node-c"}));
    EXPECT_EQ(scene.owner("web"), "node-c");
}

TEST(Layer2Plan, T072AnAdvertisementForOtherServicesCountsForNothing) {
    Scene scene;
    auto general = l2_advertisement("general", nodes({"node-a", "node-b"}));
    general.interfaces = {"eth1"};
    auto other = l2_advertisement("other", nodes({"node-a", "node-b", "node-c"}));
    other.service_selectors = {selector("app", "db")};
    other.node_scores = {{NodeName("node-c"), 100}, {NodeName("node-a"), 50}};
    scene.main_pool().l2_advertisements = {general, other};
    scene.configure();
    scene.add_service("web", {"10.0.0.1"});
    EXPECT_EQ(scene.owner("web"), "node-b");
    ASSERT_NE(scene.verdict("web").layer2.interfaces, nullptr);
    EXPECT_EQ(*scene.verdict("web").layer2.interfaces,
              std::vector<InterfaceName>{InterfaceName("eth1")});
    // Once the labels match, all three count: candidates, preference, and "all interfaces".
    auto service = scene.service("web");
    service.meta.labels = {{"app", "db"}};
    scene.put(service);
    EXPECT_EQ(scene.owner("web"), "node-c");
    EXPECT_EQ(scene.verdict("web").layer2.interfaces, nullptr);
}

TEST(Layer2Plan, T073SharingAndServiceSelectorsExcludeEachOther) {
    for (const char* annotation :
         {"metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip"}) {
        Scene scene;
        auto selective = l2_advertisement("selective", nodes({"node-a"}));
        selective.service_selectors = {selector("app", "web")};
        scene.main_pool().l2_advertisements.push_back(selective);
        scene.configure();
        scene.add_service("web", {"10.0.0.1"});
        auto service = scene.service("web");
        service.meta.annotations = {{annotation, ""}};
        scene.put(service);
        EXPECT_EQ(scene.owner("web"), "node-b") << "the selective one does not match yet";
        service.meta.labels = {{"app", "web"}};
        scene.put(service);
        EXPECT_EQ(scene.owner("web"), "nobody");
        EXPECT_EQ(scene.verdict("web").layer2.reason, Reason::shared_ip_with_service_selector);
    }
}

// --- interfaces: the owner's own gate ---

InterfaceList list(std::initializer_list<const char*> names) {
    std::vector<InterfaceName> result;
    for (const char* name : names) {
        result.emplace_back(name);
    }
    return std::make_shared<const std::vector<InterfaceName>>(result);
}

const std::set<InterfaceName> kLocal{InterfaceName("eth0"), InterfaceName("eth1")};

TEST(Layer2Plan, T074AnAbsentInterfaceSilencesTheWinnerAndElectsNobodyElse) {
    Scene scene;
    scene.main_pool().l2_advertisements[0].interfaces = {"eth9"};
    scene.configure();
    scene.add_service("web", {"10.0.0.1"});
    EXPECT_EQ(scene.owner("web"), "node-b");
    const auto choice = resolve_interfaces(scene.view("web", "node-b").interfaces, kLocal);
    EXPECT_EQ(choice.reason, Reason::interface_missing);
    EXPECT_FALSE(choice.announces());
    EXPECT_EQ(choice.missing, std::vector<InterfaceName>{InterfaceName("eth9")});
    EXPECT_EQ(metallb_word(choice.reason, Protocol::layer2), "announceFailed");
    EXPECT_EQ(scene.view("web", "node-a").layer2, Reason::lost_election);
}

TEST(Layer2Plan, T075AnEditToAnAbsentInterfaceKeepsTheOldAnnouncement) {
    const auto before = resolve_interfaces(list({"eth1"}), kLocal);
    ASSERT_TRUE(before.announces());
    const auto after = resolve_interfaces(list({"eth9"}), kLocal, &before);
    EXPECT_EQ(after.reason, Reason::interface_missing);
    EXPECT_EQ(after.names, before.names);
    const auto from_all = resolve_interfaces(nullptr, kLocal);
    EXPECT_TRUE(resolve_interfaces(list({"eth9"}), kLocal, &from_all).all);
}

TEST(Layer2Plan, T076ListedInterfacesAnswerAndNoOthers) {
    Scene scene;
    scene.main_pool().l2_advertisements[0].interfaces = {"eth1"};
    scene.configure();
    scene.add_service("web", {"10.0.0.1"});
    const auto choice = resolve_interfaces(scene.view("web", "node-b").interfaces, kLocal);
    EXPECT_EQ(choice.reason, Reason::announced);
    EXPECT_FALSE(choice.all);
    EXPECT_EQ(choice.names, std::vector<InterfaceName>{InterfaceName("eth1")});
}

TEST(Layer2Plan, T076InterfacesOfAdvertisementsThatCoverTheOwnerAreUnited) {
    Scene scene;
    auto one = l2_advertisement("one", nodes({"node-a", "node-b"}));
    one.interfaces = {"eth1", "eth2"};
    auto two = l2_advertisement("two", nodes({"node-b"}));
    two.interfaces = {"eth0", "eth1"};
    auto elsewhere = l2_advertisement("elsewhere", nodes({"node-c"}));
    scene.main_pool().l2_advertisements = {one, two, elsewhere};
    scene.configure();
    scene.add_service("web", {"10.0.0.1"});
    EXPECT_EQ(scene.owner("web"), "node-b");
    EXPECT_EQ(*scene.verdict("web").layer2.interfaces, *list({"eth0", "eth1", "eth2"}));
    // One that covers the owner and names none opens all.
    scene.main_pool().l2_advertisements[2].nodes = nodes({"node-b", "node-c"});
    scene.configure();
    EXPECT_EQ(scene.verdict("web").layer2.interfaces, nullptr);
}

TEST(Layer2Plan, T076AListedInterfaceThatIsNotThereYetStaysListed) {
    const auto choice = resolve_interfaces(list({"eth1", "eth9"}), kLocal);
    EXPECT_EQ(choice.reason, Reason::announced);
    EXPECT_EQ(choice.names, *list({"eth1", "eth9"}));
    EXPECT_EQ(choice.missing, *list({"eth9"}));
}

TEST(Layer2Plan, T081EndpointChurnIsToldEvenWhenTheVerdictStays) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    scene.add_service("other", {"10.0.0.2"});
    EXPECT_TRUE(scene.set_endpoints("web", serving_on({"node-a"})).empty());
    EXPECT_EQ(scene.planner.refreshed(), std::vector<model::ServiceKey>{key("web")});
}

TEST(Layer2Plan, T084WhoIsNotTheOwnerIsSilent) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    const Verdict verdict = scene.verdict("web");
    EXPECT_TRUE(verdict.is_announced_by(NodeName("node-b"), Protocol::layer2));
    for (const char* node : {"node-a", "node-c"}) {
        EXPECT_FALSE(verdict.is_announced_by(NodeName(node), Protocol::layer2));
        EXPECT_EQ(scene.view("web", node).layer2, Reason::lost_election);
    }
    EXPECT_EQ(metallb_word(Reason::lost_election, Protocol::layer2), "notOwner");
}

TEST(Layer2Plan, T085WithoutMemberlistEveryKnownNodeIsACandidate) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    scene.planner.set_members(nodes({"node-c"}));
    EXPECT_EQ(scene.owner("web"), "node-c");
    scene.planner.set_members(std::nullopt);
    EXPECT_EQ(scene.owner("web"), "node-b");
    // The configuration still covers a node that is deleted; it is no candidate any more.
    scene.remove_node("node-b");
    EXPECT_EQ(scene.owner("web"), "node-a");
    EXPECT_EQ(scene.view("web", "node-b").layer2, Reason::node_not_member);
}

TEST(Layer2Plan, AMemberWithoutANodeObjectIsEligible) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1"});
    scene.remove_node("node-b");
    scene.planner.set_members(nodes({"node-a", "node-b"}));
    EXPECT_EQ(scene.owner("web"), "node-b");
}

}  // namespace
}  // namespace ferro::plan
