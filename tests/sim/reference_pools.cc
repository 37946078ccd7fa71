#include "tests/sim/reference_pools.h"

#include <algorithm>
#include <cstdlib>

namespace ferro::sim::reference {
namespace {

/// "a-b" or "a/n", expanded; nothing when the text is neither. A range over two families is empty.
std::optional<Addresses> expand(const std::string& item) {
    Addresses out;
    const std::size_t dash = item.find('-');
    if (dash != std::string::npos) {
        const auto first = ip::Address::parse(item.substr(0, dash));
        const auto last = ip::Address::parse(item.substr(dash + 1));
        if (!first || !last || *last < *first) {
            return std::nullopt;
        }
        for (ip::Address at = *first; at.family() == last->family() && at <= *last;
             at = *at.successor()) {
            out.push_back(at);
        }
        return out;
    }
    const std::size_t slash = item.find('/');
    if (slash == std::string::npos) {
        return std::nullopt;
    }
    const auto first = ip::Address::parse(item.substr(0, slash));
    if (!first) {
        return std::nullopt;
    }
    const unsigned bits = first->is_ipv4() ? 32 : 128;
    const unsigned long length = std::strtoul(item.c_str() + slash + 1, nullptr, 10);
    ip::Address at = *first;
    for (unsigned long i = 0; i < (1UL << (bits - length)); ++i) {
        out.push_back(at);
        at = *at.successor();
    }
    return out;
}

/// Under the modern name if it is there at all, else under the old one.
std::string note(const model::Service& service, const std::string& name) {
    for (const char* prefix : {"metallb.io/", "metallb.universe.tf/"}) {
        const auto found = service.meta.annotations.find(prefix + name);
        if (found != service.meta.annotations.end()) {
            return found->second;
        }
    }
    return "";
}

std::string backend_of(const model::Service& service) {
    std::string text;
    if (service.external_traffic_policy == model::TrafficPolicy::local) {
        for (const auto& [key, value] : service.selector) {
            text += key + "=" + value + ",";
        }
    }
    return text;
}

bool selected(const std::vector<model::LabelSelector>& selectors, const model::Labels& labels) {
    bool any = false;
    for (const model::LabelSelector& selector : selectors) {
        any = any || selector.matches(labels);
    }
    return any;
}

bool compatible(const Pool& pool, const model::Service& service) {
    if (!pool.pin) {
        return true;
    }
    const bool here = pool.pin->namespaces.empty() ||
                      pool.pin->namespaces.count(service.meta.key.namespace_name) != 0;
    const bool chosen = pool.pin->service_selectors.empty() ||
                        selected(pool.pin->service_selectors, service.meta.labels);
    return here && chosen;
}

/// Its pin may give to the service without being asked for.
bool pinned_to(const Pool& pool, const model::Service& service) {
    const Pin& pin = *pool.pin;
    const bool by_namespace = pin.namespaces.count(service.meta.key.namespace_name) != 0;
    const bool to_everybody =
        pin.namespaces.empty() && !pin.has_namespace_selectors && pin.service_selectors.empty();
    const bool named = by_namespace || !pin.service_selectors.empty() || to_everybody;
    return named && compatible(pool, service);
}

}  // namespace

bool Pool::contains(ip::Address address) const {
    return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

bool Pool::offers(ip::Address address) const {
    const unsigned last_octet = address.ipv4() & 0xFFU;
    const bool buggy = address.is_ipv4() && (last_octet == 0 || last_octet == 255);
    return contains(address) && !(avoid_buggy_ips && buggy);
}

std::optional<Pools> read_pools(const model::Picture& picture) {
    Pools pools;
    std::set<ip::Address> seen;
    for (const auto& [key, object] : picture.all<model::IpAddressPool>()) {
        Pool pool;
        pool.name = key.name;
        pool.auto_assign = object->auto_assign;
        pool.avoid_buggy_ips = object->avoid_buggy_ips;
        if (object->addresses.empty()) {
            return std::nullopt;
        }
        for (const std::string& item : object->addresses) {
            const auto addresses = expand(item);
            if (!addresses) {
                return std::nullopt;
            }
            for (const ip::Address address : *addresses) {
                if (!seen.insert(address).second) {
                    return std::nullopt;
                }
                pool.addresses.push_back(address);
            }
        }
        if (object->service_allocation) {
            const model::ServiceAllocation& given = *object->service_allocation;
            Pin pin;
            pin.priority = given.priority;
            pin.namespaces.insert(given.namespaces.begin(), given.namespaces.end());
            pin.has_namespace_selectors = !given.namespace_selectors.empty();
            pin.service_selectors = given.service_selectors;
            for (const auto& [name, space] : picture.all<model::Namespace>()) {
                if (selected(given.namespace_selectors, space->meta.labels)) {
                    pin.namespaces.insert(name.name);
                }
            }
            pool.pin = pin;
        }
        pools.push_back(pool);
    }
    return pools;
}

bool may_share(const model::Service& a, const model::Service& b) {
    const std::string key = note(a, "allow-shared-ip");
    if (key.empty() || key != note(b, "allow-shared-ip") || backend_of(a) != backend_of(b)) {
        return false;
    }
    for (const model::ServicePort& one : a.ports) {
        for (const model::ServicePort& other : b.ports) {
            if (one.protocol == other.protocol && one.port == other.port) {
                return false;
            }
        }
    }
    return true;
}

Rules::Wants Rules::wants(const model::Service& service) const {
    const bool single = service.ip_family_policy == model::IpFamilyPolicy::single_stack;
    if (service.cluster_ips.empty()) {
        if (families_ == Families::from_cluster_ips) {
            return Wants::nothing;
        }
        if (!single) {
            return Wants::both;
        }
        const bool six = !service.ip_families.empty() && service.ip_families[0] == ip::Family::ipv6;
        return six ? Wants::ipv6 : Wants::ipv4;
    }
    if (service.cluster_ips.size() == 2) {
        return Wants::both;
    }
    if (service.ip_family_policy == model::IpFamilyPolicy::require_dual_stack) {
        return Wants::nothing;
    }
    return service.cluster_ips[0].find(':') == std::string::npos ? Wants::ipv4 : Wants::ipv6;
}

std::optional<Addresses> Rules::requested(const model::Service& service) const {
    std::string text = note(service, "loadBalancerIPs");
    if (text.empty() && service.load_balancer_ip.empty()) {
        return Addresses{};
    }
    if (!text.empty() && !service.load_balancer_ip.empty()) {
        return std::nullopt;
    }
    std::vector<std::string> texts;
    if (text.empty()) {
        texts.push_back(service.load_balancer_ip);
    }
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        std::string item = text.substr(0, comma);
        item.erase(0, item.find_first_not_of(' '));
        texts.push_back(item);
        text = comma == std::string::npos ? "" : text.substr(comma + 1);
    }
    std::sort(texts.begin(), texts.end());
    Addresses out;
    for (const std::string& item : texts) {
        const auto address = ip::Address::parse(item);
        if (!address) {
            return std::nullopt;
        }
        out.push_back(*address);
    }
    const auto count = [&](ip::Family family) {
        return std::count_if(
            out.begin(), out.end(), [&](ip::Address a) { return a.family() == family; });
    };
    const auto fours = count(ip::Family::ipv4);
    const auto sixes = count(ip::Family::ipv6);
    const Wants wanted = wants(service);
    const bool fits = (wanted == Wants::both && fours == 1 && sixes == 1) ||
                      (wanted == Wants::ipv4 && fours == 1 && sixes == 0) ||
                      (wanted == Wants::ipv6 && fours == 0 && sixes == 1);
    return fits ? std::optional(out) : std::nullopt;
}

const Pool* Rules::pool_of(const Addresses& addresses) const {
    for (const Pool& pool : pools_) {
        const bool all = std::all_of(
            addresses.begin(), addresses.end(), [&](ip::Address a) { return pool.offers(a); });
        if (all && !addresses.empty()) {
            return &pool;
        }
    }
    return nullptr;
}

Rules::Verdict Rules::may_keep(const model::Service& service, const Addresses& held) const {
    const auto lose = [](const char* why) { return Verdict{Answer::lose, why}; };
    if (service.type != model::ServiceType::load_balancer) {
        return lose("it is not a LoadBalancer");
    }
    if (service.load_balancer_class) {
        return lose("it is of another class");
    }
    if (pools_.empty()) {
        return lose("there are no pools");
    }
    const Wants wanted = wants(service);
    if (wanted == Wants::nothing) {
        return lose("it has no clusterIPs that could do");
    }
    const bool dual_held = held.size() == 2;
    const bool one_will_do = service.ip_family_policy == model::IpFamilyPolicy::prefer_dual_stack;
    const bool fits = wanted == Wants::both
                          ? dual_held || one_will_do
                          : !dual_held && held[0].is_ipv4() == (wanted == Wants::ipv4);
    if (!fits) {
        return lose("its families changed");
    }
    const Pool* pool = pool_of(held);
    if (pool == nullptr) {
        return lose("no pool offers what it has");
    }
    if (!compatible(*pool, service)) {
        return lose("the pool is not for it any more");
    }
    const std::string asked = note(service, "address-pool");
    if (!asked.empty() && asked != pool->name) {
        return lose("it asks for another pool");
    }
    const auto addresses = requested(service);
    if (!addresses) {
        return {Answer::keep_as_it_is, "its request is invalid"};
    }
    for (const ip::Address address : *addresses) {
        if (std::find(held.begin(), held.end(), address) == held.end()) {
            return lose("it requests other addresses");
        }
    }
    if (!addresses->empty() && addresses->size() != held.size()) {
        return lose("it requests other addresses");
    }
    return {Answer::keep, "nothing is against it"};
}

bool Rules::usable(ip::Address address,
                   const model::Service& service,
                   const Holdings& holdings) const {
    for (const auto& [key, held] : holdings) {
        const bool on_it = std::find(held.addresses.begin(), held.addresses.end(), address) !=
                           held.addresses.end();
        if (on_it && key != service.meta.key && !may_share(service, *services_.at(key))) {
            return false;
        }
    }
    return true;
}

std::optional<ip::Address> Rules::first(const Pool& pool,
                                        ip::Family family,
                                        const model::Service& service,
                                        const Holdings& holdings) const {
    for (const ip::Address address : pool.addresses) {
        if (address.family() == family && pool.offers(address) &&
            usable(address, service, holdings)) {
            return address;
        }
    }
    return std::nullopt;
}

/// What the pool has of what the service wants, IPv4 first.
Addresses Rules::offer(const Pool& pool,
                       const model::Service& service,
                       const Holdings& holdings) const {
    Addresses out;
    const Wants wanted = wants(service);
    if (wanted != Wants::ipv6) {
        if (const auto four = first(pool, ip::Family::ipv4, service, holdings)) {
            out.push_back(*four);
        }
    }
    if (wanted != Wants::ipv4) {
        if (const auto six = first(pool, ip::Family::ipv6, service, holdings)) {
            out.push_back(*six);
        }
    }
    return out;
}

std::optional<Held> Rules::choose(const std::vector<const Pool*>& pools,
                                  const model::Service& service,
                                  const Holdings& holdings) const {
    const bool dual = wants(service) == Wants::both;
    std::vector<Held> offers;
    for (const Pool* pool : pools) {
        offers.push_back({pool->name, offer(*pool, service, holdings)});
    }
    for (const Held& one : offers) {
        if (one.addresses.size() == (dual ? 2 : 1)) {
            return one;
        }
    }
    if (service.ip_family_policy != model::IpFamilyPolicy::prefer_dual_stack) {
        return std::nullopt;
    }
    const bool six_first =
        !service.ip_families.empty() && service.ip_families[0] == ip::Family::ipv6;
    for (const bool want_six : {six_first, !six_first}) {
        for (const Held& one : offers) {
            if (!one.addresses.empty() && one.addresses[0].is_ipv6() == want_six) {
                return one;
            }
        }
    }
    return std::nullopt;
}

std::optional<Held> Rules::give(const model::Service& service, const Holdings& holdings) const {
    if (service.type != model::ServiceType::load_balancer || service.load_balancer_class ||
        wants(service) == Wants::nothing) {
        return std::nullopt;
    }
    const auto addresses = requested(service);
    const std::string asked = note(service, "address-pool");
    if (!addresses) {
        return std::nullopt;
    }
    if (!addresses->empty()) {
        const Pool* pool = pool_of(*addresses);
        const bool free = std::all_of(addresses->begin(), addresses->end(), [&](ip::Address a) {
            return usable(a, service, holdings);
        });
        const bool good = pool != nullptr && compatible(*pool, service) && free &&
                          (asked.empty() || asked == pool->name);
        return good ? std::optional(Held{pool->name, *addresses}) : std::nullopt;
    }
    std::vector<const Pool*> pinned;
    std::vector<const Pool*> open;
    for (const Pool& pool : pools_) {
        if (!asked.empty()) {
            if (pool.name == asked && compatible(pool, service)) {
                open.push_back(&pool);
            }
        } else if (pool.auto_assign && !pool.pin) {
            open.push_back(&pool);
        } else if (pool.auto_assign && pinned_to(pool, service)) {
            pinned.push_back(&pool);
        }
    }
    const auto rank = [](const Pool* pool) {
        return pool->pin->priority == 0 ? 1'000'000 : pool->pin->priority;
    };
    std::stable_sort(pinned.begin(), pinned.end(), [&](const Pool* a, const Pool* b) {
        return rank(a) < rank(b);
    });
    const auto from_pinned = choose(pinned, service, holdings);
    return from_pinned ? from_pinned : choose(open, service, holdings);
}

std::optional<ip::Address> Rules::second(const model::Service& service,
                                         const Held& held,
                                         const Holdings& holdings) const {
    if (held.addresses.size() != 1 || wants(service) != Wants::both ||
        service.ip_family_policy != model::IpFamilyPolicy::prefer_dual_stack) {
        return std::nullopt;
    }
    const ip::Family family = held.addresses[0].is_ipv4() ? ip::Family::ipv6 : ip::Family::ipv4;
    for (const Pool& pool : pools_) {
        if (pool.name == held.pool) {
            return first(pool, family, service, holdings);
        }
    }
    return std::nullopt;
}

}  // namespace ferro::sim::reference
