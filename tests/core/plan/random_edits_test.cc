// From seeds: after every random edit, the planner's state equals that of a fresh planner which is
// shown the same cluster, and the changes that it told, applied one by one, give the same state.
// Services held back are the one allowed difference: a fresh planner has nothing to hold.
#include "core/base/prng.h"
#include "tests/core/plan/scene.h"

#include <gtest/gtest.h>

#include <map>

namespace ferro::plan {
namespace {

constexpr std::size_t kNodes = 5;
constexpr std::size_t kServices = 8;
constexpr std::size_t kPools = 3;

/// Three pools that never overlap: 10.N.0.0/24, sometimes only their lower half.
class World {
  public:
    explicit World(std::uint64_t seed) : random_(seed) {
        for (std::size_t i = 0; i < kNodes; ++i) {
            edit_node(i);
        }
        edit_configuration();
    }

    void step() {
        switch (random_.below(8)) {
            case 0:
                edit_node(random_.below(kNodes));
                break;
            case 1:
                edit_members();
                break;
            case 2:
                edit_configuration();
                break;
            case 3:
            case 4:
                edit_service(random_.below(kServices));
                break;
            case 5:
                if (random_.chance(30)) {
                    change(model::ObjectRef{model::Kind::service, service_key(random_.below(8))},
                           nullptr);
                }
                break;
            default:
                edit_slice(random_.below(kServices + 3));
        }
        // Sometimes several edits are told together.
        if (random_.chance(60)) {
            tell();
        }
    }

    void tell() {
        if (new_configuration_) {
            take(planner_.set_configuration(configuration_));
        }
        take(planner_.update(picture_, pending_));
        if (new_members_) {
            take(planner_.set_members(members_));
        }
        pending_.clear();
        new_configuration_ = false;
        new_members_ = false;
        check();
    }

  private:
    static std::string node_name(std::size_t i) { return "node-" + std::to_string(i); }

    static model::ServiceKey service_key(std::size_t i) { return key("s" + std::to_string(i)); }

    void change(const model::ObjectRef& ref, model::ObjectPtr object) {
        if (picture_.apply(model::Change{ref, std::move(object)})) {
            pending_.push_back(ref);
        }
    }

    void put(model::Object object) {
        auto shared = std::make_shared<const model::Object>(std::move(object));
        const model::ObjectRef ref = model::ref_of(*shared);
        change(ref, std::move(shared));
    }

    void edit_node(std::size_t i) {
        if (random_.chance(15)) {
            change(model::ObjectRef{model::Kind::node, {"", node_name(i)}}, nullptr);
            return;
        }
        model::Node node;
        node.meta.key.name = node_name(i);
        if (random_.chance(20)) {
            node.network_unavailable = random_.chance(50);
        }
        if (random_.chance(15)) {
            node.meta.labels.emplace("node.kubernetes.io/exclude-from-external-load-balancers", "");
        }
        put(node);
    }

    std::set<NodeName> some_nodes(std::uint64_t percent) {
        std::set<NodeName> result;
        for (std::size_t i = 0; i < kNodes; ++i) {
            if (random_.chance(percent)) {
                result.emplace(node_name(i));
            }
        }
        return result;
    }

    void edit_members() {
        members_.reset();
        if (random_.chance(75)) {
            members_ = some_nodes(70);
        }
        new_members_ = true;
    }

    config::Pool make_pool(std::size_t i) {
        config::Pool pool;
        pool.name = PoolName("pool-" + std::to_string(i));
        pool.prefixes = {ip::Prefix(address("10." + std::to_string(i) + ".0.0"),
                                    random_.chance(70) ? 24U : 29U)};
        for (std::uint64_t j = 0, count = random_.below(4); j < count; ++j) {
            auto ad = l2_advertisement("l2-" + std::to_string(j), some_nodes(70));
            if (random_.chance(30)) {
                ad.service_selectors = {selector("app", random_.chance(50) ? "web" : "db")};
            }
            if (random_.chance(30)) {
                ad.interfaces = {"eth" + std::to_string(random_.below(3))};
            }
            for (const NodeName& node : ad.nodes) {
                if (random_.chance(20)) {
                    ad.node_scores[node] = static_cast<std::int32_t>(1 + random_.below(3));
                }
            }
            pool.l2_advertisements.push_back(ad);
        }
        for (std::uint64_t j = 0, count = random_.below(3); j < count; ++j) {
            auto ad = bgp_advertisement("bgp-" + std::to_string(j), some_nodes(70));
            ad.local_pref = random_.chance(30) ? 100 : 0;
            if (random_.chance(30)) {
                ad.service_selectors = {selector("app", "web")};
            }
            pool.bgp_advertisements.push_back(ad);
        }
        return pool;
    }

    void edit_configuration() {
        auto next = std::make_shared<config::Configuration>();
        if (configuration_ != nullptr) {
            *next = *configuration_;
        }
        const std::size_t i = random_.below(kPools);
        const PoolName name("pool-" + std::to_string(i));
        const auto found = next->pools.find(name);
        if (found == next->pools.end()) {
            next->pools.emplace(name, make_pool(i));
        } else if (random_.chance(15)) {
            next->pools.erase(found);
        } else if (random_.chance(60) && !found->second.l2_advertisements.empty()) {
            // Only the nodes of an advertisement: the planner's narrow path.
            auto& ad =
                found->second
                    .l2_advertisements[random_.below(found->second.l2_advertisements.size())];
            const NodeName node(node_name(random_.below(kNodes)));
            if (ad.nodes.erase(node) > 0) {
                ad.node_scores.erase(node);
            } else {
                ad.nodes.insert(node);
                if (random_.chance(30)) {
                    ad.node_scores[node] = 2;
                }
            }
        } else {
            found->second = make_pool(i);
        }
        configuration_ = next;
        new_configuration_ = true;
    }

    void edit_service(std::size_t i) {
        model::Service service;
        service.meta.key = service_key(i);
        service.type =
            random_.chance(90) ? model::ServiceType::load_balancer : model::ServiceType::cluster_ip;
        if (random_.chance(5)) {
            service.load_balancer_class = "other";
        }
        if (random_.chance(50)) {
            service.meta.labels = {{"app", random_.chance(50) ? "web" : "db"}};
        }
        if (random_.chance(15)) {
            service.meta.annotations = {{"metallb.io/allow-shared-ip", "k"}};
        }
        service.external_traffic_policy =
            random_.chance(40) ? model::TrafficPolicy::local : model::TrafficPolicy::cluster;
        const std::string pool = std::to_string(random_.below(kPools));
        for (std::uint64_t j = 0, count = random_.below(3); j < count; ++j) {
            service.ingress.push_back(
                {"10." + pool + ".0." + std::to_string(random_.below(16)), ""});
        }
        put(service);
    }

    void edit_slice(std::size_t i) {
        const model::ObjectKey name{"default", "slice-" + std::to_string(i)};
        if (random_.chance(15)) {
            change(model::ObjectRef{model::Kind::endpoint_slice, name}, nullptr);
            return;
        }
        model::EndpointSlice slice;
        slice.meta.key = name;
        slice.service_name =
            "s" + std::to_string(random_.chance(80) ? i : random_.below(kServices));
        for (std::uint64_t j = 0, count = random_.below(4); j < count; ++j) {
            model::Endpoint endpoint;
            if (random_.chance(90)) {
                endpoint.addresses = {"10.244.0.9"};
            }
            endpoint.ready = random_.chance(70);
            if (random_.chance(90)) {
                endpoint.node_name = node_name(random_.below(kNodes));
            }
            slice.endpoints.push_back(endpoint);
        }
        put(slice);
    }

    void take(const Changes& changes) {
        for (const VerdictChange& change : changes) {
            const auto before = told_.find(change.service);
            ASSERT_EQ(change.before, before == told_.end() ? nullptr : before->second)
                << change.service.to_string();
            if (change.after == nullptr) {
                told_.erase(before);
            } else {
                ASSERT_TRUE(change.before == nullptr || !(*change.before == *change.after));
                told_[change.service] = change.after;
            }
        }
    }

    void check() {
        Planner fresh{Options{}};
        fresh.set_configuration(configuration_);
        fresh.set_members(members_);
        std::vector<model::ObjectRef> all;
        for (const model::Change& one : picture_.everything()) {
            all.push_back(one.ref);
        }
        fresh.update(picture_, all);
        const auto verdicts = planner_.verdicts();
        ASSERT_EQ(verdicts.size(), picture_.all<model::Service>().size());
        ASSERT_EQ(verdicts.size(), told_.size());
        std::size_t held = 0;
        for (const auto& [service, verdict] : verdicts) {
            ASSERT_EQ(told_.at(service), verdict) << service.to_string();
            const VerdictPtr expected = fresh.verdict_of(service);
            if (verdict->held_back) {
                ++held;
                EXPECT_EQ(expected->layer2.reason, Reason::ip_not_allowed) << service.to_string();
                EXPECT_TRUE(verdict->is_announced());
            } else {
                EXPECT_EQ(*verdict, *expected)
                    << service.to_string() << ": " << to_string(verdict->layer2.reason) << " and "
                    << to_string(expected->layer2.reason);
            }
            check_readers(service, *verdict);
        }
        EXPECT_EQ(planner_.held_back(), held);
    }

    /// explain and each node's own view agree with the verdict.
    void check_readers(const model::ServiceKey& service, const Verdict& verdict) {
        const Explanation told = planner_.explain(service);
        EXPECT_EQ(told.verdict, verdict);
        for (const Protocol protocol : {Protocol::layer2, Protocol::bgp}) {
            const GateResult* broken = told.first_broken(protocol);
            EXPECT_EQ(broken == nullptr ? Reason::announced : broken->reason,
                      verdict.reason(protocol));
        }
        for (std::size_t i = 0; i < kNodes; ++i) {
            const NodeName node(node_name(i));
            const NodeVerdict view = *planner_.verdict_for(service, node);
            EXPECT_EQ(view.layer2 == Reason::announced,
                      verdict.is_announced_by(node, Protocol::layer2));
            EXPECT_EQ(view.bgp == Reason::announced, verdict.is_announced_by(node, Protocol::bgp));
        }
    }

    Prng random_;
    model::Picture picture_;
    std::shared_ptr<const config::Configuration> configuration_;
    std::optional<Members> members_;
    std::vector<model::ObjectRef> pending_;
    bool new_configuration_ = false;
    bool new_members_ = false;
    Planner planner_{Options{}};
    std::map<model::ServiceKey, VerdictPtr> told_;
};

TEST(RandomEdits, LeaveThePlannerAsAFreshOneWouldBe) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        World world(seed);
        for (int step = 0; step < 60; ++step) {
            SCOPED_TRACE("step " + std::to_string(step));
            world.step();
            if (testing::Test::HasFailure()) {
                return;
            }
        }
        world.tell();
    }
}

}  // namespace
}  // namespace ferro::plan
