// What MetalLB accepts in silence and its users stumble over: warnings and infos.
#include "core/config/checks.h"
#include "core/ip/prefix.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace ferro::config {
namespace {

template <typename T>
bool any_chooses(const Objects<T>& advertisements, const model::IpAddressPool& pool) {
    return std::any_of(advertisements.begin(), advertisements.end(), [&](const auto& object) {
        return chooses_pool(*object, pool.meta.key.name, pool.meta.labels);
    });
}

template <typename T>
bool any_has_labels(const Objects<T>& objects, const model::LabelSelector& selector) {
    return std::any_of(objects.begin(), objects.end(), [&](const auto& object) {
        return selector.matches(object->meta.labels);
    });
}

void hint_empty_ranges(const model::IpAddressPool& pool, Report& report) {
    for (std::size_t i = 0; i < pool.addresses.size(); ++i) {
        const auto prefixes = ip::parse_pool_item(pool.addresses[i]);
        if (prefixes && prefixes->empty()) {
            report.warning(Rule::empty_mixed_range,
                           {ref_to(pool),
                            indexed("spec.addresses", i),
                            "range " + quoted(pool.addresses[i]) +
                                " runs from one address family to the other and holds no address",
                            "write one range for each family"});
        }
    }
}

void hint_namespaces(const model::IpAddressPool& pool,
                     const Objects<model::Namespace>& namespaces,
                     Report& report) {
    if (!pool.service_allocation) {
        return;
    }
    const model::ServiceAllocation& allocation = *pool.service_allocation;
    bool any_matches = false;
    for (const model::LabelSelector& selector : allocation.namespace_selectors) {
        any_matches = any_matches || any_has_labels(namespaces, selector);
    }
    const bool open =
        !any_matches && allocation.namespaces.empty() && allocation.service_selectors.empty();
    for (std::size_t i = 0; i < allocation.namespace_selectors.size(); ++i) {
        if (any_has_labels(namespaces, allocation.namespace_selectors[i])) {
            continue;
        }
        report.warning(Rule::namespace_selector_matches_nothing,
                       {ref_to(pool),
                        indexed("spec.serviceAllocation.namespaceSelectors", i),
                        "selector " + quoted(allocation.namespace_selectors[i].to_string()) +
                            " matches no namespace" +
                            (open ? ", so every namespace may request the pool by name" : ""),
                        "label the namespaces meant, or list them in "
                        "serviceAllocation.namespaces"});
    }
}

void hint_unadvertised(const Input& input, const model::IpAddressPool& pool, Report& report) {
    if (any_chooses(input.l2_advertisements, pool) || any_chooses(input.bgp_advertisements, pool) ||
        any_chooses(input.bgp_advertisements_elsewhere, pool)) {
        return;
    }
    report.warning(Rule::pool_not_advertised,
                   {ref_to(pool),
                    "",
                    "no advertisement names pool " + quoted(pool.meta.key.name) +
                        ": its addresses are given to services and announced by nobody",
                    "create an L2Advertisement naming it (spec.ipAddressPools: [" +
                        pool.meta.key.name + "])"});
}

/// "spec.addresses[i]" of the item that holds the address.
std::string item_with(const model::IpAddressPool& pool, ip::Address address) {
    for (std::size_t i = 0; i < pool.addresses.size(); ++i) {
        const auto prefixes = ip::parse_pool_item(pool.addresses[i]);
        if (prefixes &&
            std::any_of(prefixes->begin(), prefixes->end(), [&](const ip::Prefix& prefix) {
                return prefix.contains(address);
            })) {
            return indexed("spec.addresses", i);
        }
    }
    return "spec.addresses";
}

void hint_node_addresses(const Input& input, const Configuration& configuration, Report& report) {
    for (const auto& node : input.nodes) {
        for (const std::string& text : node->internal_ips) {
            const auto address = ip::Address::parse(text);
            const Pool* const pool = address ? configuration.pool_of({*address}) : nullptr;
            if (pool == nullptr) {
                continue;
            }
            const auto object =
                std::find_if(input.pools.begin(), input.pools.end(), [&](const auto& candidate) {
                    return candidate->meta.key.name == pool->name.value;
                });
            report.warning(Rule::pool_contains_node_address,
                           {ref_to(**object),
                            item_with(**object, *address),
                            "address " + text + " of node " + quoted(node->meta.key.name) +
                                " is in pool " + quoted(pool->name.value),
                            "take the addresses of nodes out of the pool: a service that gets one "
                            "takes it from the node"});
        }
    }
}

template <typename T>
void hint_pool_choice(const Input& input, const T& object, Report& report) {
    for (std::size_t i = 0; i < object.ip_address_pools.size(); ++i) {
        const std::string& name = object.ip_address_pools[i];
        const bool known =
            std::any_of(input.pools.begin(), input.pools.end(), [&](const auto& pool) {
                return pool->meta.key.name == name;
            });
        if (!known) {
            report.warning(Rule::unknown_pool,
                           {ref_to(object),
                            indexed("spec.ipAddressPools", i),
                            "there is no IPAddressPool " + quoted(name),
                            "create the pool, or correct the name"});
        }
    }
    for (std::size_t i = 0; i < object.ip_address_pool_selectors.size(); ++i) {
        if (!any_has_labels(input.pools, object.ip_address_pool_selectors[i])) {
            report.warning(Rule::pool_selector_matches_nothing,
                           {ref_to(object),
                            indexed("spec.ipAddressPoolSelectors", i),
                            "selector " + quoted(object.ip_address_pool_selectors[i].to_string()) +
                                " matches no IPAddressPool",
                            "label the pools meant, or name them in spec.ipAddressPools"});
        }
    }
}

template <typename T>
void hint_nodes(const Input& input, const T& object, Report& report) {
    // Without any node nothing can match: that says more about the picture than about the object.
    for (std::size_t i = 0; !input.nodes.empty() && i < object.node_selectors.size(); ++i) {
        if (!any_has_labels(input.nodes, object.node_selectors[i])) {
            report.warning(
                Rule::node_selector_matches_nothing,
                {ref_to(object),
                 indexed("spec.nodeSelectors", i),
                 "selector " + quoted(object.node_selectors[i].to_string()) + " matches no node",
                 "label the nodes meant, or correct the selector"});
        }
    }
}

void hint_peers(const Input& input, const model::BgpAdvertisement& object, Report& report) {
    std::set<std::string_view> known;
    for (const auto* const peers : {&input.peers, &input.peers_elsewhere}) {
        for (const auto& peer : *peers) {
            known.insert(peer->meta.key.name);
        }
    }
    for (std::size_t i = 0; i < object.peers.size(); ++i) {
        if (!known.contains(object.peers[i])) {
            report.warning(Rule::unknown_peer,
                           {ref_to(object),
                            indexed("spec.peers", i),
                            "there is no BGPPeer " + quoted(object.peers[i]),
                            "create the peer, or correct the name"});
        }
    }
}

void hint_peer(const Input& input, const model::BgpPeer& peer, Report& report) {
    hint_nodes(input, peer, report);
    if (peer.disable_mp) {
        report.info(Rule::deprecated_field,
                    {ref_to(peer),
                     "spec.disableMP",
                     "disable mp is deprecated and has no effect",
                     "remove the field"});
    }
}

}  // namespace

void add_hints(const Input& input,
               const Configuration& configuration,
               Scope scope,
               Report& report) {
    for (const auto& pool : input.pools) {
        hint_empty_ranges(*pool, report);
        hint_namespaces(*pool, input.namespaces, report);
        if (scope == Scope::everything) {
            hint_unadvertised(input, *pool, report);
        }
    }
    hint_node_addresses(input, configuration, report);
    for (const auto& object : input.l2_advertisements) {
        hint_pool_choice(input, *object, report);
        hint_nodes(input, *object, report);
    }
    for (const auto& object : input.bgp_advertisements) {
        hint_pool_choice(input, *object, report);
        hint_nodes(input, *object, report);
        hint_peers(input, *object, report);
    }
    for (const auto& peer : input.peers) {
        hint_peer(input, *peer, report);
    }
}

}  // namespace ferro::config
