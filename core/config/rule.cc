#include "core/config/rule.h"

#include <array>
#include <cstddef>

namespace ferro::config {
namespace {

/// In the order of the enumerators.
constexpr std::array kWords{
    "native_bfd_profile",
    "native_keepalive_time",
    "native_peer_field",
    "native_bfd_profile_object",
    "native_ipv6_pool",
    "native_large_community",
    "router_id_mismatch",
    "duplicate_peer",
    "asn_mismatch",
    "bfd_value_out_of_range",
    "missing_my_asn",
    "missing_peer_asn",
    "asn_and_dynamic_asn",
    "invalid_dynamic_asn",
    "multi_hop_needs_ebgp",
    "missing_peer_address",
    "address_and_interface",
    "invalid_peer_timers",
    "connect_time_out_of_range",
    "peer_port_out_of_range",
    "invalid_peer_address",
    "invalid_router_id",
    "invalid_source_address",
    "two_passwords",
    "unknown_bfd_profile",
    "invalid_community",
    "duplicate_community",
    "no_addresses",
    "invalid_addresses",
    "pool_overlap",
    "duplicate_entry",
    "duplicate_selector",
    "invalid_selector",
    "preference_weight_out_of_range",
    "selectors_and_aggregation",
    "aggregation_length_out_of_range",
    "aggregation_too_coarse",
    "unknown_community",
    "local_pref_conflict",
    "bfd_echo_with_ipv6",
    "foreign_namespace",
    "empty_mixed_range",
    "pool_not_advertised",
    "pool_contains_node_address",
    "namespace_selector_matches_nothing",
    "unknown_pool",
    "pool_selector_matches_nothing",
    "node_selector_matches_nothing",
    "unknown_peer",
    "deprecated_field",
};

static_assert(kWords.size() == static_cast<std::size_t>(Rule::deprecated_field) + 1,
              "each rule has its word");

}  // namespace

const char* to_string(Rule rule) {
    return kWords.at(static_cast<std::size_t>(rule));
}

}  // namespace ferro::config
