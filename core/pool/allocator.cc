#include "core/pool/allocator.h"

#include "core/base/check.h"
#include "core/pool/compatibility.h"
#include "core/pool/holdings.h"

#include <algorithm>
#include <utility>

namespace ferro::pool {
namespace {

using ip::Address;
using ip::Family;
using model::IpFamilyPolicy;
using Refused = tl::unexpected<Refusal>;

Family other(Family family) {
    return family == Family::ipv4 ? Family::ipv6 : Family::ipv4;
}

/// What one pool can give a demand: the first usable address per family.
struct Offer {
    std::optional<Address> ipv4;
    std::optional<Address> ipv6;

    [[nodiscard]] const std::optional<Address>& of(Family family) const {
        return family == Family::ipv4 ? ipv4 : ipv6;
    }

    [[nodiscard]] bool empty() const { return !ipv4 && !ipv6; }

    [[nodiscard]] bool both() const { return ipv4 && ipv6; }
};

/// The addresses of an offer that a demand takes, IPv4 first; empty when the offer does not do.
std::vector<Address> taken_from(const Offer& offer, const Demand& demand) {
    switch (demand.families) {
        case Families::ipv4:
            return offer.ipv4 ? std::vector{*offer.ipv4} : std::vector<Address>{};
        case Families::ipv6:
            return offer.ipv6 ? std::vector{*offer.ipv6} : std::vector<Address>{};
        case Families::dual:
            break;
    }
    if (offer.both() && demand.policy != IpFamilyPolicy::single_stack) {
        return {*offer.ipv4, *offer.ipv6};
    }
    if (demand.policy == IpFamilyPolicy::prefer_dual_stack && !offer.empty()) {
        return {offer.ipv4 ? *offer.ipv4 : *offer.ipv6};
    }
    return {};
}

}  // namespace

class Allocator::State {
  public:
    /// Pools by who may use them automatically; each list in name order.
    struct Candidates {
        std::map<std::string, std::vector<PoolState*>> by_namespace;
        std::vector<PoolState*> for_any_namespace;  ///< with service selectors, or a priority only
        std::vector<PoolState*> unpinned;
    };

    void index_candidates();
    [[nodiscard]] std::vector<PoolState*> pinned_for(const Demand& demand) const;
    [[nodiscard]] Offer offer_of(PoolState& pool, const Demand& demand);
    [[nodiscard]] std::pair<PoolState*, Offer> choose(const std::vector<PoolState*>& pools,
                                                      const Demand& demand);
    [[nodiscard]] std::optional<Refusal> refuse_sharing(const Demand& demand,
                                                        Address address,
                                                        const PoolState& pool) const;
    [[nodiscard]] std::optional<Refusal> refuse_reserved(const Demand& demand,
                                                         Address address,
                                                         const PoolState& pool,
                                                         Basis basis) const;
    Outcome give(const Demand& demand, PoolState& pool, std::vector<Address> addresses);

    Holdings books;
    Candidates candidates;
    std::vector<PortCode> ports;  ///< of the demand in hand
};

void Allocator::State::index_candidates() {
    candidates = {};
    for (auto& [name, pool] : books.pools()) {
        const config::Pool& config = *pool.config;
        if (!config.auto_assign) {
            continue;
        }
        if (!config.allocation) {
            candidates.unpinned.push_back(&pool);
            continue;
        }
        if (is_pinned_for_all(*config.allocation) ||
            !config.allocation->service_selectors.empty()) {
            candidates.for_any_namespace.push_back(&pool);
            continue;
        }
        for (const std::string& name_space : config.allocation->namespaces) {
            candidates.by_namespace[name_space].push_back(&pool);
        }
    }
}

std::vector<PoolState*> Allocator::State::pinned_for(const Demand& demand) const {
    std::vector<PoolState*> pinned;
    const auto found = candidates.by_namespace.find(demand.key().namespace_name);
    if (found != candidates.by_namespace.end()) {
        pinned = found->second;
    }
    for (PoolState* pool : candidates.for_any_namespace) {
        if (is_compatible(*pool->config, *demand.service)) {
            pinned.push_back(pool);
        }
    }
    std::sort(pinned.begin(), pinned.end(), [](const PoolState* a, const PoolState* b) {
        const auto& first = *a->config->allocation;
        const auto& second = *b->config->allocation;
        if (comes_before(first, second) || comes_before(second, first)) {
            return comes_before(first, second);
        }
        return a->config->name < b->config->name;
    });
    return pinned;
}

Offer Allocator::State::offer_of(PoolState& pool, const Demand& demand) {
    Offer offer;
    if (demand.families != Families::ipv6) {
        offer.ipv4 = books.first_usable(pool, Family::ipv4, demand.sharing_terms, ports);
    }
    if (demand.families != Families::ipv4) {
        offer.ipv6 = books.first_usable(pool, Family::ipv6, demand.sharing_terms, ports);
    }
    return offer;
}

/// The selection rule of spec 2.7: for one family the first pool that has it; for two the first
/// that has both, and with PreferDualStack else the first with the primary family, else with the
/// other.
std::pair<PoolState*, Offer> Allocator::State::choose(const std::vector<PoolState*>& pools,
                                                      const Demand& demand) {
    std::pair<PoolState*, Offer> with_primary;
    std::pair<PoolState*, Offer> with_other;
    for (PoolState* pool : pools) {
        const Offer offer = offer_of(*pool, demand);
        const bool enough = demand.families == Families::dual ? offer.both() : !offer.empty();
        if (enough) {
            return {pool, offer};
        }
        if (with_primary.first == nullptr && offer.of(demand.primary)) {
            with_primary = {pool, offer};
        }
        if (with_other.first == nullptr && offer.of(other(demand.primary))) {
            with_other = {pool, offer};
        }
    }
    if (demand.policy != IpFamilyPolicy::prefer_dual_stack) {
        return {};
    }
    return with_primary.first != nullptr ? with_primary : with_other;
}

std::optional<Refusal> Allocator::State::refuse_sharing(const Demand& demand,
                                                        Address address,
                                                        const PoolState& pool) const {
    std::vector<model::ServiceKey> others;
    bool may_share = !demand.sharing_terms.empty();
    for (const Holding* user : books.users_of(address)) {
        if (*user->service != demand.key()) {
            others.push_back(*user->service);
            may_share = may_share && user->terms == demand.sharing_terms;
        }
    }
    if (others.empty()) {
        return std::nullopt;
    }
    if (!may_share) {
        std::sort(others.begin(), others.end());
        return refuse_address_in_use(demand.key(), address, pool.config->name, std::move(others));
    }
    for (const Holding* user : books.users_of(address)) {
        if (*user->service == demand.key()) {
            continue;
        }
        const auto clash =
            std::find_first_of(user->ports.begin(), user->ports.end(), ports.begin(), ports.end());
        if (clash != user->ports.end()) {
            return refuse_port_in_use(
                books.port_of(*clash), address, pool.config->name, *user->service);
        }
    }
    return std::nullopt;
}

std::optional<Refusal> Allocator::State::refuse_reserved(const Demand& demand,
                                                         Address address,
                                                         const PoolState& pool,
                                                         Basis basis) const {
    const auto found = books.reserved().find(address);
    if (found == books.reserved().end() || found->second.contains(demand.key())) {
        return std::nullopt;
    }
    const Holding* held = books.find(demand.key());
    const bool holds_it =
        held != nullptr &&
        std::find(held->addresses.begin(), held->addresses.end(), address) != held->addresses.end();
    const bool may_stay = holds_it ? held->terms == demand.sharing_terms
                                   : basis == Basis::claim && !demand.sharing_terms.empty();
    if (may_stay) {
        return std::nullopt;
    }
    std::set<model::ServiceKey> blocking = found->second;
    for (const Holding* user : books.users_of(address)) {
        blocking.insert(*user->service);
    }
    blocking.erase(demand.key());
    return refuse_address_in_use(
        demand.key(), address, pool.config->name, {blocking.begin(), blocking.end()});
}

Outcome Allocator::State::give(const Demand& demand,
                               PoolState& pool,
                               std::vector<Address> addresses) {
    Allocation allocation{pool.config->name, addresses};
    books.record(demand.key(), pool, std::move(addresses), demand.sharing_terms, ports);
    return allocation;
}

Allocator::Allocator() : state_(std::make_unique<State>()) {}

Allocator::~Allocator() = default;
Allocator::Allocator(Allocator&&) noexcept = default;
Allocator& Allocator::operator=(Allocator&&) noexcept = default;

PoolChanges Allocator::set_pools(std::shared_ptr<const config::Configuration> configuration) {
    PoolChanges changes = state_->books.set_pools(std::move(configuration));
    state_->index_candidates();
    return changes;
}

bool Allocator::has_pools() const {
    return !state_->books.pools().empty();
}

Outcome Allocator::assign(const Demand& demand,
                          const std::vector<Address>& addresses,
                          Basis basis) {
    Holdings& books = state_->books;
    PoolState* pool = nullptr;
    for (const Address address : addresses) {
        const auto place = books.place_of(address);
        if (!place || (pool != nullptr && place->pool != pool)) {
            return Refused(refuse_not_in_a_pool(addresses));
        }
        pool = place->pool;
    }
    if (pool == nullptr) {
        return Refused(refuse_not_in_a_pool(addresses));
    }
    if (!is_compatible(*pool->config, *demand.service)) {
        return Refused(refuse_pool_incompatible(pool->config->name));
    }
    if (addresses.size() > 2) {
        return Refused(refuse_too_many_addresses(addresses));
    }
    if (!families_of(addresses)) {
        return Refused(refuse_same_family_twice(addresses));
    }
    state_->ports = books.codes_of(demand.service->ports);
    for (const Address address : addresses) {
        auto refusal = state_->refuse_reserved(demand, address, *pool, basis);
        if (!refusal) {
            refusal = state_->refuse_sharing(demand, address, *pool);
        }
        if (refusal) {
            return Refused(*std::move(refusal));
        }
    }
    const Holding* held = books.find(demand.key());
    const bool same = held != nullptr && held->pool == pool && held->addresses == addresses &&
                      held->terms == demand.sharing_terms && held->ports == state_->ports;
    if (same) {
        return Allocation{pool->config->name, addresses};
    }
    books.release(demand.key());
    return state_->give(demand, *pool, addresses);
}

Outcome Allocator::allocate(const Demand& demand) {
    CHECK(state_->books.find(demand.key()) == nullptr, "a holder is released before it is served");
    state_->ports = state_->books.codes_of(demand.service->ports);
    auto chosen = state_->choose(state_->pinned_for(demand), demand);
    if (chosen.first == nullptr) {
        chosen = state_->choose(state_->candidates.unpinned, demand);
    }
    if (chosen.first == nullptr) {
        return Refused(refuse_no_free_address());
    }
    return state_->give(demand, *chosen.first, taken_from(chosen.second, demand));
}

Outcome Allocator::allocate_from(const Demand& demand, const PoolName& name) {
    CHECK(state_->books.find(demand.key()) == nullptr, "a holder is released before it is served");
    const auto found = state_->books.pools().find(name);
    if (found == state_->books.pools().end()) {
        return Refused(refuse_unknown_pool(name));
    }
    PoolState& pool = found->second;
    // MetalLB looks for room first and so calls a full pool full also to those it is not for.
    if (!is_compatible(*pool.config, *demand.service)) {
        return Refused(refuse_pool_incompatible(name));
    }
    state_->ports = state_->books.codes_of(demand.service->ports);
    const Offer offer = state_->offer_of(pool, demand);
    std::vector<Address> addresses = taken_from(offer, demand);
    if (!addresses.empty()) {
        return state_->give(demand, pool, std::move(addresses));
    }
    if (demand.families == Families::dual) {
        return Refused(offer.empty() ? refuse_pool_exhausted(name)
                                     : refuse_no_dual_stack_room(name));
    }
    const Family family = demand.families == Families::ipv4 ? Family::ipv4 : Family::ipv6;
    return Refused(has_free_address(name, other(family)) ? refuse_family_not_in_pool(name, family)
                                                         : refuse_pool_exhausted(name));
}

Outcome Allocator::add_family(const Demand& demand) {
    Holdings& books = state_->books;
    const Holding* held = books.find(demand.key());
    CHECK(held != nullptr && held->addresses.size() == 1,
          "a second family is added to a service with one");
    PoolState& pool = *held->pool;
    const PoolName& name = pool.config->name;
    const Family wanted = other(held->addresses[0].family());
    state_->ports = books.codes_of(demand.service->ports);
    const auto address = books.first_usable(pool, wanted, demand.sharing_terms, state_->ports);
    if (!address) {
        return Refused(has_free_address(name, other(wanted))
                           ? refuse_family_not_in_pool(name, wanted)
                           : refuse_pool_exhausted(name));
    }
    std::vector<Address> addresses{held->addresses[0], *address};
    books.release(demand.key());
    return state_->give(demand, pool, std::move(addresses));
}

void Allocator::set_reserved(Reservations reserved) {
    state_->books.set_reserved(std::move(reserved));
}

const Reservations& Allocator::reserved() const {
    return state_->books.reserved();
}

bool Allocator::release(const model::ServiceKey& service) {
    return state_->books.release(service);
}

std::optional<Allocation> Allocator::find(const model::ServiceKey& service) const {
    const Holding* held = state_->books.find(service);
    if (held == nullptr) {
        return std::nullopt;
    }
    return Allocation{held->pool->config->name, held->addresses};
}

std::vector<model::ServiceKey> Allocator::users_of(Address address) const {
    std::vector<model::ServiceKey> users;
    for (const Holding* user : state_->books.users_of(address)) {
        users.push_back(*user->service);
    }
    std::sort(users.begin(), users.end());
    return users;
}

std::vector<PoolName> Allocator::automatic_pools(const Demand& demand) const {
    std::vector<PoolName> names;
    for (const auto& pools : {state_->pinned_for(demand), state_->candidates.unpinned}) {
        for (const PoolState* pool : pools) {
            names.push_back(pool->config->name);
        }
    }
    return names;
}

bool Allocator::has_free_address(const PoolName& pool, Family family) const {
    const auto found = state_->books.pools().find(pool);
    return found != state_->books.pools().end() &&
           found->second.space.first_free(family).has_value();
}

std::map<PoolName, PoolCounters> Allocator::counters() const {
    std::map<PoolName, PoolCounters> all;
    for (const auto& [name, pool] : state_->books.pools()) {
        const AddressSpace& space = pool.space;
        const ip::U128 size4 = space.size(Family::ipv4);
        const ip::U128 size6 = space.size(Family::ipv6);
        const ip::U128 total = size4 + size6 < size6 ? ip::U128::max() : size4 + size6;
        PoolCounters& counters = all[name];
        counters.total = ip::saturate_to_int64(total);
        counters.assigned_ipv4 = ip::saturate_to_int64(space.used(Family::ipv4));
        counters.assigned_ipv6 = ip::saturate_to_int64(space.used(Family::ipv6));
        counters.available_ipv4 = ip::saturate_to_int64(size4 - space.used(Family::ipv4));
        counters.available_ipv6 = ip::saturate_to_int64(size6 - space.used(Family::ipv6));
    }
    return all;
}

std::size_t Allocator::size() const {
    return state_->books.size();
}

Freed Allocator::take_freed() {
    return std::exchange(state_->books.freed, Freed{});
}

}  // namespace ferro::pool
