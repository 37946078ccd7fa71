#include "tests/sim/store.h"

#include "core/model/annotations.h"

#include <memory>
#include <string>
#include <utility>

namespace ferro::sim {

void Store::put(model::Object object) {
    if (auto* service = std::get_if<model::Service>(&object)) {
        service->ingress.clear();
        service->meta.annotations.erase(std::string(model::kIpAllocatedFromPool));
        const model::ServiceKey key = service->meta.key;
        if (bare_.count(key) == 0) {
            const bool returns = gone_.count({model::Kind::service, key}) != 0;
            lives_[key] += returns && keeping_ == Keeping::by_name ? 0 : 1;
        }
        bare_[key] = std::move(*service);
        show_service(key);
        return;
    }
    show(std::move(object));
}

void Store::show_service(const model::ServiceKey& service) {
    model::Service shown = bare_.at(service);
    const auto status = statuses_.find(service);
    if (status != statuses_.end()) {
        for (const std::string& ip : status->second.ips) {
            shown.ingress.push_back({ip, ""});
        }
        shown.meta.annotations[std::string(model::kIpAllocatedFromPool)] = status->second.pool;
    }
    show(model::Object(std::move(shown)));
}

void Store::show(model::Object object) {
    auto shared = std::make_shared<const model::Object>(std::move(object));
    const model::ObjectRef ref = model::ref_of(*shared);
    if (picture_.apply({ref, shared})) {
        objects_[ref] = std::move(shared);
        changed_.insert(ref);
    }
}

void Store::remove(const model::ObjectRef& ref) {
    if (!picture_.apply({ref, nullptr})) {
        return;
    }
    objects_.erase(ref);
    changed_.insert(ref);
    if (ref.kind == model::Kind::service) {
        bare_.erase(ref.key);
        gone_.insert(ref);
        if (keeping_ == Keeping::by_life) {
            statuses_.erase(ref.key);
            ever_.erase(ref.key);
        }
    }
}

std::vector<model::Change> Store::take_changes() {
    std::vector<model::Change> changes;
    if (keeping_ == Keeping::by_life) {
        for (const model::ObjectRef& ref : gone_) {
            changes.push_back({ref, nullptr});
        }
    }
    forget_gone();
    for (const model::ObjectRef& ref : std::exchange(changed_, {})) {
        const auto found = objects_.find(ref);
        changes.push_back({ref, found == objects_.end() ? nullptr : found->second});
    }
    return changes;
}

void Store::forget_gone() {
    for (const model::ObjectRef& ref : std::exchange(gone_, {})) {
        if (bare_.count(ref.key) == 0) {
            statuses_.erase(ref.key);
            ever_.erase(ref.key);
        }
    }
}

void Store::show_everything() {
    forget_gone();
    changed_.clear();
    for (const auto& [ref, object] : objects_) {
        changed_.insert(ref);
    }
}

Result<void> Store::write(const std::vector<model::ServiceStatus>& statuses) {
    if (full_) {
        return Error{ErrorCode::resource_exhausted, "writing statuses: the disk is full"};
    }
    for (const model::ServiceStatus& status : statuses) {
        const bool there = bare_.count(status.service) != 0;
        const bool unseen = keeping_ == Keeping::by_name &&
                            gone_.count({model::Kind::service, status.service}) != 0;
        if (!there && !unseen) {
            continue;
        }
        if (status.ips.empty()) {
            statuses_.erase(status.service);
        } else {
            statuses_[status.service] = status;
            ever_[status.service].insert(status.ips);
        }
        if (there) {
            show_service(status.service);
        }
    }
    return {};
}

model::ServiceStatus Store::status_of(const model::ServiceKey& service) const {
    const auto found = statuses_.find(service);
    return found == statuses_.end() ? model::ServiceStatus{service, {}, ""} : found->second;
}

bool Store::was_durable(const model::ServiceKey& service,
                        const std::vector<std::string>& ips) const {
    const auto found = ever_.find(service);
    return found != ever_.end() && found->second.count(ips) != 0;
}

}  // namespace ferro::sim
