#include "tests/core/plan/scene.h"

#include <utility>

namespace ferro::plan {

ip::Address address(const std::string& text) {
    return ip::Address::parse(text).value();
}

std::set<NodeName> nodes(std::initializer_list<const char*> names) {
    std::set<NodeName> result;
    for (const char* name : names) {
        result.emplace(name);
    }
    return result;
}

model::ServiceKey key(const std::string& name) {
    return model::ServiceKey{"default", name};
}

model::LabelSelector selector(const std::string& label, const std::string& value) {
    model::LabelSelector result;
    result.match_labels.emplace(label, value);
    return result;
}

std::vector<model::Endpoint> serving_on(std::initializer_list<const char*> node_names) {
    std::vector<model::Endpoint> endpoints;
    for (const char* name : node_names) {
        model::Endpoint endpoint;
        endpoint.addresses = {"10.244.0.1"};
        endpoint.ready = true;
        endpoint.node_name = name;
        endpoints.push_back(endpoint);
    }
    return endpoints;
}

config::L2Advertisement l2_advertisement(std::string name, std::set<NodeName> nodes) {
    config::L2Advertisement advertisement;
    advertisement.name = std::move(name);
    advertisement.nodes = std::move(nodes);
    return advertisement;
}

config::BgpAdvertisement bgp_advertisement(std::string name, std::set<NodeName> nodes) {
    config::BgpAdvertisement advertisement;
    advertisement.name = std::move(name);
    advertisement.nodes = std::move(nodes);
    return advertisement;
}

Scene::Scene(Options options) : planner(std::move(options)) {
    config::Pool pool;
    pool.name = PoolName("main");
    pool.prefixes = {ip::Prefix(address("10.0.0.0"), 24), ip::Prefix(address("2001:db8::"), 64)};
    pool.l2_advertisements = {l2_advertisement("l2", nodes({"node-a", "node-b", "node-c"}))};
    configuration.pools.emplace(pool.name, pool);
    configure();
    for (const char* name : {"node-a", "node-b", "node-c"}) {
        set_node(name, {});
    }
}

Changes Scene::put(model::Object object) {
    const auto shared = std::make_shared<const model::Object>(std::move(object));
    const model::ObjectRef ref = model::ref_of(*shared);
    picture.apply(model::Change{ref, shared});
    return planner.update(picture, std::span(&ref, 1));
}

Changes Scene::remove(model::Kind kind, const model::ObjectKey& object) {
    const model::ObjectRef ref{kind, object};
    picture.apply(model::Change{ref, nullptr});
    return planner.update(picture, std::span(&ref, 1));
}

Changes Scene::add_service(const std::string& name, const std::vector<std::string>& ips) {
    set_endpoints(name, serving_on({"node-a", "node-b", "node-c"}));
    model::Service made;
    made.meta.key = key(name);
    made.type = model::ServiceType::load_balancer;
    for (const std::string& ip : ips) {
        made.ingress.push_back(model::LoadBalancerIngress{ip, ""});
    }
    return put(made);
}

model::Service Scene::service(const std::string& name) const {
    return *picture.find<model::Service>(key(name));
}

Changes Scene::set_endpoints(const std::string& name, std::vector<model::Endpoint> endpoints) {
    model::EndpointSlice slice;
    slice.meta.key = model::ObjectKey{"default", name + "-1"};
    slice.service_name = name;
    slice.endpoints = std::move(endpoints);
    return put(slice);
}

Changes Scene::set_node(const std::string& name,
                        const model::Labels& labels,
                        std::optional<bool> network_unavailable) {
    model::Node node;
    node.meta.key.name = name;
    node.meta.labels = labels;
    node.network_unavailable = network_unavailable;
    return put(node);
}

Changes Scene::remove_node(const std::string& name) {
    return remove(model::Kind::node, model::ObjectKey{"", name});
}

Changes Scene::configure() {
    return planner.set_configuration(std::make_shared<const config::Configuration>(configuration));
}

Verdict Scene::verdict(const std::string& service) const {
    const VerdictPtr found = planner.verdict_of(key(service));
    return found == nullptr ? Verdict() : *found;
}

std::string Scene::owner(const std::string& service) const {
    const Verdict found = verdict(service);
    return found.layer2.owner == nullptr ? "nobody" : found.layer2.owner->value;
}

NodeVerdict Scene::view(const std::string& service, const char* node) const {
    return planner.verdict_for(key(service), NodeName(node)).value_or(NodeVerdict());
}

}  // namespace ferro::plan
