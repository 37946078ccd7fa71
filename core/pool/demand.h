// Demand: what the allocator has to know about a service, read off the object once: families,
// policy and the keys by which addresses are shared (spec 2.7 "Keys").
#pragma once

#include "core/ip/address.h"
#include "core/model/objects.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ferro::pool {

/// The families of one service.
enum class Families : std::uint8_t { ipv4, ipv6, dual };

/// "ipv4", "ipv6", "dual": MetalLB's words.
const char* to_string(Families families);

constexpr Families families_of(ip::Family family) {
    return family == ip::Family::ipv4 ? Families::ipv4 : Families::ipv6;
}

/// One address, or two of different families; anything else is nothing.
std::optional<Families> families_of(const std::vector<ip::Address>& addresses);

struct Demand {
    /// Its key, labels and ports are read through this: the service must outlive the demand.
    const model::Service* service = nullptr;
    Families families = Families::ipv4;
    model::IpFamilyPolicy policy = model::IpFamilyPolicy::single_stack;
    ip::Family primary = ip::Family::ipv4;  ///< spec.ipFamilies[0], or IPv4
    /// Sharing key and backend key in one text; empty when the service shares with nobody. Two
    /// services may share exactly when both texts are non-empty and equal.
    std::string sharing_terms;

    [[nodiscard]] const model::ServiceKey& key() const { return service->meta.key; }
};

/// The demand of `service` for these families.
Demand demand_of(const model::Service& service, Families families);

/// Sharing key and backend key (for the policy Local its selector, else nothing) in one text. Empty
/// when the service has no sharing key.
std::string sharing_terms_of(const model::Service& service);

}  // namespace ferro::pool
