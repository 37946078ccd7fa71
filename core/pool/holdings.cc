#include "core/pool/holdings.h"

#include "core/base/check.h"

#include <algorithm>
#include <utility>

namespace ferro::pool {
namespace {

using ip::Address;

constexpr unsigned kPortBits = 16;

std::size_t index_of(ip::Family family) {
    return static_cast<std::size_t>(family);
}

/// Where the entries of one port code begin.
template <typename Ports>
auto first_of(Ports& ports, PortCode code) {
    return std::lower_bound(
        ports.begin(), ports.end(), code, [](const auto& entry, PortCode wanted) {
            return entry.first < wanted;
        });
}

}  // namespace

PoolChanges Holdings::set_pools(std::shared_ptr<const config::Configuration> configuration) {
    std::vector<std::pair<Holding*, PoolName>> holders;  // with the name of the pool before
    for (auto& [key, holding] : by_service_) {
        holders.emplace_back(&holding, holding.pool->config->name);
    }
    std::sort(holders.begin(), holders.end(), [](const auto& a, const auto& b) {
        return *a.first->service < *b.first->service;
    });
    uses_.clear();
    pools_.clear();
    configuration_ = std::move(configuration);
    for (const auto& [name, pool] : configuration_->pools) {
        pools_.try_emplace(name, pool);
    }
    index_segments();
    for (const auto& [address, services] : reserved_) {
        begin_reservation(address);
    }
    PoolChanges changes;
    for (auto& [holding, before] : holders) {
        holding->pool = pool_holding_all(holding->addresses);
        if (holding->pool == nullptr) {
            changes.released.push_back({*holding->service, {before, holding->addresses}});
            by_service_.erase(changes.released.back().service);
            continue;
        }
        book(*holding);
        if (holding->pool->config->name != before) {
            changes.relabelled.push_back({*holding->service, before, holding->pool->config->name});
        }
    }
    freed = {};
    return changes;
}

void Holdings::index_segments() {
    segments_.clear();
    for (auto& [name, pool] : pools_) {
        const auto& runs = pool.space.runs();
        for (std::size_t run = 0; run < runs.size(); ++run) {
            segments_.push_back({runs[run].range, &pool, static_cast<std::uint32_t>(run)});
        }
    }
    std::sort(segments_.begin(), segments_.end(), [](const Segment& a, const Segment& b) {
        return a.range.first() < b.range.first();
    });
}

std::optional<Holdings::Place> Holdings::place_of(Address address) const {
    const auto above = std::upper_bound(
        segments_.begin(), segments_.end(), address, [](Address wanted, const Segment& segment) {
            return wanted < segment.range.first();
        });
    if (above == segments_.begin() || !std::prev(above)->range.contains(address)) {
        return std::nullopt;
    }
    const Segment& segment = *std::prev(above);
    const auto position = segment.pool->space.position_in(segment.run, address);
    if (!position) {
        return std::nullopt;
    }
    return Place{segment.pool, *position};
}

PoolState* Holdings::pool_holding_all(const std::vector<Address>& addresses) const {
    PoolState* pool = nullptr;
    for (const Address address : addresses) {
        const auto place = place_of(address);
        if (!place || (pool != nullptr && place->pool != pool)) {
            return nullptr;
        }
        pool = place->pool;
    }
    return pool;
}

const Holding* Holdings::find(const model::ServiceKey& service) const {
    const auto found = by_service_.find(service);
    return found == by_service_.end() ? nullptr : &found->second;
}

std::vector<const Holding*> Holdings::users_of(Address address) const {
    const auto found = uses_.find(address);
    return found == uses_.end() ? std::vector<const Holding*>{} : found->second.users;
}

const Holding* Holdings::port_holder(Address address, PortCode port) const {
    const auto use = uses_.find(address);
    if (use == uses_.end()) {
        return nullptr;
    }
    const auto entry = first_of(use->second.ports, port);
    return entry != use->second.ports.end() && entry->first == port ? entry->second : nullptr;
}

std::optional<Address> Holdings::first_usable(PoolState& pool,
                                              ip::Family family,
                                              const std::string& terms,
                                              const std::vector<PortCode>& ports) {
    std::optional<Position> position = pool.space.first_free(family);
    if (!terms.empty()) {
        auto& by_terms = pool.shared[index_of(family)];
        const auto shared = by_terms.find(terms);
        if (shared != by_terms.end()) {
            const auto taken = [&](const Position& at, PortCode port) {
                return port_holder(pool.space.address_at(at), port) != nullptr;
            };
            const auto lower = shared->second.first_without(ports, position, taken);
            if (lower) {
                position = lower;
            }
        }
    }
    if (!position) {
        return std::nullopt;
    }
    return pool.space.address_at(*position);
}

void Holdings::record(const model::ServiceKey& service,
                      PoolState& pool,
                      std::vector<Address> addresses,
                      std::string terms,
                      std::vector<PortCode> ports) {
    const auto [entry, is_new] = by_service_.try_emplace(service);
    CHECK(is_new, "a service is released before it is booked again");
    Holding& holding = entry->second;
    holding.service = &entry->first;
    holding.pool = &pool;
    holding.addresses = std::move(addresses);
    holding.terms = std::move(terms);
    holding.ports = std::move(ports);
    book(holding);
    if (!holding.terms.empty()) {
        freed.shareable.emplace(pool.config->name, holding.terms);
        freed.addresses.insert(holding.addresses.begin(), holding.addresses.end());
    }
}

void Holdings::list_shared(const Place& place, ip::Family family, const std::string& terms) {
    if (!terms.empty()) {
        place.pool->shared[index_of(family)][terms].add(place.position);
    }
}

void Holdings::unlist_shared(const Place& place, ip::Family family, const std::string& terms) {
    auto& by_terms = place.pool->shared[index_of(family)];
    const auto shared = by_terms.find(terms);
    if (shared == by_terms.end()) {
        return;
    }
    shared->second.remove(place.position);
    if (shared->second.empty()) {
        by_terms.erase(shared);
    }
}

void Holdings::set_reserved(Reservations reserved) {
    const Reservations before = std::exchange(reserved_, std::move(reserved));
    for (const auto& [address, services] : before) {
        if (!reserved_.contains(address)) {
            end_reservation(address);
        }
    }
    for (const auto& [address, services] : reserved_) {
        if (!before.contains(address)) {
            begin_reservation(address);
        }
    }
}

void Holdings::begin_reservation(Address address) {
    const auto place = place_of(address);
    if (!place) {
        return;
    }
    const auto use = uses_.find(address);
    if (use == uses_.end()) {
        place->pool->space.take(place->position);
    } else {
        unlist_shared(*place, address.family(), use->second.users.front()->terms);
    }
}

void Holdings::end_reservation(Address address) {
    const auto place = place_of(address);
    if (!place) {
        return;
    }
    const PoolName& pool = place->pool->config->name;
    const auto use = uses_.find(address);
    if (use == uses_.end()) {
        place->pool->space.give_back(place->position);
        freed.gaps.emplace(pool, address.family());
    } else if (const std::string& terms = use->second.users.front()->terms; !terms.empty()) {
        list_shared(*place, address.family(), terms);
        freed.shareable.emplace(pool, terms);
    }
    freed.addresses.insert(address);
}

void Holdings::book(const Holding& holding) {
    for (const Address address : holding.addresses) {
        const auto place = place_of(address);
        CHECK(place && place->pool == holding.pool, "a service holds addresses of its pool");
        Use& use = uses_[address];
        if (use.users.empty() && !is_reserved(address)) {
            place->pool->space.take(place->position);
            list_shared(*place, address.family(), holding.terms);
        }
        use.users.push_back(&holding);
        if (!holding.terms.empty()) {
            for (const PortCode port : holding.ports) {
                use.ports.insert(first_of(use.ports, port), {port, &holding});
            }
        }
    }
}

void Holdings::unbook(const Holding& holding, Address address) {
    const auto place = place_of(address);
    const auto found = uses_.find(address);
    CHECK(place && found != uses_.end(), "what a service holds is booked");
    Use& use = found->second;
    std::erase(use.users, &holding);
    const bool reserved = is_reserved(address);
    if (use.users.empty()) {
        uses_.erase(found);
        if (reserved) {
            return;  // It stays taken, and nobody else may have it.
        }
        place->pool->space.give_back(place->position);
        unlist_shared(*place, address.family(), holding.terms);
        freed.gaps.emplace(place->pool->config->name, address.family());
    } else {
        std::erase_if(use.ports, [&](const auto& entry) { return entry.second == &holding; });
        if (reserved) {
            return;  // Listed again, with all of its ports, when the reservation ends.
        }
        auto& by_terms = place->pool->shared[index_of(address.family())];
        const auto shared = by_terms.find(holding.terms);
        CHECK(shared != by_terms.end(), "an address with several users is listed as shared");
        for (const PortCode port : holding.ports) {
            shared->second.port_freed(place->position, port);
        }
        freed.shareable.emplace(place->pool->config->name, holding.terms);
    }
    freed.addresses.insert(address);
}

bool Holdings::release(const model::ServiceKey& service) {
    const auto found = by_service_.find(service);
    if (found == by_service_.end()) {
        return false;
    }
    for (const Address address : found->second.addresses) {
        unbook(found->second, address);
    }
    by_service_.erase(found);
    return true;
}

std::vector<PortCode> Holdings::codes_of(const std::vector<model::ServicePort>& ports) {
    std::vector<PortCode> codes;
    codes.reserve(ports.size());
    for (const model::ServicePort& port : ports) {
        auto protocol = std::find(protocols_.begin(), protocols_.end(), port.protocol);
        if (protocol == protocols_.end()) {
            protocol = protocols_.insert(protocols_.end(), port.protocol);
        }
        const auto number = static_cast<PortCode>(protocol - protocols_.begin());
        codes.push_back((number << kPortBits) | port.port);
    }
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    return codes;
}

model::ServicePort Holdings::port_of(PortCode code) const {
    return {protocols_[static_cast<std::size_t>(code >> kPortBits)],
            static_cast<std::uint16_t>(code & 0xFFFFU)};
}

}  // namespace ferro::pool
