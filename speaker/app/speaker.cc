#include "speaker/app/speaker.h"

#include "runtime/clock.h"
#include "runtime/log.h"

#include <algorithm>
#include <utility>

namespace ferro::speaker {
namespace {

bool bears_on_configuration(model::Kind kind) {
    return kind != model::Kind::service && kind != model::Kind::endpoint_slice;
}

plan::Options planner_options(const SpeakerSettings& settings) {
    plan::Options options;
    options.own_node = settings.node;
    options.ignore_exclude_lb = settings.ignore_exclude_lb;
    options.load_balancer_class = settings.load_balancer_class;
    return options;
}

/// The plan's word for the engine's refusal: one word for log, report and explain.
std::string word_of(layer2::AnnounceResult result) {
    return result == layer2::AnnounceResult::no_such_interface
               ? plan::to_string(plan::Reason::interface_missing)
               : layer2::to_string(result);
}

/// The room netlink does not know the room layer2; here they meet. None: the link has no Ethernet
/// address to answer with.
std::optional<layer2::Interface> interface_of(const netlink::Link& link) {
    if (!link.mac) {
        return std::nullopt;
    }
    layer2::Interface made;
    made.index = link.index;
    made.name = InterfaceName(link.name);
    made.mac.bytes = *link.mac;
    made.up = link.up;
    made.broadcast = link.broadcast;
    made.noarp = link.no_arp;
    made.enslaved = link.master.has_value();
    return made;
}

}  // namespace

Result<std::unique_ptr<Speaker>> Speaker::start(
    runtime::Loop& loop,
    runtime::Metrics& metrics,
    const SpeakerSettings& settings,
    layer2::InterfaceExclusion exclusion,
    std::function<void(const feed::ReportChanges&)> report) {
    std::unique_ptr<Speaker> speaker(
        new Speaker(loop, metrics, settings, std::move(exclusion), std::move(report)));
    TRY(speaker->responder_,
        layer2::Responder::start(
            loop, [raw = speaker.get()](const layer2::Event& event) { raw->on_event(event); }));
    netlink::LinkListener listener;
    listener.link_changed = [raw = speaker.get()](const netlink::Link&) { raw->links_changed(); };
    listener.link_removed = [raw = speaker.get()](InterfaceIndex) { raw->links_changed(); };
    TRY(speaker->links_, netlink::LinkMonitor::start(loop, std::move(listener)));
    speaker->links_changed();
    return speaker;
}

Speaker::Speaker(runtime::Loop& loop,
                 runtime::Metrics& metrics,
                 const SpeakerSettings& settings,
                 layer2::InterfaceExclusion exclusion,
                 std::function<void(const feed::ReportChanges&)> report)
    : loop_(loop),
      metrics_(metrics),
      settings_(settings),
      exclusion_(std::move(exclusion)),
      report_(std::move(report)),
      planner_(planner_options(settings)),
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

Speaker::~Speaker() {
    *alive_ = false;
}

void Speaker::links_changed() {
    std::vector<layer2::Interface> present;
    for (const netlink::Link& link : links_->snapshot()) {
        auto interface = interface_of(link);
        if (interface && !exclusion_.excludes(interface->name)) {
            present.push_back(std::move(*interface));
        }
    }
    responder_->set_interfaces(std::move(present));
}

void Speaker::on_changes(const std::vector<model::Change>& changes, kube::Delivery delivery) {
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
    plan::Changes planned;
    // The configuration first: addresses that leave a pool are then held back until their service
    // has moved (T135).
    if (configuration_touched) {
        read_configuration(planned);
    }
    carry_out(planned);
    carry_out(planner_.update(picture_, changed));
    announce_again(planner_.refreshed());
    config_stale_.set(config_stale_now_ || planner_.held_back() > 0 ? 1 : 0);
    // The responder publishes after this turn; what is posted now runs after that.
    loop_.post([this, alive = alive_] {
        if (*alive) {
            ready_ = true;
        }
    });
}

void Speaker::read_configuration(plan::Changes& changes) {
    auto outcome =
        config::parse(picture_, {.own_namespace = settings_.own_namespace, .node = settings_.node});
    config_stale_now_ = outcome.configuration == nullptr;
    if (outcome.configuration == nullptr) {
        update_errors_.add();
        const model::Finding* error = outcome.first_error();
        runtime::log_error(
            "configuration refused, the former one stays in force",
            {{"event", "configStale"}, {"error", error == nullptr ? "" : error->to_string()}});
        return;
    }
    config_loaded_.set(1);
    configuration_ = std::move(outcome.configuration);
    changes = planner_.set_configuration(configuration_);
}

void Speaker::announce(const model::ServiceKey& service, const plan::NodeVerdict& verdict) {
    layer2::InterfaceChoice choice;
    if (verdict.interfaces != nullptr) {
        choice.all = false;
        choice.names = *verdict.interfaces;
    }
    for (const ip::Address& address : verdict.ips) {
        // Answering for IPv6 is NDP's work, which this release does not do.
        if (address.is_ipv4()) {
            responder_->announce(service, address, choice);
        }
    }
}

void Speaker::carry_out(const plan::Changes& changes) {
    for (const plan::VerdictChange& change : changes) {
        const auto own = planner_.own_verdict(change.service);
        const plan::NodeVerdict now = own.value_or(plan::NodeVerdict{});
        const plan::Reason withdrawn =
            plan::withdraw_reason(change, settings_.node, plan::Protocol::layer2, now);
        if (withdrawn != plan::Reason::announced) {
            withdraw_reasons_[change.service] = withdrawn;
        }
        if (!own || now.layer2 != plan::Reason::announced) {
            responder_->withdraw(change.service);
            continue;
        }
        if (change.before != nullptr) {
            for (const ip::Address& address : change.before->ips) {
                if (std::find(now.ips.begin(), now.ips.end(), address) == now.ips.end()) {
                    responder_->withdraw(change.service, address);
                }
            }
        }
        announce(change.service, now);
    }
}

void Speaker::announce_again(const std::vector<model::ServiceKey>& refreshed) {
    for (const model::ServiceKey& service : refreshed) {
        const auto own = planner_.own_verdict(service);
        if (own && own->layer2 == plan::Reason::announced) {
            announce(service, *own);
        }
    }
}

void Speaker::on_event(const layer2::Event& event) {
    switch (event.kind) {
        case layer2::EventKind::announced:
            announced(event);
            break;
        case layer2::EventKind::withdrawn:
            withdrawn(event);
            break;
        case layer2::EventKind::announce_failed:
            announce_failed(event);
            break;
    }
    report_soon();
}

void Speaker::report_soon() {
    if (report_due_) {
        return;
    }
    report_due_ = true;
    loop_.post([this, alive = alive_] {
        if (*alive) {
            report_due_ = false;
            send_report();
        }
    });
}

void Speaker::announced(const layer2::Event& event) {
    const feed::AnnouncementKey key{
        event.service, event.address, feed::AnnouncementProtocol::layer2};
    const WallTime since = announced_.try_emplace(key, runtime::wall_now()).first->second;
    failed_changed_ = failed_.erase({event.service, event.address}) > 0 || failed_changed_;
    std::erase(pending_.withdrawn, key);
    pending_.announced.push_back(announcement_of(key, since));
    runtime::log_info("service has IP, announcing",
                      {{"event", "serviceAnnounced"},
                       {"service", event.service.to_string()},
                       {"ip", event.address.to_string()},
                       {"protocol", "layer2"}});
}

void Speaker::withdrawn(const layer2::Event& event) {
    const feed::AnnouncementKey key{
        event.service, event.address, feed::AnnouncementProtocol::layer2};
    announced_.erase(key);
    failed_changed_ = failed_.erase({event.service, event.address}) > 0 || failed_changed_;
    std::erase_if(pending_.announced,
                  [&](const feed::Announcement& announcement) { return announcement.key == key; });
    pending_.withdrawn.push_back(key);
    // Still there for the other addresses of the service; send_report forgets it.
    const auto reason = withdraw_reasons_.find(event.service);
    runtime::log_info(
        "withdrawing service announcement",
        {{"event", "serviceWithdrawn"},
         {"service", event.service.to_string()},
         {"ip", event.address.to_string()},
         {"protocol", "layer2"},
         {"reason",
          reason == withdraw_reasons_.end()
              ? plan::to_string(plan::Reason::interface_missing)
              : std::string(plan::metallb_word(reason->second, plan::Protocol::layer2))}});
}

void Speaker::announce_failed(const layer2::Event& event) {
    failed_[{event.service, event.address}] = event.reason;
    failed_changed_ = true;
    runtime::log_warn("the interfaces of the advertisement are not on this node",
                      {{"event", "announceFailed"},
                       {"service", event.service.to_string()},
                       {"ip", event.address.to_string()},
                       {"protocol", "layer2"},
                       {"reason", word_of(event.reason)}});
}

std::vector<feed::Problem> Speaker::problems() const {
    std::vector<feed::Problem> problems;
    for (const auto& [key, reason] : failed_) {
        problems.push_back(
            {key.first,
             key.second,
             word_of(reason),
             "announceFailed: " + key.second.to_string() + " on node " + settings_.node.value +
                 " with protocol layer2: none of the advertisement's interfaces exists"});
    }
    return problems;
}

feed::Announcement Speaker::announcement_of(const feed::AnnouncementKey& key,
                                            WallTime since) const {
    feed::Announcement announcement{key, {}, since};
    for (const InterfaceName& name : responder_->announcer().interfaces_of(key.address)) {
        announcement.interfaces.push_back(name.value);
    }
    return announcement;
}

void Speaker::send_report() {
    withdraw_reasons_.clear();
    if (failed_changed_) {
        pending_.problems = problems();
        failed_changed_ = false;
    }
    if (pending_.announced.empty() && pending_.withdrawn.empty() && !pending_.problems) {
        return;
    }
    report_(pending_);
    pending_ = {};
}

feed::FullReport Speaker::full_report() const {
    feed::FullReport report;
    for (const auto& [key, since] : announced_) {
        report.announced.push_back(announcement_of(key, since));
    }
    report.problems = problems();
    return report;
}

void Speaker::for_each_held(const std::function<void(const model::ObjectRef&)>& visit) const {
    picture_.for_each_ref(visit);
}

void Speaker::stop() {
    responder_->fall_silent();
    runtime::log_info("stopped answering",
                      {{"event", "stopped"}, {"addresses", std::to_string(announced_.size())}});
}

void Speaker::register_metrics() {
    metrics_.collect("metallb_speaker_announced",
                     "Services being announced from this node. This is desired state, it does not "
                     "guarantee that the routing "
                     "protocols have converged.",
                     runtime::MetricKind::gauge,
                     [this] {
                         std::vector<runtime::MetricSample> samples;
                         for (const auto& [key, since] : announced_) {
                             samples.push_back({{{"service", key.service.to_string()},
                                                 {"protocol", feed::to_string(key.protocol)},
                                                 {"node", settings_.node.value},
                                                 {"ip", key.address.to_string()}},
                                                1});
                         }
                         return samples;
                     });
    using Column = const layer2::Counter layer2::AddressSlot::*;
    const auto by_address = [this](const char* name, const char* help, Column column) {
        metrics_.collect(name, help, runtime::MetricKind::counter, [this, column] {
            std::vector<runtime::MetricSample> samples;
            responder_->announcer().counters().for_each(
                [&](const ip::Address& address, const layer2::AddressSlot& slot) {
                    samples.push_back({{{"ip", address.to_string()}},
                                       static_cast<double>((slot.*column).value())});
                });
            return samples;
        });
    };
    by_address("metallb_layer2_requests_received",
               "Number of layer2 requests received for owned IPs.",
               &layer2::AddressSlot::requests_received);
    by_address("metallb_layer2_responses_sent",
               "Number of layer2 responses sent for owned IPs in response to requests.",
               &layer2::AddressSlot::responses_sent);
    by_address("metallb_layer2_gratuitous_sent",
               "Number of gratuitous layer2 packets sent for owned IPs.",
               &layer2::AddressSlot::gratuitous_sent);
    metrics_.collect(
        "ferro_layer2_frames",
        "ARP frames that reached the packet thread, by what became of them.",
        runtime::MetricKind::counter,
        [this] {
            const layer2::FrameCounts counts = responder_->counts();
            std::vector<runtime::MetricSample> samples;
            for (std::size_t i = 0; i < counts.frames.size(); ++i) {
                samples.push_back(
                    {{{"reason", layer2::to_string(static_cast<layer2::DropReason>(i))}},
                     static_cast<double>(counts.frames[i])});
            }
            return samples;
        });
}

}  // namespace ferro::speaker
