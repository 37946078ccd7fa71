#include "tests/sim/reference_election.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace ferro::sim::reference {
namespace {

using model::L2Advertisement;

bool any(const std::vector<model::LabelSelector>& selectors, const model::Labels& labels) {
    bool yes = false;
    for (const model::LabelSelector& selector : selectors) {
        yes = yes || selector.matches(labels);
    }
    return yes;
}

bool brings(const L2Advertisement& ad, const model::IpAddressPool& pool) {
    if (ad.ip_address_pools.empty() && ad.ip_address_pool_selectors.empty()) {
        return true;
    }
    const auto& names = ad.ip_address_pools;
    return std::find(names.begin(), names.end(), pool.meta.key.name) != names.end() ||
           any(ad.ip_address_pool_selectors, pool.meta.labels);
}

bool covers(const L2Advertisement& ad, const model::Node& node) {
    return ad.node_selectors.empty() || any(ad.node_selectors, node.meta.labels);
}

const Pool* pool_of(const Pools& pools, const model::Service& service) {
    for (const Pool& pool : pools) {
        bool all = !service.ingress.empty();
        for (const model::LoadBalancerIngress& ingress : service.ingress) {
            const auto address = ip::Address::parse(ingress.ip);
            all = all && address && pool.contains(*address);
        }
        if (all) {
            return &pool;
        }
    }
    return nullptr;
}

/// Nodes with a serving endpoint, and "" for one without a node.
std::set<std::string> serving_nodes(const model::Picture& picture, const model::Service& service) {
    std::set<std::string> nodes;
    for (const auto& [key, slice] : picture.all<model::EndpointSlice>()) {
        if (key.namespace_name != service.meta.key.namespace_name ||
            slice->service_name != service.meta.key.name) {
            continue;
        }
        for (const model::Endpoint& endpoint : slice->endpoints) {
            const bool serves =
                !endpoint.ready || *endpoint.ready || (endpoint.serving && *endpoint.serving);
            if (serves) {
                nodes.insert(endpoint.node_name ? *endpoint.node_name : "");
            }
        }
    }
    return nodes;
}

std::string digest(const std::string& text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> out{};
    std::vector<unsigned char> in(text.begin(), text.end());
    SHA256(in.data(), in.size(), out.data());
    return {out.begin(), out.end()};
}

bool may_announce(const model::Node& node) {
    return node.network_unavailable != std::optional(true) &&
           node.meta.labels.count("node.kubernetes.io/exclude-from-external-load-balancers") == 0;
}

struct Runner {
    std::string name;
    int score = 0;
    std::string hash;
    Announcement announcement;
};

}  // namespace

bool is_valid(const model::Picture& picture) {
    if (!read_pools(picture)) {
        return false;
    }
    for (const auto& [key, ad] : picture.all<L2Advertisement>()) {
        const std::set<std::string> names(ad->ip_address_pools.begin(), ad->ip_address_pools.end());
        if (names.size() != ad->ip_address_pools.size()) {
            return false;
        }
    }
    return true;
}

bool has_pool(const Pools& pools, const model::Service& service) {
    return pool_of(pools, service) != nullptr;
}

Announcement announce(const model::Picture& picture,
                      const model::Picture& configuration,
                      const Pools& pools,
                      const model::Service& service) {
    const std::set<std::string> serving = serving_nodes(picture, service);
    const Pool* pool = pool_of(pools, service);
    if (service.type != model::ServiceType::load_balancer || pool == nullptr || serving.empty()) {
        return {};
    }
    const auto object = configuration.find<model::IpAddressPool>({"metallb-system", pool->name});
    std::vector<const L2Advertisement*> ads;
    bool selective = false;
    for (const auto& [key, ad] : configuration.all<L2Advertisement>()) {
        const bool chosen =
            ad->service_selectors.empty() || any(ad->service_selectors, service.meta.labels);
        if (brings(*ad, *object) && chosen) {
            ads.push_back(ad.get());
            selective = selective || !ad->service_selectors.empty();
        }
    }
    const bool shares = service.meta.annotations.count("metallb.io/allow-shared-ip") != 0 ||
                        service.meta.annotations.count("metallb.universe.tf/allow-shared-ip") != 0;
    if (selective && shares) {
        return {};
    }
    std::vector<Runner> runners;
    for (const auto& [key, node] : picture.all<model::Node>()) {
        // What advertisements say of nodes was settled with the configuration.
        const auto known = configuration.find<model::Node>(key);
        const bool local = service.external_traffic_policy == model::TrafficPolicy::local;
        if (known == nullptr || !may_announce(*node) || (local && serving.count(key.name) == 0)) {
            continue;
        }
        Runner runner{
            key.name, 0, digest(key.name + "#" + service.ingress[0].ip), {key.name, false, {}}};
        bool covered = false;
        for (const L2Advertisement* ad : ads) {
            if (!covers(*ad, *known)) {
                continue;
            }
            covered = true;
            for (const model::NodePreference& preference : ad->preferred_node_selectors) {
                runner.score +=
                    preference.preference.matches(known->meta.labels) ? preference.weight : 0;
            }
            runner.announcement.all_interfaces |= ad->interfaces.empty();
            runner.announcement.interfaces.insert(ad->interfaces.begin(), ad->interfaces.end());
        }
        if (runner.announcement.all_interfaces) {
            runner.announcement.interfaces.clear();
        }
        if (covered) {
            runners.push_back(runner);
        }
    }
    std::sort(runners.begin(), runners.end(), [](const Runner& a, const Runner& b) {
        return a.score != b.score ? a.score > b.score : a.hash < b.hash;
    });
    return runners.empty() ? Announcement{} : runners[0].announcement;
}

}  // namespace ferro::sim::reference
