#include "controller/app/control_view.h"

#include "core/model/annotations.h"
#include "core/pool/address_space.h"
#include "runtime/clock.h"
#include "runtime/version.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace ferro::controller {
namespace {

// Words of the last gate, which only the controller can ask: does the speaker do what the plan
// says?
constexpr const char* kSpeakerNotConnected = "speaker_not_connected";
constexpr const char* kSpeakerBehind = "speaker_behind";

std::int64_t milliseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

const char* question_of(plan::Gate gate) {
    switch (gate) {
        case plan::Gate::type:
            return "Is it a LoadBalancer service?";
        case plan::Gate::load_balancer_class:
            return "Is its loadBalancerClass ours?";
        case plan::Gate::configuration:
            return "Is there a valid configuration?";
        case plan::Gate::address:
            return "Has it an address?";
        case plan::Gate::pool:
            return "Is the address in a pool?";
        case plan::Gate::endpoints:
            return "Does an endpoint serve?";
        case plan::Gate::advertisement:
            return "Does an advertisement of the pool match it?";
        case plan::Gate::sharing:
            return "May it share its address under these advertisements?";
        case plan::Gate::conflict:
            return "Do the advertisements agree?";
        case plan::Gate::nodes:
            return "Is an advertised node eligible?";
        case plan::Gate::local_endpoints:
            return "Has an eligible node a local endpoint?";
        case plan::Gate::election:
            return "Who answers?";
        case plan::Gate::interfaces:
            return "Has the owner the interfaces?";
    }
    return "";
}

std::string allocation_evidence(const std::optional<Condition>& condition) {
    if (!condition) {
        return {};
    }
    if (condition->state == ServiceState::refused && condition->refusal) {
        return std::string(pool::to_string(condition->refusal->reason)) + ": " +
               condition->refusal->message;
    }
    if (condition->state == ServiceState::allocated &&
        condition->publication != Publication::published) {
        return "an address is chosen but not durable yet (" +
               std::string(to_string(condition->publication)) + ")" +
               (condition->write_error ? ": " + condition->write_error->context : "");
    }
    return condition->state == ServiceState::waiting_for_configuration ? to_string(condition->state)
                                                                       : "";
}

control::PoolRange range_row(const std::string& item,
                             bool avoid_buggy,
                             const std::set<ip::Address>& used) {
    control::PoolRange row;
    row.range = item;
    const auto prefixes = ip::parse_pool_item(item);
    if (!prefixes || prefixes->empty()) {
        row.family = to_string(ip::Family::ipv4);
        row.size = row.used = row.free = "0";
        return row;
    }
    const ip::Family family = prefixes->front().family();
    const pool::AddressSpace space(
        *prefixes, avoid_buggy ? pool::BuggyAddresses::avoid : pool::BuggyAddresses::use);
    std::uint64_t taken = 0;
    for (const ip::Prefix& prefix : *prefixes) {
        const ip::Range range = prefix.range();
        taken += static_cast<std::uint64_t>(
            std::distance(used.lower_bound(range.first()), used.upper_bound(range.last())));
    }
    row.family = to_string(family);
    row.size = to_string(space.size(family));
    row.used = std::to_string(taken);
    row.free = to_string(space.size(family) - ip::U128{taken});
    return row;
}

}  // namespace

ControlView::Wire ControlView::wire() const {
    Wire wire;
    if (sources_.feed == nullptr) {
        return wire;
    }
    for (const auto& [node, speaker] : sources_.feed->speakers()) {
        if (!speaker.connected) {
            continue;
        }
        for (const auto& [key, announcement] : speaker.announced) {
            auto& announcers = wire[key.service].announcers;
            const bool listed = std::any_of(
                announcers.begin(), announcers.end(), [&](const control::Announcer& announcer) {
                    return announcer.node == node.value &&
                           announcer.protocol == feed::to_string(key.protocol);
                });
            if (!listed) {  // the other family of a dual-stack service
                announcers.push_back(
                    {node.value, feed::to_string(key.protocol), announcement.interfaces});
            }
        }
        for (const feed::Problem& problem : speaker.problems) {
            wire[problem.service].problem = problem.message;
            wire[problem.service].problem_word = problem.reason;
        }
    }
    return wire;
}

std::vector<control::Service> ControlView::services() {
    const Wire on_wire = wire();
    const auto since = sources_.allocated_since();
    std::vector<control::Service> rows;
    for (const auto& [key, service] : sources_.controller->picture().all<model::Service>()) {
        if (service->type == model::ServiceType::load_balancer || !service->ingress.empty()) {
            rows.push_back(service_row(*service, on_wire, since));
        }
    }
    return rows;
}

control::Service ControlView::service_row(
    const model::Service& service,
    const Wire& wire,
    const std::map<model::ServiceKey, WallTime>& since) const {
    control::Service row;
    row.namespace_name = service.meta.key.namespace_name;
    row.name = service.meta.key.name;
    for (const model::LoadBalancerIngress& ingress : service.ingress) {
        row.ips.push_back(ingress.ip.empty() ? ingress.hostname : ingress.ip);
    }
    const auto pool = service.meta.annotations.find(std::string(model::kIpAllocatedFromPool));
    if (pool != service.meta.annotations.end()) {
        row.pool = pool->second;
    }
    if (const auto given = since.find(service.meta.key); given != since.end()) {
        row.since_unix_ms = given->second.unix_ms;
    }
    const auto verdict = sources_.controller->planner().verdict_of(service.meta.key);
    if (verdict != nullptr) {
        judge(row, *verdict, wire);
    }
    const auto condition = sources_.controller->reconciler().condition(service.meta.key);
    if (row.ips.empty() && condition && condition->refusal) {
        row.verdict = pool::to_string(condition->refusal->reason);
        row.reason = condition->refusal->message;
    } else if (row.ips.empty() && condition && condition->write_error) {
        row.verdict = to_string(condition->write_error->code);
        row.reason = allocation_evidence(condition);
    }
    row.should_announce = !condition || (condition->state != ServiceState::not_load_balancer &&
                                         condition->state != ServiceState::other_class);
    return row;
}

void ControlView::judge(control::Service& row,
                        const plan::Verdict& verdict,
                        const Wire& wire) const {
    const model::ServiceKey key{row.namespace_name, row.name};
    const auto on_wire = wire.find(key);
    if (on_wire != wire.end()) {
        row.announced_by = on_wire->second.announcers;
    }
    row.announced = !row.announced_by.empty();
    row.verdict = plan::to_string(verdict.layer2.reason);
    if (verdict.layer2.reason != plan::Reason::announced || row.announced) {
        return;
    }
    // The plan has an owner, and nobody answers.
    const std::string owner = verdict.layer2.owner->value;
    if (on_wire != wire.end() && !on_wire->second.problem.empty()) {
        row.verdict = on_wire->second.problem_word;
        row.reason = on_wire->second.problem;
        return;
    }
    const bool connected = sources_.feed != nullptr && [&] {
        const auto speaker = sources_.feed->speakers().find(NodeName(owner));
        return speaker != sources_.feed->speakers().end() && speaker->second.connected;
    }();
    row.verdict = connected ? kSpeakerBehind : kSpeakerNotConnected;
    row.reason = connected ? "the speaker of " + owner + " has not yet said that it answers"
                           : "the owner is " + owner + ", and no speaker of it is connected";
}

std::vector<control::Pool> ControlView::pools() {
    std::set<ip::Address> used;
    for (const auto& [key, service] : sources_.controller->picture().all<model::Service>()) {
        const auto condition = sources_.controller->reconciler().condition(key);
        if (condition && condition->allocation) {
            used.insert(condition->allocation->addresses.begin(),
                        condition->allocation->addresses.end());
        }
    }
    std::vector<control::Pool> rows;
    for (const auto& [name, counters] : sources_.controller->reconciler().allocator().counters()) {
        control::Pool row;
        row.name = name.value;
        row.used_ipv4 = std::to_string(counters.assigned_ipv4);
        row.free_ipv4 = std::to_string(counters.available_ipv4);
        row.used_ipv6 = std::to_string(counters.assigned_ipv6);
        row.free_ipv6 = std::to_string(counters.available_ipv6);
        for (const auto& [key, object] :
             sources_.controller->picture().all<model::IpAddressPool>()) {
            if (key.name != name.value ||
                key.namespace_name != sources_.controller->own_namespace()) {
                continue;
            }
            row.auto_assign = object->auto_assign;
            row.avoid_buggy_ips = object->avoid_buggy_ips;
            for (const std::string& item : object->addresses) {
                row.ranges.push_back(range_row(item, object->avoid_buggy_ips, used));
            }
        }
        const config::Configuration* configuration = sources_.controller->configuration();
        if (configuration != nullptr && configuration->pools.contains(name)) {
            const config::Pool& pool = configuration->pools.at(name);
            for (const config::L2Advertisement& advertisement : pool.l2_advertisements) {
                row.advertised_by.push_back("L2Advertisement/" + advertisement.name);
            }
            for (const config::BgpAdvertisement& advertisement : pool.bgp_advertisements) {
                row.advertised_by.push_back("BGPAdvertisement/" + advertisement.name);
            }
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

control::Speakers ControlView::speakers() {
    control::Speakers rows;
    if (sources_.feed == nullptr) {
        return rows;
    }
    rows.feed_version = sources_.feed->head();
    const Instant now = runtime::monotonic_now();
    for (const auto& [node, speaker] : sources_.feed->speakers()) {
        control::Speaker row;
        row.node = node.value;
        row.connected = speaker.connected;
        row.feed_version = speaker.applied_version;
        row.feed_age_ms = speaker.heard == Instant{} ? -1 : milliseconds(now - speaker.heard);
        row.announces = speaker.announced.size();
        row.peer = speaker.peer;
        row.version = speaker.speaker_version;
        rows.speakers.push_back(std::move(row));
    }
    return rows;
}

std::vector<control::Finding> ControlView::findings() {
    std::vector<model::Finding> all = sources_.controller->findings();
    std::stable_sort(all.begin(), all.end(), [](const model::Finding& a, const model::Finding& b) {
        return a.severity < b.severity;
    });
    std::vector<control::Finding> rows;
    rows.reserve(all.size());
    std::transform(all.begin(), all.end(), std::back_inserter(rows), control::finding_of);
    return rows;
}

std::vector<model::ServiceKey> ControlView::matching(const std::string& query) const {
    const auto& services = sources_.controller->picture().all<model::Service>();
    if (const auto address = ip::Address::parse(query); address) {
        return sources_.controller->planner().services_with(*address);
    }
    std::vector<model::ServiceKey> keys;
    for (const auto& [key, service] : services) {
        if (key.to_string() == query || key.name == query) {
            keys.push_back(key);
        }
    }
    return keys;
}

std::vector<control::Explanation> ControlView::explain(const std::string& query) {
    const Wire on_wire = wire();
    const auto since = sources_.allocated_since();
    std::vector<control::Explanation> explanations;
    for (const model::ServiceKey& key : matching(query)) {
        explanations.push_back(explain_service(key, on_wire, since));
    }
    return explanations;
}

control::Explanation ControlView::explain_service(
    const model::ServiceKey& key,
    const Wire& wire,
    const std::map<model::ServiceKey, WallTime>& since) const {
    control::Explanation explanation;
    explanation.service =
        service_row(*sources_.controller->picture().find<model::Service>(key), wire, since);
    const plan::Explanation planned = sources_.controller->planner().explain(
        key, allocation_evidence(sources_.controller->reconciler().condition(key)));
    const config::Configuration* configuration = sources_.controller->configuration();
    const bool has_bgp = configuration != nullptr && planned.verdict.pool != nullptr &&
                         configuration->pools.contains(*planned.verdict.pool) &&
                         !configuration->pools.at(*planned.verdict.pool).bgp_advertisements.empty();
    for (const plan::GateResult& result : planned.gates) {
        // A pool without BGPAdvertisement is not meant for BGP: its gates would only be noise.
        if (result.protocol == plan::Protocol::bgp && !has_bgp) {
            continue;
        }
        control::Gate gate;
        gate.gate = plan::to_string(result.gate);
        gate.protocol = result.protocol ? plan::to_string(*result.protocol) : "";
        gate.question = question_of(result.gate);
        gate.answer = !result.reached ? control::Answer::not_reached
                      : result.passed ? control::Answer::yes
                                      : control::Answer::no;
        gate.reason = result.passed || !result.reached ? "" : plan::to_string(result.reason);
        gate.evidence = result.evidence;
        gate.remedy = result.remedy;
        explanation.gates.push_back(std::move(gate));
    }
    explanation.gates.push_back(speaker_gate(explanation.service, planned.verdict));
    for (const plan::NodeResult& node : planned.nodes) {
        control::NodeView view;
        view.node = node.node.value;
        view.layer2 = plan::to_string(node.layer2);
        view.bgp = plan::to_string(node.bgp);
        view.rank = static_cast<std::uint32_t>(node.rank);
        view.endpoints_serving = static_cast<std::uint32_t>(node.endpoints_serving);
        view.endpoints_total = static_cast<std::uint32_t>(node.endpoints_total);
        explanation.nodes.push_back(std::move(view));
    }
    return explanation;
}

control::Gate ControlView::speaker_gate(const control::Service& row,
                                        const plan::Verdict& verdict) const {
    control::Gate gate;
    gate.gate = "speaker";
    gate.protocol = plan::to_string(plan::Protocol::layer2);
    gate.question = "Does the owner's speaker answer?";
    if (verdict.layer2.reason != plan::Reason::announced) {
        gate.answer = control::Answer::not_reached;
        return gate;
    }
    if (!row.announced) {
        gate.answer = control::Answer::no;
        gate.reason = row.verdict;
        gate.evidence = row.reason;
        gate.remedy =
            row.verdict == kSpeakerNotConnected
                ? "start ferrolb-speaker on the node, or look at its log (ferroctl speakers)"
                : "look at ferroctl speakers and at the log of that speaker";
        return gate;
    }
    gate.answer = control::Answer::yes;
    for (const control::Announcer& announcer : row.announced_by) {
        gate.evidence +=
            (gate.evidence.empty() ? "" : "; ") + announcer.node + " says that it answers";
        for (std::size_t i = 0; i < announcer.interfaces.size(); ++i) {
            gate.evidence += (i == 0 ? " on " : ", ") + announcer.interfaces[i];
        }
    }
    return gate;
}

control::Version ControlView::version() {
    const runtime::Version own = runtime::version();
    const Instant now = runtime::monotonic_now();
    control::Version version;
    version.version = own.number;
    version.commit = own.commit;
    version.source = sources_.source;
    version.source_detail = sources_.source_detail;
    version.synchronised = sources_.controller->synchronised();
    version.picture_age_ms =
        version.synchronised ? milliseconds(now - sources_.controller->picture_changed()) : -1;
    version.feed_version = sources_.feed == nullptr ? 0 : sources_.feed->head();
    version.uptime_ms = milliseconds(now - sources_.started);
    version.conditions = sources_.controller->conditions();
    if (!sources_.ledger_condition.empty()) {
        version.conditions.push_back(sources_.ledger_condition);
    }
    return version;
}

}  // namespace ferro::controller
