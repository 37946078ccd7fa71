#include "tests/sim/checker.h"

#include <algorithm>
#include <utility>

namespace ferro::sim {
namespace {

using reference::Addresses;
using reference::Held;
using reference::Rules;

bool holds(const Held& held, ip::Address address) {
    return std::find(held.addresses.begin(), held.addresses.end(), address) != held.addresses.end();
}

}  // namespace

std::string to_text(const Addresses& addresses) {
    std::string text;
    for (const ip::Address address : addresses) {
        text += (text.empty() ? "" : " ") + address.to_string();
    }
    return "[" + text + "]";
}

void Checker::begin() {
    pools_.reset();
    services_.clear();
    services_before_.clear();
    holdings_.clear();
    claiming_.clear();
    began_ = false;
}

void Checker::look(const model::Picture& picture,
                   const controller::Reconciler& reconciler,
                   const Store& store) {
    services_before_ = std::exchange(services_, picture.all<model::Service>());
    for (const auto& [key, service] : services_) {
        // A new one under an old name has what its own status says.
        const std::uint64_t life = store.life_of(key);
        if (!began_ || std::exchange(lives_[key], life) != life) {
            claiming_.insert(key);
            lives_[key] = life;
        }
    }
    began_ = true;
    if (auto pools = reference::read_pools(picture)) {
        pools_ = std::move(pools);
    }
    holdings_before_ = std::exchange(holdings_, {});
    for (const auto& [key, service] : services_) {
        if (const auto held = reconciler.allocator().find(key)) {
            holdings_[key] = {held->pool.value, held->addresses};
        }
    }
}

void Checker::check(const model::Picture& picture,
                    const controller::Reconciler& reconciler,
                    const Store& store) {
    look(picture, reconciler, store);
    if (!pools_) {
        if (!holdings_.empty()) {
            trace_.violation("addresses were given before there was a valid configuration");
        }
        return;
    }
    const Rules rules(*pools_, services_, families_);
    for (const auto& [key, service] : services_) {
        check_one(rules, *service);
    }
    check_sharing();
    check_counters(reconciler);
    check_publication(reconciler, store);
    for (const auto& [key, service] : services_) {
        if (!service->load_balancer_class) {
            claiming_.erase(key);
        }
    }
}

Held Checker::before(const model::ServiceKey& key) const {
    Held held;
    if (claiming_.count(key) != 0) {
        for (const model::LoadBalancerIngress& ingress : services_.at(key)->ingress) {
            held.addresses.push_back(*ip::Address::parse(ingress.ip));
        }
        return held;
    }
    const auto found = holdings_before_.find(key);
    return found == holdings_before_.end() ? held : found->second;
}

/// Somebody else has one of these addresses too, and the two could not share it, be it by what they
/// were or by what they are.
bool Checker::in_conflict(const model::Service& service, const Held& held) const {
    for (const auto& [key, other] : services_) {
        const Held theirs = before(key);
        const bool common =
            key != service.meta.key &&
            std::any_of(held.addresses.begin(), held.addresses.end(), [&](ip::Address address) {
                return holds(theirs, address) ||
                       (holdings_.count(key) != 0 && holds(holdings_.at(key), address));
            });
        if (!common) {
            continue;
        }
        const auto was = services_before_.find(key);
        if (!reference::may_share(service, *other) ||
            (was != services_before_.end() && !reference::may_share(service, *was->second))) {
            return true;
        }
    }
    return false;
}

void Checker::check_one(const Rules& rules, const model::Service& service) {
    const Held had = before(service.meta.key);
    const auto found = holdings_.find(service.meta.key);
    const Held has = found == holdings_.end() ? Held{} : found->second;
    if (!has.addresses.empty()) {
        const reference::Pool* pool = rules.pool_of(has.addresses);
        const std::string name = pool == nullptr ? "no pool" : pool->name;
        if (name != has.pool) {
            trace_.violation(service.meta.key.to_string() + " holds " + to_text(has.addresses) +
                             " of " + has.pool + ", which lies in " + name);
        }
    }
    if (had.addresses.empty()) {
        check_new(rules, service, "it had none");
        return;
    }
    const Rules::Verdict verdict = rules.may_keep(service, had.addresses);
    if (verdict.answer == Rules::Answer::lose) {
        check_new(rules, service, verdict.reason);
        return;
    }
    if (has.addresses == had.addresses) {
        const auto extra = verdict.answer == Rules::Answer::keep
                               ? rules.second(service, has, holdings_)
                               : std::nullopt;
        if (extra) {
            trace_.violation(service.meta.key.to_string() + " could have " + extra->to_string() +
                             " as its second address and does not");
        }
        return;
    }
    const bool second_added = had.addresses.size() == 1 && has.addresses.size() == 2 &&
                              has.addresses[0] == had.addresses[0];
    if (second_added && verdict.answer == Rules::Answer::keep) {
        const Held one{has.pool, had.addresses};
        if (rules.second(service, one, holdings_) != has.addresses[1]) {
            trace_.violation(service.meta.key.to_string() + " was given another second address (" +
                             has.addresses[1].to_string() + ") than the first one that is usable");
        }
        return;
    }
    const auto requested = rules.requested(service);
    if (verdict.answer == Rules::Answer::keep && requested && has.addresses == *requested &&
        std::is_permutation(has.addresses.begin(),
                            has.addresses.end(),
                            had.addresses.begin(),
                            had.addresses.end())) {
        return;
    }
    if (in_conflict(service, had)) {
        check_new(rules, service, "it could not share its address");
        return;
    }
    trace_.violation(service.meta.key.to_string() + " lost " + to_text(had.addresses) +
                     " for no reason and has " + to_text(has.addresses));
}

void Checker::check_new(const Rules& rules, const model::Service& service, const char* why) {
    const auto due = rules.give(service, holdings_);
    const auto found = holdings_.find(service.meta.key);
    const Held has = found == holdings_.end() ? Held{} : found->second;
    const Held should = due.value_or(Held{});
    if (has.addresses != should.addresses) {
        trace_.violation(service.meta.key.to_string() + " (" + why + ") has " +
                         to_text(has.addresses) + " where the rules give " +
                         to_text(should.addresses));
    }
}

void Checker::check_sharing() {
    for (auto one = holdings_.begin(); one != holdings_.end(); ++one) {
        for (auto other = std::next(one); other != holdings_.end(); ++other) {
            for (const ip::Address address : one->second.addresses) {
                if (holds(other->second, address) &&
                    !reference::may_share(*services_.at(one->first), *services_.at(other->first))) {
                    trace_.violation(one->first.to_string() + " and " + other->first.to_string() +
                                     " are both on " + address.to_string() + " and may not share");
                }
            }
        }
    }
}

void Checker::check_counters(const controller::Reconciler& reconciler) {
    const auto counters = reconciler.allocator().counters();
    if (counters.size() != pools_->size()) {
        trace_.violation("there are counters of " + std::to_string(counters.size()) + " pools");
    }
    for (const reference::Pool& pool : *pools_) {
        pool::PoolCounters due;
        for (const ip::Address address : pool.addresses) {
            if (!pool.offers(address)) {
                continue;
            }
            const bool used =
                std::any_of(holdings_.begin(), holdings_.end(), [&](const auto& holding) {
                    return holds(holding.second, address);
                });
            ++due.total;
            auto& count = address.is_ipv4() ? (used ? due.assigned_ipv4 : due.available_ipv4)
                                            : (used ? due.assigned_ipv6 : due.available_ipv6);
            ++count;
        }
        const auto found = counters.find(PoolName(pool.name));
        if (found == counters.end() || !(found->second == due)) {
            trace_.violation("free and used of " + pool.name +
                             " do not add up: " + std::to_string(due.total) + " addresses");
        }
    }
}

void Checker::check_publication(const controller::Reconciler& reconciler, const Store& store) {
    for (const auto& [key, service] : services_) {
        const auto condition = reconciler.condition(key);
        if (!condition) {
            trace_.violation(key.to_string() + " is not known to the reconciler");
            continue;
        }
        if (condition->publication != controller::Publication::published ||
            store.picture().find<model::Service>(key) == nullptr) {
            continue;
        }
        std::vector<std::string> texts;
        if (condition->allocation) {
            for (const ip::Address address : condition->allocation->addresses) {
                texts.push_back(address.to_string());
            }
        }
        if (store.status_of(key).ips != texts && !store.has_changes()) {
            trace_.violation(key.to_string() + " counts as published and is not durable");
        }
    }
}

void Checker::check_write(const std::vector<model::ServiceStatus>& statuses,
                          const model::Picture& picture,
                          const Store& store) {
    for (const model::ServiceStatus& status : statuses) {
        const auto service = picture.find<model::Service>(status.service);
        for (const auto& [key, other] : store.statuses()) {
            const bool rewritten =
                std::any_of(statuses.begin(), statuses.end(), [&, name = key](const auto& write) {
                    return write.service == name;
                });
            const auto theirs = picture.find<model::Service>(key);
            if (rewritten || service == nullptr || theirs == nullptr ||
                theirs->load_balancer_class || theirs->type != model::ServiceType::load_balancer) {
                continue;
            }
            const auto before = store.status_of(status.service).ips;
            for (const std::string& ip : status.ips) {
                const bool is_new = std::find(before.begin(), before.end(), ip) == before.end();
                const bool common =
                    std::find(other.ips.begin(), other.ips.end(), ip) != other.ips.end();
                if (is_new && common && !reference::may_share(*service, *theirs)) {
                    trace_.violation(ip + " becomes " + status.service.to_string() +
                                     "'s while durably it still is " + key.to_string() + "'s");
                }
            }
        }
    }
}

}  // namespace ferro::sim
