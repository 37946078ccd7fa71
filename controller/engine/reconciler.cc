#include "controller/engine/reconciler.h"

#include "core/model/annotations.h"

#include <algorithm>

namespace ferro::controller {
namespace {

/// Whether an address that becomes free, or shareable, could turn the refusal into a yes. The
/// others change only with the service or the pools.
bool can_wait(pool::RefusalReason reason) {
    switch (reason) {
        case pool::RefusalReason::no_free_address:
        case pool::RefusalReason::pool_exhausted:
        case pool::RefusalReason::family_not_in_pool:
        case pool::RefusalReason::no_dual_stack_room:
        case pool::RefusalReason::address_in_use:
        case pool::RefusalReason::port_in_use:
            return true;
        default:
            return false;
    }
}

/// Of those served in one turn, who can take only one address goes before who can take any of a
/// pool, and that one before who takes what comes: a folder or a cold start brings all of them at
/// once, and the tutorial's requested address shall not go to a neighbour that asked for nothing.
/// (MetalLB serves them in random order then.)
int freedom_of_choice(const model::Service& service) {
    const auto ips = model::annotation(service.meta.annotations, model::kLoadBalancerIps);
    if (!ips.value_or("").empty() || !service.load_balancer_ip.empty()) {
        return 0;
    }
    return pool::requested_pool(service) ? 1 : 2;
}

}  // namespace

Reconciler::Reconciler(ReconcilerOptions options) : options_(std::move(options)) {}

void Reconciler::first_synchronisation(const std::vector<ServicePtr>& services,
                                       ConfigurationPtr configuration) {
    std::vector<ServicePtr> sorted = services;
    std::sort(sorted.begin(), sorted.end(), [](const ServicePtr& a, const ServicePtr& b) {
        return a->meta.key < b->meta.key;
    });
    for (ServicePtr& service : sorted) {
        service_changed(std::move(service));
    }
    configuration_changed(std::move(configuration));
    synchronised_ = true;
    settle();
}

void Reconciler::configuration_changed(ConfigurationPtr configuration) {
    if (configuration == nullptr ||
        (configuration_ != nullptr && *configuration_ == *configuration)) {
        return;
    }
    configuration_ = std::move(configuration);
    for (pool::PoolChanges::Released& released : allocator_.set_pools(configuration_).released) {
        const auto entry = entries_.find(released.service);
        if (entry != entries_.end()) {
            entry->second.lost = std::move(released.lost.addresses);
        }
    }
    waiters_.clear();
    for (const auto& [key, entry] : entries_) {
        mark(key);
    }
}

void Reconciler::set_reserved(const std::vector<model::ServiceStatus>& statuses) {
    pool::Reservations reserved;
    for (const model::ServiceStatus& status : statuses) {
        for (const std::string& text : status.ips) {
            if (const auto address = ip::Address::parse(text)) {
                reserved[*address].insert(status.service);
            }
        }
    }
    allocator_.set_reserved(std::move(reserved));
}

void Reconciler::service_changed(ServicePtr service) {
    const model::ServiceKey& key = service->meta.key;
    const auto [found, is_new] = entries_.try_emplace(key);
    Entry& entry = found->second;
    if (is_new) {
        entry.sequence = ++last_sequence_;
        entry.object = std::move(service);
        mark(entry.object->meta.key);
        return;
    }
    const ServicePtr before = std::exchange(entry.object, std::move(service));
    if (*before == *entry.object) {
        return;
    }
    note_seen(entry, *before, *entry.object);
    if (deprecated_keys(*before) != deprecated_keys(*entry.object)) {
        entry.deprecation_told = false;
    }
    mark(entry.object->meta.key);
}

void Reconciler::service_removed(const model::ServiceKey& service) {
    allocator_.release(service);
    waiters_.remove(service);
    entries_.erase(service);
    dirty_.erase(service);
    to_write_.erase(service);
    failed_.erase(service);
    in_doubt_.erase(service);
    note_departures(service);
}

void Reconciler::settle() {
    if (!synchronised_ || configuration_ == nullptr) {
        return;
    }

    struct Pending {
        Entry* entry;
        std::vector<Cause> standing_before;
        int freedom;
    };

    const auto claim_size = [this](const Entry& entry) { return claimed_by(entry).texts.size(); };
    std::vector<std::pair<std::size_t, Entry*>> claims;
    for (const model::ServiceKey& key : dirty_) {
        Entry& entry = entries_.at(key);
        claims.emplace_back(claim_size(entry), &entry);
    }
    // Who has most goes first, as in MetalLB; equals by name.
    std::stable_sort(claims.begin(), claims.end(), [](const auto& a, const auto& b) {
        return a.first > b.first;
    });
    std::vector<Pending> requests;
    for (const auto& [size, entry] : claims) {
        waiters_.remove(entry->object->meta.key);
        failed_.erase(entry->object->meta.key);
        standing_before_ = std::exchange(entry->standing, {});
        if (settle_claim(*entry) == Claim::wants_more) {
            requests.push_back(
                {entry, std::move(standing_before_), freedom_of_choice(*entry->object)});
        }
    }
    to_write_.merge(dirty_);
    dirty_.clear();
    serve_waiters();
    std::sort(requests.begin(), requests.end(), [](const Pending& a, const Pending& b) {
        return std::pair(a.freedom, a.entry->sequence) < std::pair(b.freedom, b.entry->sequence);
    });
    for (Pending& pending : requests) {
        standing_before_ = std::move(pending.standing_before);
        if (!serve(*pending.entry)) {
            wait(*pending.entry);
        }
    }
    serve_waiters();
}

void Reconciler::wait(const Entry& entry) {
    if (!can_wait(entry.refusal->reason)) {
        return;
    }
    const auto families = pool::families_of(*entry.object, options_.cluster_ips);
    if (families) {
        waiters_.add(entry.object->meta.key,
                     entry.sequence,
                     wish_of(entry, pool::demand_of(*entry.object, *families)));
    }
}

void Reconciler::serve_waiters() {
    const auto has_gap = [this](const PoolName& pool, ip::Family family) {
        return allocator_.has_free_address(pool, family);
    };
    // Each round serves somebody or is the last: only a served one can free or share anything.
    while (true) {
        const pool::Freed freed = allocator_.take_freed();
        if (freed.empty()) {
            return;
        }
        std::vector<const Entry*> wait_for_else;
        waiters_.wake(freed, has_gap, [&](const model::ServiceKey& service) {
            Entry& entry = entries_.at(service);
            const bool held_before = allocator_.find(service).has_value();
            standing_before_ = std::exchange(entry.standing, {});
            const bool served = serve(entry);
            const bool moved_on = !served && (!can_wait(entry.refusal->reason) ||
                                              held_before != allocator_.find(service).has_value());
            if (moved_on) {
                wait_for_else.push_back(&entry);
            }
            if (served || moved_on) {
                failed_.erase(service);
                to_write_.insert(service);
            }
            return served || moved_on;
        });
        for (const Entry* entry : wait_for_else) {
            wait(*entry);
        }
    }
}

std::vector<ServiceEvent> Reconciler::take_events() {
    settle();
    return std::exchange(events_, {});
}

std::optional<Condition> Reconciler::condition(const model::ServiceKey& service) const {
    const auto found = entries_.find(service);
    if (found == entries_.end()) {
        return std::nullopt;
    }
    const Entry& entry = found->second;
    Condition condition;
    condition.state = entry.state;
    condition.allocation = allocator_.find(service);
    if (entry.refusal != nullptr) {
        condition.refusal = *entry.refusal;
    }
    condition.publication = publication_of(entry);
    const auto failure = failed_.find(service);
    if (failure != failed_.end()) {
        condition.write_error = failure->second;
    }
    return condition;
}

}  // namespace ferro::controller
