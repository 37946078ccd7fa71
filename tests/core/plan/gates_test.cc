// The gates before the protocols part (spec 3.3), withdrawing, and services held back (T135).
#include "tests/core/plan/scene.h"

#include <gtest/gtest.h>

namespace ferro::plan {
namespace {

TEST(Gates, EachSaysNoWithItsOwnReasonAndMetalLbsWord) {
    const struct {
        const char* what;
        void (*edit)(model::Service&);
        Reason reason;
        const char* word;
    } cases[] = {
        {"not a LoadBalancer",
         [](model::Service& s) { s.type = model::ServiceType::cluster_ip; },
         Reason::not_load_balancer,
         "notLoadBalancer"},
        {"of another class",
         [](model::Service& s) { s.load_balancer_class = "other"; },
         Reason::other_load_balancer_class,
         "notLoadBalancer"},
        {"without an address",
         [](model::Service& s) { s.ingress.clear(); },
         Reason::no_ip_allocated,
         "noIPAllocated"},
        {"with a hostname",
         [](model::Service& s) { s.ingress.push_back({"", "lb.example"}); },
         Reason::invalid_ip,
         "invalidIP"},
        {"with a text that is no address",
         [](model::Service& s) { s.ingress.push_back({"10.0.0.256", ""}); },
         Reason::invalid_ip,
         "invalidIP"},
        {"with an address of no pool",
         [](model::Service& s) { s.ingress = {{"10.0.1.1", ""}}; },
         Reason::ip_not_allowed,
         "ipNotAllowed"},
        {"with only one address in the pool",
         [](model::Service& s) { s.ingress.push_back({"10.0.1.1", ""}); },
         Reason::ip_not_allowed,
         "ipNotAllowed"},
    };

    for (const auto& one : cases) {
        Scene scene;
        scene.add_service("web", {"10.0.0.1"});
        ASSERT_EQ(scene.owner("web"), "node-b");
        auto service = scene.service("web");
        one.edit(service);
        const Changes changes = scene.put(service);
        ASSERT_EQ(changes.size(), 1U) << one.what;
        EXPECT_EQ(scene.verdict("web").layer2.reason, one.reason) << one.what;
        EXPECT_EQ(scene.verdict("web").bgp.reason, one.reason) << one.what;
        for (const Protocol protocol : {Protocol::layer2, Protocol::bgp}) {
            EXPECT_EQ(metallb_word(one.reason, protocol), one.word) << one.what;
        }
        EXPECT_EQ(
            withdraw_reason(
                changes[0], NodeName("node-b"), Protocol::layer2, scene.view("web", "node-b")),
            one.reason)
            << one.what;
    }
}

TEST(Gates, ServeTheirOwnClassAlone) {
    Options options;
    options.load_balancer_class = "ferro";
    Scene scene(options);
    scene.add_service("web", {"10.0.0.1"});
    EXPECT_EQ(scene.verdict("web").layer2.reason, Reason::other_load_balancer_class);
    auto service = scene.service("web");
    service.load_balancer_class = "ferro";
    scene.put(service);
    EXPECT_EQ(scene.owner("web"), "node-b");
    // Quirk Q1: the API server drops the class with the type; that must withdraw.
    service.load_balancer_class.reset();
    service.type = model::ServiceType::cluster_ip;
    scene.put(service);
    EXPECT_EQ(scene.verdict("web").layer2.reason, Reason::not_load_balancer);
}

TEST(Gates, BeforeTheFirstConfigurationNothingIsAnnounced) {
    Planner planner{Options{}};
    model::Picture picture;
    model::Service service;
    service.meta.key = key("web");
    service.type = model::ServiceType::load_balancer;
    service.ingress = {{"10.0.0.1", ""}};
    const auto object = std::make_shared<const model::Object>(service);
    const model::ObjectRef ref = model::ref_of(*object);
    picture.apply(model::Change{ref, object});
    planner.update(picture, std::span(&ref, 1));
    EXPECT_EQ(planner.verdict_of(key("web"))->layer2.reason, Reason::no_configuration);
}

TEST(Gates, AvoidedAddressesAreStillAnnounced) {
    Scene scene;
    scene.main_pool().avoid_buggy_ips = true;
    scene.configure();
    scene.add_service("web", {"10.0.0.255"});
    EXPECT_NE(scene.owner("web"), "nobody");
}

TEST(Gates, WithdrawingNamesTheOldAddressesFirst) {
    Scene scene;
    scene.add_service("web", {"10.0.0.1", "2001:db8::1"});
    auto service = scene.service("web");
    service.ingress = {{"10.0.0.2", ""}, {"2001:db8::1", ""}};  // node-b owns 10.0.0.2 as well
    const Changes moved = scene.put(service);
    ASSERT_EQ(moved.size(), 1U);
    EXPECT_EQ(withdraw_reason(
                  moved[0], NodeName("node-b"), Protocol::layer2, scene.view("web", "node-b")),
              Reason::load_balancer_ip_changed);
    const Changes gone = scene.remove(model::Kind::service, key("web"));
    ASSERT_EQ(gone.size(), 1U);
    EXPECT_EQ(gone[0].after, nullptr);
    EXPECT_EQ(withdraw_reason(gone[0], NodeName("node-b"), Protocol::layer2, {}),
              Reason::service_deleted);
    EXPECT_EQ(withdraw_reason(gone[0], NodeName("node-a"), Protocol::layer2, {}), Reason::announced)
        << "it announced nothing";
}

// --- T135 ---

struct ShrinkingPool : Scene {
    ShrinkingPool() {
        add_service("low", {"10.0.0.1"});
        add_service("high", {"10.0.0.200"});
        main_pool().prefixes = {ip::Prefix(address("10.0.0.0"), 25)};
        config::Pool added;
        added.name = PoolName("added");
        added.prefixes = {ip::Prefix(address("10.1.0.0"), 24)};
        added.l2_advertisements = main_pool().l2_advertisements;
        configuration.pools.emplace(added.name, added);
        owner_before = owner("high");
        changes = configure();
    }

    std::string owner_before;
    Changes changes;
};

TEST(Gates, T135AShrunkPoolHoldsBackWhatItLost) {
    ShrinkingPool scene;
    ASSERT_EQ(scene.changes.size(), 1U);
    EXPECT_EQ(scene.changes[0].service, key("high"));
    EXPECT_TRUE(scene.verdict("high").held_back);
    EXPECT_EQ(scene.owner("high"), scene.owner_before);
    EXPECT_FALSE(scene.verdict("low").held_back);
    EXPECT_EQ(scene.planner.held_back(), 1U);
}

TEST(Gates, T135TheRestOfTheNewConfigurationAppliesAtOnce) {
    ShrinkingPool scene;
    scene.add_service("new", {"10.1.0.1"});
    EXPECT_NE(scene.owner("new"), "nobody");
    scene.add_service("late", {"10.0.0.201"});
    EXPECT_EQ(scene.verdict("late").layer2.reason, Reason::ip_not_allowed)
        << "it was not announced before";
}

TEST(Gates, T135AHeldServiceConvergesOnceTheControllerHasMovedIt) {
    ShrinkingPool scene;
    auto service = scene.service("high");
    service.ingress = {{"10.0.0.3", ""}};
    scene.put(service);
    EXPECT_EQ(scene.owner("high"), "node-c");
    EXPECT_FALSE(scene.verdict("high").held_back);
    EXPECT_EQ(scene.planner.held_back(), 0U);
}

TEST(Gates, T135AHeldServiceStillFailsOver) {
    ShrinkingPool scene;
    auto alive = nodes({"node-a", "node-b", "node-c"});
    alive.erase(NodeName(scene.owner_before));
    scene.planner.set_members(alive);
    EXPECT_NE(scene.owner("high"), "nobody");
    EXPECT_NE(scene.owner("high"), scene.owner_before);
    EXPECT_TRUE(scene.verdict("high").held_back);
}

TEST(Gates, T135WhatFallsSilentIsNotHeldAnyMore) {
    ShrinkingPool scene;
    scene.set_endpoints("high", {});
    EXPECT_EQ(scene.verdict("high").layer2.reason, Reason::ip_not_allowed);
    scene.set_endpoints("high", serving_on({"node-a"}));
    EXPECT_EQ(scene.verdict("high").layer2.reason, Reason::ip_not_allowed);
    EXPECT_EQ(scene.planner.held_back(), 0U);
}

TEST(Gates, T135APoolThatComesBackTakesItsServiceIn) {
    ShrinkingPool scene;
    scene.main_pool().prefixes = {ip::Prefix(address("10.0.0.0"), 24)};
    const Changes changes = scene.configure();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_FALSE(scene.verdict("high").held_back);
    EXPECT_EQ(scene.owner("high"), scene.owner_before);
    scene.remove(model::Kind::service, key("high"));
    EXPECT_EQ(scene.planner.held_back(), 0U);
}

}  // namespace
}  // namespace ferro::plan
