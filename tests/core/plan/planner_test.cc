// What a change plans again, and nothing else: counted by Counters::evaluated.
#include "tests/core/plan/scene.h"

#include <gtest/gtest.h>

namespace ferro::plan {
namespace {

/// 60 services: 10.0.0.1 to 10.0.0.60.
struct BusyScene : Scene {
    static constexpr std::size_t kServices = 60;

    BusyScene() {
        for (std::size_t i = 1; i <= kServices; ++i) {
            add_service("s" + std::to_string(i), {"10.0.0." + std::to_string(i)});
        }
    }

    /// Services planned by `edit`.
    template <typename Edit>
    std::uint64_t cost(Edit edit) {
        const std::uint64_t before = planner.counters().evaluated;
        changes = edit();
        return planner.counters().evaluated - before;
    }

    [[nodiscard]] std::size_t owned_by(const std::string& node) const {
        std::size_t count = 0;
        for (const auto& [service, verdict] : planner.verdicts()) {
            count += verdict->layer2.owner->value == node ? 1U : 0U;
        }
        return count;
    }

    Changes changes;
};

TEST(Planner, ASliceChangePlansItsServiceAlone) {
    BusyScene scene;
    EXPECT_EQ(scene.cost([&] { return scene.set_endpoints("s7", {}); }), 1U);
    ASSERT_EQ(scene.changes.size(), 1U);
    EXPECT_EQ(scene.changes[0].service, key("s7"));
    EXPECT_EQ(scene.changes[0].before->layer2.reason, Reason::announced);
    EXPECT_EQ(scene.changes[0].after->layer2.reason, Reason::no_serving_endpoint);
}

TEST(Planner, ASliceThatMovesPlansBothServices) {
    BusyScene scene;
    model::EndpointSlice slice =
        *scene.picture.find<model::EndpointSlice>(model::ObjectKey{"default", "s7-1"});
    slice.service_name = "s8";
    EXPECT_EQ(scene.cost([&] { return scene.put(slice); }), 2U);
    EXPECT_EQ(scene.owner("s7"), "nobody");
    EXPECT_EQ(scene.cost([&] { return scene.remove(model::Kind::endpoint_slice, slice.meta.key); }),
              1U);
}

TEST(Planner, AServiceChangePlansItAlone) {
    BusyScene scene;
    auto service = scene.service("s3");
    service.meta.labels = {{"app", "web"}};
    EXPECT_EQ(scene.cost([&] { return scene.put(service); }), 1U);
    EXPECT_TRUE(scene.changes.empty());
    EXPECT_EQ(scene.cost([&] { return scene.remove(model::Kind::service, key("s3")); }), 0U);
    EXPECT_EQ(scene.changes.size(), 1U);
    EXPECT_EQ(scene.planner.size(), BusyScene::kServices - 1);
}

TEST(Planner, SlicesOfServicesOfNoConcernPlanNothing) {
    BusyScene scene;
    model::Service internal;
    internal.meta.key = key("internal");
    scene.put(internal);
    EXPECT_EQ(scene.cost([&] { return scene.set_endpoints("internal", serving_on({"node-a"})); }),
              0U);
    EXPECT_EQ(scene.cost([&] { return scene.set_endpoints("unknown", serving_on({"node-a"})); }),
              0U);
    // It becomes one of ours, and its slice counts.
    internal.type = model::ServiceType::load_balancer;
    internal.ingress = {{"10.0.0.100", ""}};
    scene.put(internal);
    EXPECT_NE(scene.owner("internal"), "nobody");
}

TEST(Planner, ALostMemberPlansWhatItOwnedAlone) {
    BusyScene scene;
    const std::size_t owned = scene.owned_by("node-b");
    ASSERT_GT(owned, 0U);
    EXPECT_EQ(scene.cost([&] { return scene.planner.set_members(nodes({"node-a", "node-c"})); }),
              owned);
    EXPECT_EQ(scene.changes.size(), owned);
    // Its return plans exactly what it takes back.
    EXPECT_EQ(scene.cost(
                  [&] { return scene.planner.set_members(nodes({"node-a", "node-b", "node-c"})); }),
              owned);
    EXPECT_EQ(scene.owned_by("node-b"), owned);
}

TEST(Planner, ANodeChangePlansWhatItCanTouch) {
    BusyScene scene;
    const std::size_t owned = scene.owned_by("node-a");
    EXPECT_EQ(scene.cost([&] { return scene.set_node("node-a", {}, true); }), owned);
    EXPECT_EQ(scene.cost([&] { return scene.set_node("node-a", {}, false); }), owned);
    EXPECT_EQ(scene.cost([&] { return scene.set_node("node-z", {}); }), 0U)
        << "no advertisement covers it";
}

struct TwoPools : BusyScene {
    TwoPools() {
        config::Pool other;
        other.name = PoolName("other");
        other.prefixes = {ip::Prefix(address("10.1.0.0"), 24)};
        other.l2_advertisements = main_pool().l2_advertisements;
        configuration.pools.emplace(other.name, other);
        configure();
        for (std::size_t i = 1; i <= 10; ++i) {
            add_service("o" + std::to_string(i), {"10.1.0." + std::to_string(i)});
        }
    }

    config::Pool& other() { return configuration.pools.at(PoolName("other")); }
};

TEST(Planner, AConfigurationPlansThePoolsThatDiffer) {
    TwoPools scene;
    EXPECT_EQ(scene.cost([&] { return scene.configure(); }), 0U) << "an equal one";
    scene.other().auto_assign = false;
    scene.other().avoid_buggy_ips = true;
    EXPECT_EQ(scene.cost([&] { return scene.configure(); }), 0U) << "matters to the allocator";
    scene.other().l2_advertisements[0].interfaces = {"eth1"};
    EXPECT_EQ(scene.cost([&] { return scene.configure(); }), 10U);
    EXPECT_EQ(scene.changes.size(), 10U);
    scene.other().prefixes.emplace_back(address("10.2.0.0"), 24);
    EXPECT_EQ(scene.cost([&] { return scene.configure(); }), 10U);
    EXPECT_TRUE(scene.changes.empty());
}

TEST(Planner, APoolThatAppearsPlansServicesWithoutOne) {
    TwoPools scene;
    scene.add_service("homeless", {"10.3.0.1"});
    config::Pool third;
    third.name = PoolName("third");
    third.prefixes = {ip::Prefix(address("10.3.0.0"), 24)};
    third.l2_advertisements = scene.main_pool().l2_advertisements;
    scene.configuration.pools.emplace(third.name, third);
    EXPECT_EQ(scene.cost([&] { return scene.configure(); }), 1U);
    EXPECT_NE(scene.owner("homeless"), "nobody");
}

// A new node is covered by every advertisement without selectors, so each pool differs; yet only
// what the node takes over is planned again.
TEST(Planner, ANewCoveredNodePlansWhatItTakesOver) {
    TwoPools scene;
    scene.set_node("node-d", {});
    for (auto& [name, pool] : scene.configuration.pools) {
        pool.l2_advertisements[0].nodes.insert(NodeName("node-d"));
    }
    const std::uint64_t planned = scene.cost([&] { return scene.configure(); });
    EXPECT_EQ(planned, scene.owned_by("node-d"));
    EXPECT_GT(planned, 0U);
    EXPECT_LT(planned, scene.planner.size() / 2);
}

TEST(Planner, APreferencePlansWhatItCanMove) {
    BusyScene scene;
    const std::size_t others = BusyScene::kServices - scene.owned_by("node-a");
    scene.main_pool().l2_advertisements[0].node_scores = {{NodeName("node-a"), 1}};
    EXPECT_EQ(scene.cost([&] { return scene.configure(); }), BusyScene::kServices);
    EXPECT_EQ(scene.changes.size(), others);
    EXPECT_EQ(scene.owned_by("node-a"), BusyScene::kServices);
}

TEST(Planner, VerdictsOfOnePoolShareTheirPayload) {
    BusyScene scene;
    const Verdict one = scene.verdict("s1");
    for (const auto& [service, verdict] : scene.planner.verdicts()) {
        EXPECT_EQ(verdict->pool, one.pool);
        if (*verdict->layer2.owner == *one.layer2.owner) {
            EXPECT_EQ(verdict->layer2.owner, one.layer2.owner);
        }
    }
}

TEST(Planner, ChangesComeInTheOrderOfServices) {
    BusyScene scene;
    scene.main_pool().l2_advertisements.clear();
    const Changes changes = scene.configure();
    ASSERT_EQ(changes.size(), BusyScene::kServices);
    EXPECT_TRUE(std::is_sorted(changes.begin(), changes.end(), [](const auto& a, const auto& b) {
        return a.service < b.service;
    }));
}

}  // namespace
}  // namespace ferro::plan
