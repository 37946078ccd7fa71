// Scene: a small cluster built by words, with a planner that is told each edit as it happens. It
// begins with nodes node-a, node-b, node-c, one pool "main" (10.0.0.0/24, 2001:db8::/64) that one
// L2Advertisement "l2" brings to all nodes, and no service.
#pragma once

#include "core/plan/plan.h"

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ferro::plan {

ip::Address address(const std::string& text);
std::set<NodeName> nodes(std::initializer_list<const char*> names);
model::ServiceKey key(const std::string& name);

/// "key=value"
model::LabelSelector selector(const std::string& label, const std::string& value);

/// Serving endpoints, one on each named node.
std::vector<model::Endpoint> serving_on(std::initializer_list<const char*> node_names);

config::L2Advertisement l2_advertisement(std::string name, std::set<NodeName> nodes);
config::BgpAdvertisement bgp_advertisement(std::string name, std::set<NodeName> nodes);

struct Scene {
    explicit Scene(Options options = {});

    // --- edits of the picture; each is told to the planner at once and returns what changed ---

    Changes put(model::Object object);
    Changes remove(model::Kind kind, const model::ObjectKey& object);

    /// A LoadBalancer service with these addresses and one serving endpoint on every node.
    Changes add_service(const std::string& name, const std::vector<std::string>& ips);

    /// The service as it stands, to be edited and put back.
    [[nodiscard]] model::Service service(const std::string& name) const;

    /// Replaces the endpoints of the service by one slice.
    Changes set_endpoints(const std::string& name, std::vector<model::Endpoint> endpoints);

    Changes set_node(const std::string& name,
                     const model::Labels& labels,
                     std::optional<bool> network_unavailable = std::nullopt);
    Changes remove_node(const std::string& name);

    // --- the configuration: edit `configuration`, then hand it over ---

    Changes configure();

    [[nodiscard]] config::Pool& main_pool() { return configuration.pools.at(PoolName("main")); }

    // --- answers ---

    [[nodiscard]] Verdict verdict(const std::string& service) const;

    /// The owner's name, or "nobody".
    [[nodiscard]] std::string owner(const std::string& service) const;

    [[nodiscard]] NodeVerdict view(const std::string& service, const char* node) const;

    model::Picture picture;
    config::Configuration configuration;
    Planner planner;
};

}  // namespace ferro::plan
