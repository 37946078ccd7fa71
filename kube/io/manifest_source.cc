#include "kube/io/manifest_source.h"

#include "runtime/log.h"

#include <algorithm>
#include <utility>

namespace ferro::kube {

ManifestSource::ManifestSource(runtime::Loop& loop,
                               std::string folder,
                               StatusStore& store,
                               FolderOptions options)
    : loop_(loop),
      store_(store),
      folder_(loop, std::move(folder), options, [this] { deliver(); }),
      alive_(std::make_shared<bool>(true)) {}

ManifestSource::~ManifestSource() {
    *alive_ = false;
}

Result<void> ManifestSource::start(SourceEvents events) {
    events_ = std::move(events);
    TRY(const std::vector<model::ServiceStatus> statuses, store_.load());
    for (const model::ServiceStatus& status : statuses) {
        stored_.emplace(status.service, status);
    }
    absent_ = stored_;
    folder_.engine().set_statuses(statuses);
    TRY_VOID(folder_.start());
    loop_.post([this, alive = alive_] {
        if (*alive) {
            deliver();
        }
    });
    return {};
}

void ManifestSource::report_writes() {
    for (const auto& tell : std::exchange(written_, {})) {
        tell();
    }
}

void ManifestSource::deliver() {
    report_writes();
    Folder& engine = folder_.engine();
    const std::vector<model::Change> changes = engine.take_changes();
    const Delivery delivery = synchronised_ ? Delivery::update : Delivery::first_synchronisation;
    note_absent(changes);
    // First, so that no address stands in the store for who is gone and for its next holder.
    forget_gone_services();
    if (tell_reserved() || !changes.empty() || !synchronised_) {
        synchronised_ = true;
        events_.on_changes(changes, delivery);
    }
    if (const auto findings = engine.take_findings()) {
        events_.on_findings(*findings);
    }
    log_skipped();
}

void ManifestSource::note_absent(const std::vector<model::Change>& changes) {
    for (const model::Change& change : changes) {
        if (change.ref.kind != model::Kind::service) {
            continue;
        }
        const auto stored = stored_.find(change.ref.key);
        if (change.object != nullptr) {
            absent_.erase(change.ref.key);
        } else if (stored != stored_.end()) {
            absent_.insert(*stored);
        }
    }
}

/// Whether there was something to tell.
bool ManifestSource::tell_reserved() {
    const bool whole = absent_.empty() || folder_.engine().whole();
    // Of a whole folder nothing is reserved, also when the store could not forget: the address is
    // free, and a disk that is full must not keep it from others.
    if (whole ? reserved_.empty() : reserved_ == absent_) {
        return false;
    }
    reserved_ = whole ? Statuses{} : absent_;
    if (!events_.on_reserved) {
        return false;
    }
    std::vector<model::ServiceStatus> statuses;
    for (const auto& [service, status] : reserved_) {
        statuses.push_back(status);
    }
    events_.on_reserved(statuses);
    return true;
}

void ManifestSource::forget_gone_services() {
    Folder& engine = folder_.engine();
    if (absent_.empty() || !engine.whole()) {
        return;
    }
    std::vector<model::ServiceStatus> cleared;
    for (const auto& [service, status] : absent_) {
        cleared.push_back({service, {}, ""});
    }
    if (const auto written = store_.write(cleared); !written) {
        // The next turn tries again.
        runtime::log_warn("forgetting the statuses of services that are gone",
                          {{"error", written.error().context}});
        return;
    }
    for (const model::ServiceStatus& status : cleared) {
        stored_.erase(status.service);
        engine.forget_status(status.service);
    }
    absent_.clear();
}

void ManifestSource::log_skipped() {
    if (!runtime::log_enabled(runtime::LogLevel::debug)) {
        return;
    }
    auto skipped = folder_.engine().skipped();
    if (skipped == skipped_) {
        return;
    }
    skipped_ = std::move(skipped);
    for (const auto& [kind, number] : skipped_) {
        runtime::log_debug("a kind in the manifest folder is not read",
                           {{"kind", kind}, {"objects", std::to_string(number)}});
    }
}

void ManifestSource::write_statuses(
    const std::vector<model::ServiceStatus>& statuses,
    std::function<void(const model::ServiceKey&, const Result<void>&)> done) {
    Folder& engine = folder_.engine();
    std::vector<std::pair<model::ServiceKey, Result<void>>> outcomes;
    std::vector<model::ServiceStatus> batch;
    for (const model::ServiceStatus& status : statuses) {
        // As an API server answers a status write for a service that was deleted meanwhile.
        const bool there = engine.picture().find<model::Service>(status.service) != nullptr;
        if (there || status.ips.empty()) {
            batch.push_back(status);
        } else {
            outcomes.emplace_back(status.service,
                                  Error{ErrorCode::not_found,
                                        "writing the status of " + status.service.to_string() +
                                            ": the service is gone"});
        }
    }
    const Result<void> written = batch.empty() ? Result<void>() : store_.write(batch);
    if (written) {
        engine.set_statuses(batch);
        for (const model::ServiceStatus& status : batch) {
            if (status.ips.empty()) {
                stored_.erase(status.service);
                absent_.erase(status.service);
            } else {
                stored_.insert_or_assign(status.service, status);
            }
        }
    }
    for (const model::ServiceStatus& status : batch) {
        outcomes.emplace_back(status.service, written);
    }
    written_.emplace_back([outcomes = std::move(outcomes), done = std::move(done)] {
        for (const auto& [service, outcome] : outcomes) {
            done(service, outcome);
        }
    });
    // Not from within this call: the caller may be in the middle of something.
    loop_.post([this, alive = alive_] {
        if (*alive) {
            deliver();
        }
    });
}

std::map<std::string, std::size_t> ManifestSource::skipped() {
    return folder_.engine().skipped();
}

}  // namespace ferro::kube
