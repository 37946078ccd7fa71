#include "core/pool/refusal.h"

#include <utility>

namespace ferro::pool {
namespace {

Refusal refuse(RefusalReason reason, std::string message) {
    Refusal refusal;
    refusal.reason = reason;
    refusal.message = std::move(message);
    return refusal;
}

Refusal refuse_by_pool(RefusalReason reason, const PoolName& pool, std::string message) {
    Refusal refusal = refuse(reason, std::move(message));
    refusal.pool = pool;
    return refusal;
}

}  // namespace

const char* to_string(RefusalReason reason) {
    switch (reason) {
        case RefusalReason::no_free_address:
            return "no_free_address";
        case RefusalReason::pool_exhausted:
            return "pool_exhausted";
        case RefusalReason::family_not_in_pool:
            return "family_not_in_pool";
        case RefusalReason::no_dual_stack_room:
            return "no_dual_stack_room";
        case RefusalReason::unknown_pool:
            return "unknown_pool";
        case RefusalReason::pool_incompatible:
            return "pool_incompatible";
        case RefusalReason::not_in_a_pool:
            return "not_in_a_pool";
        case RefusalReason::too_many_addresses:
            return "too_many_addresses";
        case RefusalReason::same_family_twice:
            return "same_family_twice";
        case RefusalReason::address_in_use:
            return "address_in_use";
        case RefusalReason::port_in_use:
            return "port_in_use";
        case RefusalReason::pool_mismatch:
            return "pool_mismatch";
        case RefusalReason::request_invalid:
            return "request_invalid";
        case RefusalReason::request_ambiguous:
            return "request_ambiguous";
        case RefusalReason::request_family:
            return "request_family";
        case RefusalReason::not_enough_families:
            return "not_enough_families";
        case RefusalReason::families_unclear:
            return "families_unclear";
        case RefusalReason::no_cluster_ip:
            return "no_cluster_ip";
        case RefusalReason::no_pools:
            return "no_pools";
    }
    return "no_free_address";
}

std::string quoted_list(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const std::string& text : texts) {
        out += (out.size() > 1 ? " \"" : "\"") + text + "\"";
    }
    return out + "]";
}

std::string quoted_list(const std::vector<ip::Address>& addresses) {
    std::vector<std::string> texts;
    for (const ip::Address address : addresses) {
        texts.push_back(address.to_string());
    }
    return quoted_list(texts);
}

Refusal refuse_no_free_address() {
    return refuse(RefusalReason::no_free_address, "no available IPs");
}

Refusal refuse_pool_exhausted(const PoolName& pool) {
    return refuse_by_pool(
        RefusalReason::pool_exhausted, pool, "no available IPs in pool " + pool.value);
}

Refusal refuse_family_not_in_pool(const PoolName& pool, ip::Family family) {
    // MetalLB says `["<nil>"] is not allowed in config` here, by accident.
    return refuse_by_pool(
        RefusalReason::family_not_in_pool,
        pool,
        "no available IPs in pool " + pool.value + " for " + ip::to_string(family) + " IPFamily");
}

Refusal refuse_no_dual_stack_room(const PoolName& pool) {
    return refuse_by_pool(RefusalReason::no_dual_stack_room,
                          pool,
                          "no available IPs in pool " + pool.value + " for dual IPFamily");
}

Refusal refuse_unknown_pool(const PoolName& pool) {
    return refuse_by_pool(RefusalReason::unknown_pool, pool, "unknown pool \"" + pool.value + "\"");
}

Refusal refuse_pool_incompatible(const PoolName& pool) {
    return refuse_by_pool(RefusalReason::pool_incompatible,
                          pool,
                          "pool " + pool.value + " not compatible for ip assignment");
}

Refusal refuse_not_in_a_pool(const std::vector<ip::Address>& addresses) {
    Refusal refusal =
        refuse(RefusalReason::not_in_a_pool, quoted_list(addresses) + " is not allowed in config");
    if (!addresses.empty()) {
        refusal.address = addresses.front();
    }
    return refusal;
}

Refusal refuse_too_many_addresses(const std::vector<ip::Address>& addresses) {
    return refuse(RefusalReason::too_many_addresses,
                  "more than two addresses " + quoted_list(addresses));
}

Refusal refuse_same_family_twice(const std::vector<ip::Address>& addresses) {
    return refuse(RefusalReason::same_family_twice,
                  quoted_list(addresses) + " has the same family");
}

Refusal refuse_address_in_use(const model::ServiceKey& service,
                              ip::Address address,
                              const PoolName& pool,
                              std::vector<model::ServiceKey> blocking) {
    std::string others;
    for (const model::ServiceKey& other : blocking) {
        others += (others.empty() ? "" : ",") + other.to_string();
    }
    Refusal refusal = refuse_by_pool(RefusalReason::address_in_use,
                                     pool,
                                     "can't change sharing key for \"" + service.to_string() +
                                         "\", address also in use by " + others);
    refusal.address = address;
    refusal.blocking = std::move(blocking);
    return refusal;
}

Refusal refuse_port_in_use(model::ServicePort port,
                           ip::Address address,
                           const PoolName& pool,
                           const model::ServiceKey& holder) {
    Refusal refusal = refuse_by_pool(RefusalReason::port_in_use,
                                     pool,
                                     "port " + port.protocol + "/" + std::to_string(port.port) +
                                         " is already in use on \"" + address.to_string() + "\"");
    refusal.address = address;
    refusal.blocking = {holder};
    refusal.port = std::move(port);
    return refusal;
}

Refusal refuse_pool_mismatch(const std::vector<ip::Address>& addresses,
                             const PoolName& holder,
                             const PoolName& asked) {
    Refusal refusal =
        refuse_by_pool(RefusalReason::pool_mismatch,
                       holder,
                       "requested loadBalancer IP(s) " + quoted_list(addresses) +
                           " is not compatible with requested address pool " + asked.value);
    if (!addresses.empty()) {
        refusal.address = addresses.front();
    }
    return refusal;
}

}  // namespace ferro::pool
