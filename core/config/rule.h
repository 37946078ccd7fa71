// Rule: the words for what core/config finds. An error refuses the whole configuration; a warning
// or an info accepts it and says what will surprise. The word of an enumerator is what tests,
// metrics, logs and `ferroctl findings` show, so it is stable.
#pragma once

#include <cstdint>

namespace ferro::config {

enum class Rule : std::uint8_t {
    // Errors, in the order of spec section 8.
    // 8.1: what the native BGP mode cannot do.
    native_bfd_profile,
    native_keepalive_time,
    native_peer_field,  ///< vrf, connectTime, dynamicASN ..: the field says which
    native_bfd_profile_object,
    native_ipv6_pool,
    native_large_community,
    // 8.1: what one FRR instance cannot do for two peers of one node.
    router_id_mismatch,
    duplicate_peer,
    asn_mismatch,
    // 8.2
    bfd_value_out_of_range,
    // 8.3
    missing_my_asn,
    missing_peer_asn,
    asn_and_dynamic_asn,
    invalid_dynamic_asn,
    multi_hop_needs_ebgp,
    missing_peer_address,
    address_and_interface,
    invalid_peer_timers,
    connect_time_out_of_range,
    peer_port_out_of_range,
    invalid_peer_address,
    invalid_router_id,
    invalid_source_address,
    two_passwords,
    unknown_bfd_profile,
    // 8.5
    invalid_community,
    duplicate_community,
    // 8.4
    no_addresses,
    invalid_addresses,
    pool_overlap,
    // 8.6, and lists and selectors everywhere
    duplicate_entry,
    duplicate_selector,
    invalid_selector,
    preference_weight_out_of_range,
    selectors_and_aggregation,
    aggregation_length_out_of_range,
    aggregation_too_coarse,
    unknown_community,
    local_pref_conflict,
    // 8.7
    bfd_echo_with_ipv6,

    // Warnings and infos: MetalLB accepts these in silence.
    foreign_namespace,
    empty_mixed_range,
    pool_not_advertised,
    pool_contains_node_address,
    namespace_selector_matches_nothing,
    unknown_pool,
    pool_selector_matches_nothing,
    node_selector_matches_nothing,
    unknown_peer,
    deprecated_field,
};

/// The enumerator's own word.
const char* to_string(Rule rule);

}  // namespace ferro::config
