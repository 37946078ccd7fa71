#include "controller/app/controller.h"

#include "runtime/clock.h"
#include "runtime/log.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

namespace ferro::controller {
namespace {

// A refused write (full disk) is tried again after this, doubling to the second figure: soon enough
// to heal by itself when there is room again, rarely enough not to load a sick disk.
constexpr Duration kRetryFirst = std::chrono::seconds{1};
constexpr std::uint64_t kRetryDoublings = 5;

bool bears_on_configuration(model::Kind kind) {
    return kind != model::Kind::service && kind != model::Kind::endpoint_slice;
}

ReconcilerOptions reconciler_options(const ControllerSettings& settings) {
    ReconcilerOptions options;
    if (!settings.load_balancer_class.empty()) {
        options.lb_class = settings.load_balancer_class;
    }
    options.cluster_ips = settings.cluster_ips;
    options.keep_foreign_status = settings.keep_foreign_status;
    return options;
}

plan::Options planner_options(const ControllerSettings& settings) {
    plan::Options options;
    options.load_balancer_class = settings.load_balancer_class;
    return options;
}

}  // namespace

Controller::Controller(runtime::Loop& loop,
                       kube::Source& source,
                       FeedServer* feed,
                       runtime::Metrics& metrics,
                       const ControllerSettings& settings)
    : loop_(loop),
      source_(source),
      feed_(feed),
      metrics_(metrics),
      settings_(settings),
      feed_view_(settings.load_balancer_class),
      reconciler_(reconciler_options(settings)),
      planner_(planner_options(settings)),
      retry_(loop,
             [this] {
                 retry_armed_ = false;
                 reconciler_.retry_writes();
                 pump();
             }),
      answered_(loop, [this] { pump(); }),
      memory_(loop),
      updates_(
          metrics.counter("metallb_k8s_client_updates_total", "Number of objects that changed.")),
      update_errors_(metrics.counter("metallb_k8s_client_update_errors_total",
                                     "Number of changes that could not be processed.")),
      config_loaded_(metrics.gauge("metallb_k8s_client_config_loaded_bool",
                                   "1 once a configuration was accepted.")),
      config_stale_(metrics.gauge("metallb_k8s_client_config_stale_bool",
                                  "1 while the newest configuration is refused.")) {
    register_metrics();
}

Result<void> Controller::start() {
    kube::SourceEvents events;
    events.on_changes = [this](const std::vector<model::Change>& changes, kube::Delivery delivery) {
        on_changes(changes, delivery);
    };
    events.on_reserved = [this](const std::vector<model::ServiceStatus>& statuses) {
        reconciler_.set_reserved(statuses);
    };
    events.on_findings = [this](const std::vector<model::Finding>& findings) {
        source_findings_ = findings;
    };
    return source_.start(std::move(events));
}

void Controller::on_changes(const std::vector<model::Change>& changes, kube::Delivery delivery) {
    std::vector<model::ObjectRef> changed;
    bool configuration_touched = delivery == kube::Delivery::first_synchronisation;
    for (const model::Change& change : changes) {
        if (picture_.apply(change)) {
            changed.push_back(change.ref);
            configuration_touched =
                configuration_touched || bears_on_configuration(change.ref.kind);
        }
    }
    updates_.add(static_cast<double>(changed.size()));
    picture_changed_ = runtime::monotonic_now();
    // The configuration first: addresses that leave a pool are then held back until their service
    // has moved (T135).
    if (configuration_touched) {
        read_configuration();
    }
    planner_.update(picture_, changed);
    if (delivery == kube::Delivery::first_synchronisation) {
        std::vector<Reconciler::ServicePtr> services;
        for (const auto& [key, service] : picture_.all<model::Service>()) {
            services.push_back(service);
        }
        reconciler_.first_synchronisation(services, pools_);
        synchronised_ = true;
        runtime::log_info("first synchronisation",
                          {{"event", "synchronised"},
                           {"objects", std::to_string(changes.size())},
                           {"services", std::to_string(services.size())}});
    } else {
        tell_services(changed);
    }
    tell_feed(changed);
    memory_.busy(changes.size());
    pump();
}

void Controller::read_configuration() {
    // Two views, as MetalLB has them: addresses depend on pools alone, so a mistake in an
    // advertisement stops no allocation.
    auto pools = config::parse(
        picture_, {.own_namespace = settings_.own_namespace, .scope = config::Scope::pools_only});
    if (pools.configuration != nullptr) {
        pools_ = std::move(pools.configuration);
        pools_stale_ = false;
        config_loaded_.set(1);
        if (synchronised_) {
            reconciler_.configuration_changed(pools_);
        }
    } else {
        pools_stale_ = true;
    }
    auto everything = config::parse(picture_, {.own_namespace = settings_.own_namespace});
    config_findings_ = std::move(everything.findings);
    const bool stale = pools_stale_ || everything.configuration == nullptr;
    config_stale_.set(stale ? 1 : 0);
    if (everything.configuration != nullptr) {
        configuration_ = everything.configuration;
        planner_.set_configuration(configuration_);
    }
    if (stale) {
        update_errors_.add();
        const auto error = std::find_if(
            config_findings_.begin(), config_findings_.end(), [](const model::Finding& finding) {
                return finding.severity == model::Severity::error;
            });
        runtime::log_error("configuration refused, the former one stays in force",
                           {{"event", "configStale"},
                            {"error", error == config_findings_.end() ? "" : error->to_string()}});
    }
}

void Controller::tell_services(const std::vector<model::ObjectRef>& changed) {
    for (const model::ObjectRef& ref : changed) {
        if (ref.kind != model::Kind::service) {
            continue;
        }
        auto service = picture_.find<model::Service>(ref.key);
        if (service == nullptr) {
            reconciler_.service_removed(ref.key);
        } else {
            reconciler_.service_changed(std::move(service));
        }
    }
}

void Controller::tell_feed(const std::vector<model::ObjectRef>& changed) {
    if (feed_ == nullptr) {
        return;
    }
    for (const model::Change& change : feed_view_.update(picture_, changed)) {
        if (change.object == nullptr) {
            feed_->remove(change.ref);
        } else {
            feed_->put(*change.object);
        }
    }
    feed_->commit();
}

void Controller::pump() {
    // A source may answer a write, and echo it, from within write_statuses; then the outer call
    // goes on with what came of it.
    if (pumping_ || !synchronised_) {
        return;
    }
    pumping_ = true;
    for (auto writes = reconciler_.take_writes(); !writes.empty();
         writes = reconciler_.take_writes()) {
        source_.write_statuses(
            writes, [this](const model::ServiceKey& service, const Result<void>& outcome) {
                write_done(service, outcome);
            });
    }
    pumping_ = false;
    log_events();
    if (reconciler_.failed_writes().empty()) {
        retry_armed_ = false;
        retry_.cancel();
    } else if (!retry_armed_) {
        // Not again while armed: what else happens meanwhile must not put it off.
        retry_armed_ = true;
        const std::uint64_t doublings = std::min(failed_rounds_++, kRetryDoublings);
        retry_.arm(runtime::monotonic_now() + kRetryFirst * (1LL << doublings));
    }
}

void Controller::write_done(const model::ServiceKey& service, const Result<void>& outcome) {
    if (!outcome && failed_rounds_ == 0) {
        runtime::log_error("status not written, its address is not published; will be tried again",
                           {{"event", "statusNotWritten"},
                            {"service", service.to_string()},
                            {"reason", to_string(outcome.error().code)},
                            {"error", outcome.error().context}});
    }
    if (outcome) {
        failed_rounds_ = 0;
    }
    reconciler_.write_done(service, outcome);
    // An answer makes other writes possible, or asks for a retry; one look for a whole batch.
    answered_.arm(runtime::monotonic_now());
}

void Controller::log_events() {
    for (const ServiceEvent& event : reconciler_.take_events()) {
        const runtime::LogFields fields = {{"event", to_string(event.reason)},
                                           {"service", event.service.to_string()},
                                           {"type", to_string(event.type)}};
        if (event.type == EventType::warning) {
            runtime::log_warn(event.message, fields);
        } else {
            runtime::log_info(event.message, fields);
        }
    }
}

std::vector<model::Finding> Controller::findings() const {
    std::vector<model::Finding> all = source_findings_;
    for (model::Finding finding : config_findings_) {
        if (finding.location.file.empty()) {
            finding.location = source_.location_of(finding.object);
        }
        all.push_back(std::move(finding));
    }
    return all;
}

std::vector<std::string> Controller::conditions() const {
    std::vector<std::string> sentences;
    if (!reconciler_.failed_writes().empty()) {
        const auto& [service, error] = *reconciler_.failed_writes().begin();
        sentences.push_back(
            std::to_string(reconciler_.failed_writes().size()) +
            " statuses cannot be written, their addresses are not published: " + error.context);
    }
    if (const std::size_t kept = reconciler_.allocator().reserved().size(); kept > 0) {
        sentences.push_back(std::to_string(kept) +
                            " addresses are kept for services that are not in the folder, since a "
                            "part of it cannot be read (ferroctl findings)");
    }
    if (config_stale_.value() > 0) {
        sentences.emplace_back(
            "the newest configuration is refused, the former one stays in force (ferroctl "
            "findings)");
    }
    return sentences;
}

void Controller::register_metrics() {
    struct Column {
        const char* name;
        const char* help;
        std::int64_t (*value)(const pool::PoolCounters&);
    };

    static constexpr Column kColumns[] = {
        {"metallb_allocator_addresses_total",
         "Number of usable addresses, per pool.",
         [](const pool::PoolCounters& c) { return c.total; }},
        {"metallb_allocator_ipv4_addresses_total",
         "Number of usable IPv4 addresses, per pool.",
         [](const pool::PoolCounters& c) { return c.assigned_ipv4 + c.available_ipv4; }},
        {"metallb_allocator_ipv6_addresses_total",
         "Number of usable IPv6 addresses, per pool.",
         [](const pool::PoolCounters& c) {
             return c.available_ipv6 > INT64_MAX - c.assigned_ipv6
                        ? INT64_MAX
                        : c.assigned_ipv6 + c.available_ipv6;
         }},
        {"metallb_allocator_addresses_in_use_total",
         "Number of addresses in use, per pool.",
         [](const pool::PoolCounters& c) { return c.assigned_ipv4 + c.assigned_ipv6; }},
        {"metallb_allocator_ipv4_addresses_in_use_total",
         "Number of IPv4 addresses in use, per pool.",
         [](const pool::PoolCounters& c) { return c.assigned_ipv4; }},
        {"metallb_allocator_ipv6_addresses_in_use_total",
         "Number of IPv6 addresses in use, per pool.",
         [](const pool::PoolCounters& c) { return c.assigned_ipv6; }},
    };
    for (const Column& column : kColumns) {
        metrics_.collect(column.name, column.help, runtime::MetricKind::gauge, [this, &column] {
            std::vector<runtime::MetricSample> samples;
            for (const auto& [name, counters] : reconciler_.allocator().counters()) {
                samples.push_back(
                    {{{"pool", name.value}}, static_cast<double>(column.value(counters))});
            }
            return samples;
        });
    }
    metrics_.collect("ferro_controller_services_waiting",
                     "Services without an address.",
                     runtime::MetricKind::gauge,
                     [this] {
                         return std::vector<runtime::MetricSample>{
                             {{}, static_cast<double>(reconciler_.waiting())}};
                     });
    metrics_.collect("ferro_controller_writes_failed",
                     "Statuses that could not be written and wait for another try.",
                     runtime::MetricKind::gauge,
                     [this] {
                         return std::vector<runtime::MetricSample>{
                             {{}, static_cast<double>(reconciler_.failed_writes().size())}};
                     });
}

}  // namespace ferro::controller
