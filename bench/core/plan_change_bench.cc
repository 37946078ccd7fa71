// What one endpoint change costs the plan with 100, 1,000 and 10,000 services on 100 nodes: it must
// not depend on how many services there are. A sample is a service's only endpoint going and coming
// back, halved: applying the slice to the picture, and planning, which on the way back holds an
// election among all nodes. Services are picked at random, so caches are as cold as in life.
//
// Beside it, as notes: the first plan of everything, the loss of one node, and the memory of the
// plan.
#include "bench/support/report.h"
#include "core/base/prng.h"
#include "core/plan/plan.h"

#include <malloc.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace ferro {
namespace {

using Clock = std::chrono::steady_clock;

double micros_since(Clock::time_point start) {
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

std::size_t heap_bytes() {
    return mallinfo2().uordblks;
}

class Cluster {
  public:
    Cluster(std::size_t services, std::size_t nodes) {
        add_nodes(nodes);
        configure();
        for (std::size_t i = 0; i < services; ++i) {
            add_service(i);
        }
        const std::size_t heap_before = heap_bytes();
        const auto start = Clock::now();
        planner_.update(picture_, everything_);
        first_plan_us_ = micros_since(start);
        plan_bytes_ = heap_bytes() - heap_before;
    }

    /// One sample in microseconds for one change.
    double sample(Prng& random) {
        const auto& [off, on] = slices_[random.below(slices_.size())];
        const auto start = Clock::now();
        changed_ += tell(off);
        changed_ += tell(on);
        return micros_since(start) / 2;
    }

    /// Microseconds until every service of a lost node has another owner.
    double lose_one_member() {
        plan::Members all = members_;
        planner_.set_members(all);
        all.erase(all.begin());
        const auto start = Clock::now();
        moved_ = planner_.set_members(all).size();
        return micros_since(start);
    }

    [[nodiscard]] double first_plan_us() const { return first_plan_us_; }

    [[nodiscard]] std::size_t plan_bytes() const { return plan_bytes_; }

    [[nodiscard]] std::size_t changed() const { return changed_; }

    [[nodiscard]] std::size_t moved() const { return moved_; }

  private:
    void put(const model::ObjectPtr& object) {
        const model::ObjectRef ref = model::ref_of(*object);
        picture_.apply(model::Change{ref, object});
        everything_.push_back(ref);
    }

    void add_nodes(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            model::Node node;
            node.meta.key.name = "worker-" + std::to_string(i);
            members_.emplace(node.meta.key.name);
            put(std::make_shared<const model::Object>(node));
        }
    }

    void configure() {
        auto configuration = std::make_shared<config::Configuration>();
        config::Pool pool;
        pool.name = PoolName("main");
        pool.prefixes = {ip::Prefix(ip::Address::from_ipv4(0x0A000000), 16)};
        config::L2Advertisement advertisement;
        advertisement.name = "l2";
        advertisement.nodes = members_;
        pool.l2_advertisements.push_back(advertisement);
        configuration->pools.emplace(pool.name, pool);
        planner_.set_configuration(configuration);
    }

    void add_service(std::size_t i) {
        model::Service service;
        service.meta.key = {"production", "service-" + std::to_string(i)};
        service.type = model::ServiceType::load_balancer;
        const auto ip = ip::Address::from_ipv4(0x0A000000 + static_cast<std::uint32_t>(i));
        service.ingress.push_back({ip.to_string(), ""});
        put(std::make_shared<const model::Object>(service));

        model::EndpointSlice slice;
        slice.meta.key = {"production", service.meta.key.name + "-abcde"};
        slice.service_name = service.meta.key.name;
        slice.endpoints.resize(1);
        slice.endpoints[0].addresses = {"10.244.1.1"};
        slice.endpoints[0].node_name = "worker-" + std::to_string(i % members_.size());
        slice.endpoints[0].ready = false;
        auto off = std::make_shared<const model::Object>(slice);
        slice.endpoints[0].ready = true;
        auto on = std::make_shared<const model::Object>(slice);
        put(on);
        slices_.emplace_back(std::move(off), std::move(on));
    }

    std::size_t tell(const model::ObjectPtr& slice) {
        const model::ObjectRef ref = model::ref_of(*slice);
        picture_.apply(model::Change{ref, slice});
        return planner_.update(picture_, std::span(&ref, 1)).size();
    }

    model::Picture picture_;
    plan::Planner planner_{plan::Options{}};
    plan::Members members_;
    std::vector<model::ObjectRef> everything_;
    std::vector<std::pair<model::ObjectPtr, model::ObjectPtr>> slices_;
    double first_plan_us_ = 0;
    std::size_t plan_bytes_ = 0;
    std::size_t changed_ = 0;
    std::size_t moved_ = 0;
};

void run(bench::Report& report) {
    constexpr std::array<std::size_t, 3> kSizes{100, 1000, 10000};
    const std::size_t nodes = report.quick() ? 3 : 100;
    const std::size_t samples = report.quick() ? 5 : 4000;
    double at_100 = 0;
    for (const std::size_t size : kSizes) {
        const std::size_t services = report.quick() ? size / 100 + 1 : size;
        Cluster cluster(services, nodes);
        Prng random(size);
        std::vector<double> times;
        times.reserve(samples);
        for (std::size_t i = 0; i < samples; ++i) {
            times.push_back(cluster.sample(random));
        }
        const bench::Summary summary = bench::summarise(std::move(times));
        at_100 = size == 100 ? summary.median : at_100;
        report.add({.bench = "plan_change",
                    .metric = "change_us/" + std::to_string(size),
                    .value = summary.median,
                    .unit = "us",
                    .reference = "the same at 100",
                    .reference_value = at_100,
                    .n = samples});
        const double lost_us = cluster.lose_one_member();
        std::array<char, 256> text{};
        std::snprintf(text.data(),
                      text.size(),
                      "%zu services, %zu nodes: quartiles %.1f..%.1f us, %zu changes; first plan "
                      "%.1f ms, %zu bytes a service; a lost node: %zu moved in %.2f ms",
                      services,
                      nodes,
                      summary.low,
                      summary.high,
                      cluster.changed(),
                      cluster.first_plan_us() / 1000,
                      cluster.plan_bytes() / services,
                      cluster.moved(),
                      lost_us / 1000);
        report.note(text.data());
    }
}

}  // namespace
}  // namespace ferro

int main(int argc, char** argv) {
    ferro::bench::Report report(argc, argv);
    ferro::run(report);
    return 0;
}
