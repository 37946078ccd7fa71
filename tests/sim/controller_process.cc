#include "tests/sim/controller_process.h"

#include "core/config/parse.h"

#include <utility>

namespace ferro::sim {
namespace {

bool bears_on_pools(model::Kind kind) {
    return kind == model::Kind::ip_address_pool || kind == model::Kind::namespace_ ||
           kind == model::Kind::community;
}

}  // namespace

ControllerProcess::ControllerProcess(std::uint64_t epoch,
                                     std::size_t tombstones,
                                     controller::ReconcilerOptions options,
                                     Store& store,
                                     Checker& checker,
                                     Codec& codec,
                                     Trace& trace)
    : epoch_(epoch),
      store_(store),
      checker_(checker),
      codec_(codec),
      trace_(trace),
      reconciler_(std::move(options)),
      log_(controller::FeedLog::Limits{tombstones}) {
    store_.show_everything();
    checker_.begin();
}

bool ControllerProcess::turn() {
    const std::vector<model::Change> changes = store_.take_changes();
    for (const model::Change& change : changes) {
        picture_.apply(change);
    }
    tell_reconciler(changes);
    for (model::ServiceStatus& write : reconciler_.take_writes()) {
        trace_.line("controller: write " + write.service.to_string() + " of " + write.pool);
        writes_.push_back(std::move(write));
    }
    for (const controller::ServiceEvent& event : reconciler_.take_events()) {
        trace_.line("controller: event " + event.service.to_string() + " " +
                    to_string(event.reason) + ": " + event.message);
    }
    checker_.check(picture_, reconciler_, store_);
    return tell_feed(changes);
}

void ControllerProcess::tell_reconciler(const std::vector<model::Change>& changes) {
    bool configure = !synchronised_;
    for (const model::Change& change : changes) {
        configure = configure || bears_on_pools(change.ref.kind);
    }
    config::ParseOutcome outcome;
    if (configure) {
        config::ParseOptions options;
        options.scope = config::Scope::pools_only;
        outcome = config::parse(picture_, options);
        const bool valid = outcome.configuration != nullptr;
        if (valid != reference::read_pools(picture_).has_value()) {
            trace_.violation(std::string("the controller takes the pools as ") +
                             (valid ? "valid" : "invalid"));
        }
    }
    if (!std::exchange(synchronised_, true)) {
        std::vector<controller::Reconciler::ServicePtr> services;
        for (const auto& [key, service] : picture_.all<model::Service>()) {
            services.push_back(service);
        }
        reconciler_.first_synchronisation(services, outcome.configuration);
        return;
    }
    reconciler_.configuration_changed(outcome.configuration);
    for (const model::Change& change : changes) {
        if (change.ref.kind != model::Kind::service) {
            continue;
        }
        if (change.object == nullptr) {
            reconciler_.service_removed(change.ref.key);
        } else {
            reconciler_.service_changed(picture_.find<model::Service>(change.ref.key));
        }
    }
}

bool ControllerProcess::tell_feed(const std::vector<model::Change>& changes) {
    std::vector<model::ObjectRef> refs;
    for (const model::Change& change : changes) {
        refs.push_back(change.ref);
    }
    for (const model::Change& change : view_.update(picture_, refs)) {
        shown_.apply(change);
        if (change.object == nullptr) {
            log_.remove(change.ref);
            continue;
        }
        log_.put(change.ref, codec_.encode(change.object));
        if (const auto* service = std::get_if<model::Service>(change.object.get())) {
            std::vector<std::string> ips;
            for (const model::LoadBalancerIngress& ingress : service->ingress) {
                ips.push_back(ingress.ip);
            }
            if (!store_.was_durable(change.ref.key, ips)) {
                trace_.violation(change.ref.key.to_string() +
                                 " is shown to speakers with an address that is not durable");
            }
        }
    }
    const controller::FeedVersion before = log_.head();
    const controller::FeedVersion head = log_.commit();
    if (head == before) {
        return false;
    }
    trace_.line("controller: feed version " + std::to_string(head));
    snapshots_[head] = std::make_shared<const model::Picture>(shown_);
    return true;
}

std::vector<model::ServiceStatus> ControllerProcess::take_writes() {
    return std::exchange(writes_, {});
}

void ControllerProcess::write_done(const model::ServiceKey& service, const Result<void>& outcome) {
    trace_.line("controller: " + service.to_string() +
                (outcome ? " is durable" : " is not written: " + outcome.error().context));
    reconciler_.write_done(service, outcome);
}

void ControllerProcess::retry_writes() {
    trace_.line("controller: retries writes");
    reconciler_.retry_writes();
}

Snapshot ControllerProcess::snapshot(controller::FeedVersion version) const {
    const auto found = snapshots_.find(version);
    return found == snapshots_.end() ? nullptr : found->second;
}

}  // namespace ferro::sim
