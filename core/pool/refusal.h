// Refusal: why a service has no address, or not the one it asks for. One enum word for logs,
// metrics and `explain`, MetalLB's text for events (spec 2.9), and the evidence as fields.
#pragma once

#include "core/base/ids.h"
#include "core/ip/address.h"
#include "core/model/objects.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ferro::pool {

enum class RefusalReason : std::uint8_t {
    no_free_address,      ///< automatic: no pool that this service may use has room
    pool_exhausted,       ///< the asked-for pool has no room for any family
    family_not_in_pool,   ///< the asked-for pool has room, but not in the service's family
    no_dual_stack_room,   ///< RequireDualStack, and the asked-for pool has not both families
    unknown_pool,         ///< the asked-for pool is not there
    pool_incompatible,    ///< the pool is pinned to other namespaces or services
    not_in_a_pool,        ///< no single pool contains all of the addresses
    too_many_addresses,   ///< more than two
    same_family_twice,    ///< two addresses of one family
    address_in_use,       ///< by services with which this one may not share
    port_in_use,          ///< it may share, but a port is taken on the address
    pool_mismatch,        ///< requested addresses lie in another pool than the one asked for
    request_invalid,      ///< the requested addresses do not parse, or are too many
    request_ambiguous,    ///< requested by annotation and by spec.loadBalancerIP at once
    request_family,       ///< requested families are not the service's
    not_enough_families,  ///< RequireDualStack without two clusterIPs
    families_unclear,     ///< clusterIPs that name no family (headless)
    no_cluster_ip,        ///< the service has no clusterIP (yet)
    no_pools,             ///< there is not one pool in the configuration
};

/// The enumerator's own word.
const char* to_string(RefusalReason reason);

struct Refusal {
    RefusalReason reason = RefusalReason::no_free_address;
    /// MetalLB's text of the cause, without the event's own beginning.
    std::string message;
    // Evidence, as far as the reason has it.
    std::optional<ip::Address> address;
    PoolName pool;
    std::vector<model::ServiceKey> blocking;  ///< who holds the address, in key order
    std::optional<model::ServicePort> port;
    friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// `["10.0.0.1" "fc00::1"]`: how Go prints a list of addresses with %q.
std::string quoted_list(const std::vector<ip::Address>& addresses);
std::string quoted_list(const std::vector<std::string>& texts);

// The refusals, each with MetalLB's wording.
Refusal refuse_no_free_address();
Refusal refuse_pool_exhausted(const PoolName& pool);
Refusal refuse_family_not_in_pool(const PoolName& pool, ip::Family family);
Refusal refuse_no_dual_stack_room(const PoolName& pool);
Refusal refuse_unknown_pool(const PoolName& pool);
Refusal refuse_pool_incompatible(const PoolName& pool);
Refusal refuse_not_in_a_pool(const std::vector<ip::Address>& addresses);
Refusal refuse_too_many_addresses(const std::vector<ip::Address>& addresses);
Refusal refuse_same_family_twice(const std::vector<ip::Address>& addresses);
Refusal refuse_address_in_use(const model::ServiceKey& service,
                              ip::Address address,
                              const PoolName& pool,
                              std::vector<model::ServiceKey> blocking);
Refusal refuse_port_in_use(model::ServicePort port,
                           ip::Address address,
                           const PoolName& pool,
                           const model::ServiceKey& holder);
Refusal refuse_pool_mismatch(const std::vector<ip::Address>& addresses,
                             const PoolName& holder,
                             const PoolName& asked);

}  // namespace ferro::pool
