// What is written about a service, and what came back: which write is under way, which ones are
// done but not yet seen in the object, and whether a status that shows up is an echo or somebody's
// edit.
#include "controller/engine/reconciler.h"
#include "core/model/annotations.h"

#include <algorithm>

namespace ferro::controller {
namespace {

/// More writes than this without an echo are not remembered: a source that shows the newest only
/// skips the older ones anyway.
constexpr std::size_t kRememberedWrites = 8;

/// Whether a write that failed so may be in the store all the same. The others are answers: nothing
/// was written.
bool may_have_happened(ErrorCode code) {
    return code == ErrorCode::unavailable || code == ErrorCode::timed_out ||
           code == ErrorCode::internal;
}

}  // namespace

bool Reconciler::shows(const model::Service& service, const Status& status) {
    const bool same_ips =
        std::equal(service.ingress.begin(),
                   service.ingress.end(),
                   status.ips.begin(),
                   status.ips.end(),
                   [](const model::LoadBalancerIngress& ingress, const std::string& ip) {
                       return ingress.ip == ip && ingress.hostname.empty();
                   });
    const auto annotation = service.meta.annotations.find(std::string(model::kIpAllocatedFromPool));
    const bool absent = annotation == service.meta.annotations.end();
    return same_ips &&
           (status.pool.empty() ? absent : !absent && annotation->second == status.pool);
}

Reconciler::Status Reconciler::wanted(const Entry& entry) const {
    Status status;
    if (const auto held = allocator_.find(entry.object->meta.key)) {
        status.pool = held->pool.value;
        for (const ip::Address address : held->addresses) {
            status.ips.push_back(address.to_string());
        }
    }
    return status;
}

bool Reconciler::is_written(const Entry& entry, const Status& status) const {
    return entry.written.empty() ? shows(*entry.object, status) : entry.written.back() == status;
}

void Reconciler::note_seen(Entry& entry, const model::Service& before, const model::Service& now) {
    const std::string pool_key(model::kIpAllocatedFromPool);
    const auto pool_of = [&](const model::Service& service) {
        const auto found = service.meta.annotations.find(pool_key);
        return found == service.meta.annotations.end() ? nullptr : &found->second;
    };
    const std::string* const pool_before = pool_of(before);
    const std::string* const pool_now = pool_of(now);
    const bool same_pool = pool_before == nullptr || pool_now == nullptr
                               ? pool_before == pool_now
                               : *pool_before == *pool_now;
    if (before.ingress == now.ingress && same_pool) {
        return;
    }
    const auto in_flight = in_flight_.find(now.meta.key);
    if (in_flight != in_flight_.end() && shows(now, in_flight->second)) {
        entry.written.clear();
        return;
    }
    const auto echo = std::find_if(entry.written.rbegin(),
                                   entry.written.rend(),
                                   [&](const Status& status) { return shows(now, status); });
    if (echo != entry.written.rend()) {
        entry.written.erase(entry.written.begin(), echo.base());
        return;
    }
    // Somebody else's edit: a claim, like a status at start.
    entry.written.clear();
    entry.claim_from = ClaimFrom::object;
}

std::vector<std::string> Reconciler::deprecated_keys(const model::Service& service) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : service.meta.annotations) {
        if (key.starts_with(model::kLegacyAnnotationPrefix)) {
            keys.push_back(key);
        }
    }
    return keys;
}

void Reconciler::tell_deprecated(Entry& entry) {
    if (std::exchange(entry.deprecation_told, true)) {
        return;
    }
    for (const std::string& key : deprecated_keys(*entry.object)) {
        tell(entry,
             EventType::warning,
             EventReason::deprecated_annotation,
             "annotation " + key + " is deprecated, use " + std::string(model::kAnnotationPrefix) +
                 key.substr(model::kLegacyAnnotationPrefix.size()));
    }
}

/// The addresses that the store may hold as the service's own.
std::vector<std::string> Reconciler::on_record(const Entry& entry) const {
    std::vector<std::string> ips;
    const auto add = [&](const std::vector<std::string>& more) {
        ips.insert(ips.end(), more.begin(), more.end());
    };
    if (entry.written.empty()) {
        for (const model::LoadBalancerIngress& ingress : entry.object->ingress) {
            if (const auto address = ip::Address::parse(ingress.ip)) {
                ips.push_back(address->to_string());
            }
        }
    } else {
        add(entry.written.back().ips);
    }
    const auto in_flight = in_flight_.find(entry.object->meta.key);
    if (in_flight != in_flight_.end()) {
        add(in_flight->second.ips);
    }
    const auto in_doubt = in_doubt_.find(entry.object->meta.key);
    if (in_doubt != in_doubt_.end()) {
        add(in_doubt->second);
    }
    return ips;
}

void Reconciler::forget_departures(const model::ServiceKey& service) {
    const auto found = departures_.find(service);
    if (found == departures_.end()) {
        return;
    }
    for (const std::string& ip : found->second) {
        const auto departing = departing_.find(ip);
        if (departing == departing_.end()) {
            continue;
        }
        departing->second.erase(service);
        if (departing->second.empty()) {
            departing_.erase(departing);
        }
    }
    departures_.erase(found);
}

void Reconciler::note_departures(const model::ServiceKey& service) {
    forget_departures(service);
    std::vector<std::string> kept;
    std::vector<std::string> recorded;
    const auto found = entries_.find(service);
    if (found != entries_.end()) {
        if (found->second.untouched) {
            return;
        }
        kept = wanted(found->second).ips;
        recorded = on_record(found->second);
    } else if (const auto write = in_flight_.find(service); write != in_flight_.end()) {
        // Gone, but its last write may yet land on a new service of that name.
        recorded = write->second.ips;
    }
    for (const std::string& ip : recorded) {
        if (std::find(kept.begin(), kept.end(), ip) == kept.end()) {
            departures_[service].push_back(ip);
            departing_[ip].insert(service);
        }
    }
}

/// Takes out of `status` what is new to the service and may still be another's. True when there was
/// such an address.
bool Reconciler::withhold(const Entry& entry, Status& status) const {
    if (departing_.empty()) {
        return false;
    }
    const std::vector<std::string> own = on_record(entry);
    const auto withheld = std::erase_if(status.ips, [&](const std::string& ip) {
        return departing_.contains(ip) && std::find(own.begin(), own.end(), ip) == own.end();
    });
    if (status.ips.empty()) {
        status.pool.clear();
    }
    return withheld != 0;
}

std::vector<model::ServiceStatus> Reconciler::take_writes() {
    settle();
    std::vector<model::ServiceStatus> writes;
    const std::set<model::ServiceKey> candidates = std::exchange(to_write_, {});
    for (const model::ServiceKey& key : candidates) {
        note_departures(key);
    }
    for (const model::ServiceKey& key : candidates) {
        const auto found = entries_.find(key);
        // One under way is looked at again when it is done, a failed one when it is retried.
        if (found == entries_.end() || found->second.untouched || in_flight_.contains(key) ||
            failed_.contains(key)) {
            continue;
        }
        Status status = wanted(found->second);
        if (withhold(found->second, status)) {
            to_write_.insert(key);
        }
        if (is_written(found->second, status) && !in_doubt_.contains(key)) {
            continue;
        }
        tell_deprecated(found->second);
        writes.push_back({key, status.ips, status.pool});
        in_flight_.emplace(key, std::move(status));
    }
    return writes;
}

void Reconciler::write_done(const model::ServiceKey& service, const Result<void>& outcome) {
    const auto under_way = in_flight_.find(service);
    if (under_way == in_flight_.end()) {
        return;
    }
    Status status = std::move(under_way->second);
    in_flight_.erase(under_way);
    const auto found = entries_.find(service);
    if (found == entries_.end()) {
        note_departures(service);
        return;
    }
    Entry& entry = found->second;
    if (!outcome) {
        failed_.insert_or_assign(service, outcome.error());
        if (!may_have_happened(outcome.error().code)) {
            return;
        }
        std::vector<std::string>& doubtful = in_doubt_[service];
        for (std::string& ip : status.ips) {
            if (std::find(doubtful.begin(), doubtful.end(), ip) == doubtful.end()) {
                doubtful.push_back(std::move(ip));
            }
        }
        return;
    }
    in_doubt_.erase(service);
    to_write_.insert(service);
    if (shows(*entry.object, status)) {
        entry.written.clear();
    } else {
        if (entry.written.size() == kRememberedWrites) {
            entry.written.erase(entry.written.begin());
        }
        entry.written.push_back(std::move(status));
    }
    note_departures(service);
}

void Reconciler::retry_writes() {
    for (const auto& [key, error] : std::exchange(failed_, {})) {
        to_write_.insert(key);
    }
}

Publication Reconciler::publication_of(const Entry& entry) const {
    const model::ServiceKey& key = entry.object->meta.key;
    if (entry.untouched) {
        return Publication::untouched;
    }
    if (in_flight_.contains(key)) {
        return Publication::writing;
    }
    if (failed_.contains(key)) {
        return Publication::failed;
    }
    return is_written(entry, wanted(entry)) ? Publication::published : Publication::queued;
}

}  // namespace ferro::controller
