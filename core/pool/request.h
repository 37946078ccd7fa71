// What a service asks for: its families, addresses requested by annotation or spec.loadBalancerIP,
// and a pool by name (spec 2.5 steps 3 to 6, 2.6).
#pragma once

#include "core/ip/address.h"
#include "core/model/objects.h"
#include "core/pool/demand.h"
#include "core/pool/refusal.h"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace ferro::pool {

/// What says which families a service has.
enum class ClusterIps : std::uint8_t {
    required,          ///< only spec.clusterIPs: there is a cluster that assigns them
    families_suffice,  ///< without clusterIPs, spec.ipFamilies and the policy: a manifest folder
};

/// The families of a service. With `families_suffice` and no clusterIPs: RequireDualStack and
/// PreferDualStack have both, else the first of spec.ipFamilies, else IPv4. Errors: no_cluster_ip,
/// not_enough_families (RequireDualStack with one clusterIP), families_unclear ("None").
tl::expected<Families, Refusal> families_of(const model::Service& service, ClusterIps cluster_ips);

/// The requested addresses; empty when none are requested. Two are ordered by their texts: MetalLB
/// writes them in the annotation's order at first and so at its next look (quirk Q5), and the first
/// one decides the election. Errors: request_ambiguous, request_invalid, request_family.
tl::expected<std::vector<ip::Address>, Refusal> requested_addresses(const model::Service& service,
                                                                    Families families);

/// The pool of the annotation address-pool, unless absent or empty.
std::optional<PoolName> requested_pool(const model::Service& service);

/// Puts addresses in the order of their texts.
void sort_by_text(std::vector<ip::Address>& addresses);

}  // namespace ferro::pool
