// Why a service is, or is not, announced: one word that log, metric, event, explain and test share.
// The reasons are finer than MetalLB's; `metallb_word` gives the word that MetalLB would log when
// it withdraws.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferro::plan {

enum class Protocol : std::uint8_t { layer2, bgp };

/// "layer2" or "bgp": MetalLB's words.
const char* to_string(Protocol protocol);

/// The questions asked of a service, in the order of spec 3.3, 3.6 and 3.12.
enum class Gate : std::uint8_t {
    type,                 ///< is it a LoadBalancer service?
    load_balancer_class,  ///< is it ours to serve?
    configuration,        ///< is there a configuration yet?
    address,              ///< has the controller given it addresses that we can read?
    pool,                 ///< does one pool of the configuration hold them all?
    endpoints,            ///< does any endpoint serve?
    advertisement,        ///< does an advertisement of the pool match the service?
    sharing,              ///< may it share its address under these advertisements?
    conflict,             ///< do the advertisements agree on the local preference?
    nodes,                ///< is any covered node alive and eligible?
    local_endpoints,      ///< with externalTrafficPolicy Local: does an eligible node hold one?
    election,             ///< who answers?
    interfaces,           ///< does the owner have the interface? (asked by the owner alone)
};

const char* to_string(Gate gate);

enum class Reason : std::uint8_t {
    announced,  ///< the way is free
    service_deleted,
    not_load_balancer,
    other_load_balancer_class,
    no_configuration,
    no_ip_allocated,
    invalid_ip,
    ip_not_allowed,  ///< no pool holds all addresses
    load_balancer_ip_changed,
    no_serving_endpoint,
    no_advertisement,                  ///< the pool has none for this protocol
    no_advertisement_matches_service,  ///< its service selectors leave this service out
    no_advertisement_covers_node,      ///< its node selectors match no such node
    shared_ip_with_service_selector,
    conflicting_advertisements,
    node_not_member,  ///< not in the gossip, or not known at all
    node_network_unavailable,
    node_excluded,     ///< label node.kubernetes.io/exclude-from-external-load-balancers
    no_eligible_node,  ///< several of the node reasons together leave nobody
    no_local_endpoint,
    lost_election,  ///< another node is the owner
    interface_missing,
};

/// The enumerator's word.
const char* to_string(Reason reason);

/// MetalLB's word for withdrawing (spec 3.3, 3.6, 3.12); for interface_missing the word of its
/// event. Empty for `announced`.
std::string_view metallb_word(Reason reason, Protocol protocol);

}  // namespace ferro::plan
