// The rules of spec 2.5 for one service, in two halves: the claim (steps 0 to 9: may it keep what
// it has?) and the service (steps 10 to 13: give it what it lacks).
#include "controller/engine/reconciler.h"
#include "core/model/annotations.h"

#include <algorithm>

namespace ferro::controller {
namespace {

using ip::Address;
using pool::Families;
using pool::RefusalReason;

std::string quoted(const std::string& text) {
    return "\"" + text + "\"";
}

std::vector<Address> in_text_order(std::vector<Address> addresses) {
    pool::sort_by_text(addresses);
    return addresses;
}

}  // namespace

bool Reconciler::is_handled(Entry& entry) {
    const model::Service& service = *entry.object;
    if (service.load_balancer_class == options_.lb_class) {
        return true;
    }
    // A service that stops being a LoadBalancer loses its class on the way; MetalLB then leaks its
    // address (quirk Q1).
    if (entry.ours && service.type != model::ServiceType::load_balancer) {
        return true;
    }
    allocator_.release(service.meta.key);
    entry.ours = false;
    entry.untouched = true;
    entry.state = ServiceState::other_class;
    entry.refusal.reset();
    return false;
}

Reconciler::Claimed Reconciler::claimed_by(const Entry& entry) const {
    Claimed claimed;
    if (entry.claim_from == ClaimFrom::books) {
        const auto held = allocator_.find(entry.object->meta.key);
        claimed.addresses = held ? held->addresses : entry.lost;
        for (const Address address : claimed.addresses) {
            claimed.texts.push_back(address.to_string());
        }
        return claimed;
    }
    for (const model::LoadBalancerIngress& ingress : entry.object->ingress) {
        if (ingress.ip.empty()) {
            continue;
        }
        claimed.texts.push_back(ingress.ip);
        if (const auto address = Address::parse(ingress.ip)) {
            claimed.addresses.push_back(*address);
        }
    }
    return claimed;
}

void Reconciler::clear(Entry& entry) {
    allocator_.release(entry.object->meta.key);
    entry.claim_from = ClaimFrom::books;
    entry.lost.clear();
    entry.untouched = false;
}

void Reconciler::refuse(Entry& entry, pool::Refusal refusal) {
    const bool holds = allocator_.find(entry.object->meta.key).has_value();
    entry.state = holds ? ServiceState::allocated : ServiceState::refused;
    entry.refusal = std::make_unique<pool::Refusal>(std::move(refusal));
}

void Reconciler::accept(Entry& entry) {
    entry.state = ServiceState::allocated;
    entry.refusal.reset();
    entry.claim_from = ClaimFrom::books;
    entry.lost.clear();
    entry.ours = true;
    entry.untouched = false;
}

Reconciler::Claim Reconciler::settle_claim(Entry& entry) {
    const model::Service& service = *entry.object;
    if (!is_handled(entry)) {
        return Claim::finished;
    }
    if (service.type != model::ServiceType::load_balancer) {  // step 1
        clear(entry);
        entry.state = ServiceState::not_load_balancer;
        entry.refusal.reset();
        return Claim::finished;
    }
    if (!allocator_.has_pools()) {  // step 2
        const bool carries_ours =
            service.meta.annotations.contains(std::string(model::kIpAllocatedFromPool));
        clear(entry);
        entry.untouched = options_.keep_foreign_status && !carries_ours && !entry.ours;
        pool::Refusal none;
        none.reason = RefusalReason::no_pools;
        none.message = "no address pools are configured";
        refuse(entry, std::move(none));
        return Claim::finished;
    }
    const auto families = pool::families_of(service, options_.cluster_ips);
    if (!families && families.error().reason != RefusalReason::families_unclear) {  // steps 3, 5
        clear(entry);
        if (families.error().reason == RefusalReason::not_enough_families) {
            tell_standing(entry,
                          EventType::warning,
                          EventReason::not_enough_cluster_ips,
                          families.error().message);
        }
        refuse(entry, families.error());
        return Claim::finished;
    }
    const Claimed claimed = claimed_by(entry);
    if (claimed.texts.empty()) {  // step 6
        clear(entry);
        return Claim::wants_more;
    }
    return settle_addresses(entry, claimed, families);
}

/// Steps 6 and 7: do the claimed addresses fit the service's families and the pools?
Reconciler::Claim Reconciler::settle_addresses(
    Entry& entry, const Claimed& claimed, const tl::expected<Families, pool::Refusal>& families) {
    const model::Service& service = *entry.object;
    const auto have = claimed.readable() ? pool::families_of(claimed.addresses) : std::nullopt;
    if (!have) {
        tell_standing(entry,
                      EventType::warning,
                      EventReason::lb_ips_family_unclear,
                      "cannot tell the IP family of the status addresses " +
                          pool::quoted_list(claimed.texts) +
                          ": neither one address nor one of each family");
    }
    if (!families) {
        tell_standing(entry,
                      EventType::warning,
                      EventReason::cluster_ips_family_unclear,
                      "cannot tell the IP family of the service with addresses " +
                          pool::quoted_list(claimed.texts) + ": " + families.error().message);
        // Nothing is cleared: what it holds, or what its status says, stays.
        entry.untouched = !allocator_.find(service.meta.key).has_value();
        refuse(entry, families.error());
        return Claim::finished;
    }
    const bool may_lack_a_family =
        *families == Families::dual &&
        service.ip_family_policy == model::IpFamilyPolicy::prefer_dual_stack;
    if (have != *families && !may_lack_a_family) {
        clear(entry);
        return Claim::wants_more;
    }
    const pool::Demand demand = pool::demand_of(service, *families);
    const pool::Outcome outcome =
        claimed.readable()
            ? allocator_.assign(demand, claimed.addresses, pool::Basis::claim)
            : pool::Outcome(tl::unexpect, pool::refuse_not_in_a_pool(claimed.addresses));
    if (!outcome) {
        tell(
            entry,
            EventType::normal,
            EventReason::clear_assignment,
            "current IP for " + quoted(service.meta.key.to_string()) +
                " is not allowed any more, a new one will be assigned: " + outcome.error().message);
        clear(entry);
        return Claim::wants_more;
    }
    accept(entry);
    return settle_request(entry, demand);
}

/// Steps 8 and 9: does it hold what it asks for?
Reconciler::Claim Reconciler::settle_request(Entry& entry, const pool::Demand& demand) {
    const model::Service& service = *entry.object;
    const auto held = allocator_.find(service.meta.key);
    const auto asked = pool::requested_pool(service);
    if (asked && *asked != held->pool) {
        clear(entry);
        return Claim::wants_more;
    }
    const auto requested = pool::requested_addresses(service, demand.families);
    if (!requested) {
        tell_standing(entry,
                      EventType::warning,
                      EventReason::load_balancer_failed,
                      requested.error().message);
        refuse(entry, requested.error());
        return Claim::finished;
    }
    if (requested->empty()) {
        return Claim::wants_more;
    }
    if (in_text_order(held->addresses) != *requested) {
        clear(entry);
        return Claim::wants_more;
    }
    if (held->addresses != *requested) {
        // The same two in the other order: status order follows the texts (quirk Q5, copied).
        (void)allocator_.assign(demand, *requested);
    }
    return Claim::wants_more;
}

bool Reconciler::serve(Entry& entry) {
    const model::Service& service = *entry.object;
    const auto families = pool::families_of(service, options_.cluster_ips);
    if (!families) {
        tell_standing(entry,
                      EventType::warning,
                      EventReason::allocation_failed,
                      "Failed to allocate IP for " + quoted(service.meta.key.to_string()) + ": " +
                          families.error().message);
        refuse(entry, families.error());
        return false;
    }
    const pool::Demand demand = pool::demand_of(service, *families);
    const auto held = allocator_.find(service.meta.key);
    if (held) {
        return add_second_family(entry, demand);
    }
    const pool::Outcome outcome = allocate(entry, demand);  // step 11
    if (!outcome) {
        tell_standing(entry,
                      EventType::warning,
                      EventReason::allocation_failed,
                      "Failed to allocate IP for " + quoted(service.meta.key.to_string()) + ": " +
                          outcome.error().message);
        refuse(entry, outcome.error());
        return false;
    }
    tell(entry,
         EventType::normal,
         EventReason::ip_allocated,
         "Assigned IP " + pool::quoted_list(outcome->addresses));
    accept(entry);
    // One address where two would be welcome: only now it is known that the pool lacks the other.
    return add_second_family(entry, demand);
}

/// Step 10. A service with one clusterIP cannot use a second family: MetalLB adds it and takes all
/// away at the next look, for ever (quirk Q2).
bool Reconciler::add_second_family(Entry& entry, const pool::Demand& demand) {
    const auto held = allocator_.find(entry.object->meta.key);
    const bool welcome = held->addresses.size() == 1 && demand.families == Families::dual &&
                         demand.policy == model::IpFamilyPolicy::prefer_dual_stack;
    if (!welcome) {
        return true;
    }
    const pool::Outcome outcome = allocator_.add_family(demand);
    if (!outcome) {
        tell_standing(entry,
                      EventType::normal,
                      EventReason::additional_assign_failed,
                      "Failed to assign an additional IP to " +
                          quoted(entry.object->meta.key.to_string()) + ": " +
                          outcome.error().message);
        refuse(entry, outcome.error());
        return false;
    }
    tell(entry,
         EventType::normal,
         EventReason::ip_allocated,
         "Assigned additional IP " + quoted(outcome->addresses.back().to_string()));
    accept(entry);
    return true;
}

/// The order of spec 2.6: requested addresses, else the requested pool, else automatically.
pool::Outcome Reconciler::allocate(const Entry& entry, const pool::Demand& demand) {
    const model::Service& service = *entry.object;
    const auto requested = pool::requested_addresses(service, demand.families);
    if (!requested) {
        return tl::unexpected<pool::Refusal>(requested.error());
    }
    const auto asked = pool::requested_pool(service);
    if (requested->empty()) {
        return asked ? allocator_.allocate_from(demand, *asked) : allocator_.allocate(demand);
    }
    pool::Outcome outcome = allocator_.assign(demand, *requested);
    if (outcome && asked && *asked != outcome->pool) {
        allocator_.release(service.meta.key);
        return tl::unexpected<pool::Refusal>(
            pool::refuse_pool_mismatch(*requested, outcome->pool, *asked));
    }
    return outcome;
}

Wish Reconciler::wish_of(const Entry& entry, const pool::Demand& demand) const {
    const model::Service& service = *entry.object;
    Wish wish;
    wish.families = demand.families;
    wish.policy = demand.policy;
    wish.sharing_terms = demand.sharing_terms;
    if (!wish.sharing_terms.empty()) {
        wish.ports = service.ports;
    }
    if (const auto held = allocator_.find(service.meta.key)) {
        // Waits for its second family.
        wish.pools.insert(held->pool);
        wish.families = held->addresses.front().is_ipv4() ? Families::ipv6 : Families::ipv4;
        return wish;
    }
    const auto requested = pool::requested_addresses(service, demand.families);
    const auto asked = pool::requested_pool(service);
    if (requested && !requested->empty()) {
        wish.addresses.insert(requested->begin(), requested->end());
        // Ports and terms decide here too, and so does the pool: each is asked on its own.
        wish.ports = service.ports;
    } else if (asked) {
        wish.pools.insert(*asked);
    } else {
        for (PoolName& name : allocator_.automatic_pools(demand)) {
            wish.pools.insert(std::move(name));
        }
    }
    return wish;
}

void Reconciler::tell(const Entry& entry, EventType type, EventReason reason, std::string message) {
    events_.push_back({entry.object->meta.key, type, reason, std::move(message)});
}

void Reconciler::tell_standing(Entry& entry,
                               EventType type,
                               EventReason reason,
                               std::string message) {
    Cause cause{reason, std::move(message)};
    const bool told = std::find(standing_before_.begin(), standing_before_.end(), cause) !=
                      standing_before_.end();
    if (!told) {
        events_.push_back({entry.object->meta.key, type, reason, cause.second});
    }
    entry.standing.push_back(std::move(cause));
}

}  // namespace ferro::controller
