#include "core/plan/evaluation.h"

#include "core/model/annotations.h"

#include <algorithm>
#include <array>

namespace ferro::plan {
namespace {

// --- the gates before the protocols part (spec 3.3) ---

Reason check_type(Context& context) {
    return context.subject.service.type == model::ServiceType::load_balancer
               ? Reason::announced
               : Reason::not_load_balancer;
}

// After the type: a service that is no LoadBalancer any more has lost its class too, and must be
// withdrawn all the same (quirk Q1, fixed).
Reason check_class(Context& context) {
    return context.subject.service.load_balancer_class.value_or("") ==
                   context.environment.options.load_balancer_class
               ? Reason::announced
               : Reason::other_load_balancer_class;
}

Reason check_configuration(Context& context) {
    return context.environment.configured ? Reason::announced : Reason::no_configuration;
}

Reason check_address(Context& context) {
    const auto& ingress = context.subject.service.ingress;
    if (ingress.empty()) {
        return Reason::no_ip_allocated;
    }
    std::vector<ip::Address> ips;
    ips.reserve(ingress.size());
    for (const model::LoadBalancerIngress& entry : ingress) {
        const auto parsed = ip::Address::parse(entry.ip);
        if (!parsed) {
            return Reason::invalid_ip;
        }
        ips.push_back(*parsed);
    }
    context.ips = std::move(ips);
    return Reason::announced;
}

bool holds_all(const PoolEntry& entry, const std::vector<ip::Address>& ips) {
    return std::all_of(
        ips.begin(), ips.end(), [&](ip::Address ip) { return entry.pool->contains(ip); });
}

Reason check_pool(Context& context) {
    const PoolEntryPtr& last = context.subject.last_pool;
    const bool last_holds = last != nullptr && holds_all(*last, context.ips);
    if (last_holds && last->current) {
        context.pool = last;
        return Reason::announced;
    }
    for (const auto& [name, entry] : context.environment.pools) {
        if (holds_all(*entry, context.ips)) {
            context.pool = entry;
            return Reason::announced;
        }
    }
    // T135: what is announced stays under the pool it was announced from, until the controller has
    // moved it.
    const VerdictPtr& verdict = context.subject.last_verdict;
    if (last_holds && verdict != nullptr && verdict->is_announced()) {
        context.pool = last;
        context.held_back = true;
        return Reason::announced;
    }
    return Reason::ip_not_allowed;
}

// --- endpoints ---

void note_endpoint(const model::Endpoint& endpoint, bool with_nodes, EndpointFacts& facts) {
    if (!serves(endpoint, Protocol::layer2)) {
        return;
    }
    const bool with_address = serves(endpoint, Protocol::bgp);
    facts.any_serving = true;
    facts.any_serving_with_address |= with_address;
    if (with_nodes && endpoint.node_name) {
        facts.serving_nodes.insert(*endpoint.node_name);
        if (with_address) {
            facts.serving_nodes_with_address.insert(*endpoint.node_name);
        }
    }
}

EndpointFacts endpoint_facts(const Slices& slices, bool with_nodes) {
    EndpointFacts facts;
    for (const auto& slice : slices) {
        for (const model::Endpoint& endpoint : slice->endpoints) {
            note_endpoint(endpoint, with_nodes, facts);
            if (!with_nodes && facts.any_serving_with_address) {
                return facts;
            }
        }
    }
    return facts;
}

// --- layer 2 (spec 3.6) ---

Reason check_l2_endpoints(Context& context) {
    return context.endpoints.any_serving ? Reason::announced : Reason::no_serving_endpoint;
}

Reason check_l2_advertisement(Context& context) {
    const auto& advertisements = context.pool->pool->l2_advertisements;
    if (advertisements.empty()) {
        return Reason::no_advertisement;
    }
    context.l2_selection = matching(advertisements, context.subject.service.meta.labels);
    return context.l2_selection.empty() ? Reason::no_advertisement_matches_service
                                        : Reason::announced;
}

Reason check_l2_sharing(Context& context) {
    // Any value counts, even an empty one: services that share could otherwise elect differently.
    if (!model::annotation(context.subject.service.meta.annotations, model::kAllowSharedIp)) {
        return Reason::announced;
    }
    const auto& advertisements = context.pool->pool->l2_advertisements;
    const bool selective = std::any_of(
        context.l2_selection.begin(), context.l2_selection.end(), [&](std::uint32_t index) {
            return !advertisements[index].service_selectors.empty();
        });
    return selective ? Reason::shared_ip_with_service_selector : Reason::announced;
}

Reason check_l2_nodes(Context& context) {
    context.l2_roster = &context.environment.rosters.layer2(
        *context.pool->pool, context.l2_selection, context.environment.nodes);
    return context.l2_roster->empty_reason;
}

Reason check_l2_local(Context& context) {
    if (!context.is_local()) {
        return Reason::announced;
    }
    for (const election::Candidate& candidate : context.l2_roster->candidates) {
        if (context.endpoints.serving_nodes.contains(candidate.node)) {
            context.l2_local.push_back(candidate);
        }
    }
    return context.l2_local.empty() ? Reason::no_local_endpoint : Reason::announced;
}

Reason check_l2_election(Context& context) {
    const auto candidates = context.l2_candidates();
    const std::size_t winner =
        context.environment.options.policy->winner(context.ips.front(), candidates);
    context.l2_winner = context.l2_roster->index_of(candidates[winner].node).value_or(0);
    return Reason::announced;
}

// --- BGP (spec 3.12) ---

Reason check_bgp_advertisement(Context& context) {
    const auto& advertisements = context.pool->pool->bgp_advertisements;
    if (advertisements.empty()) {
        return Reason::no_advertisement;
    }
    context.bgp_selection = matching(advertisements, context.subject.service.meta.labels);
    return context.bgp_selection.empty() ? Reason::no_advertisement_matches_service
                                         : Reason::announced;
}

// Coverage, conflicts and eligibility are asked node by node; a conflict that stops every node is
// told at its own gate.
Reason check_bgp_conflict(Context& context) {
    context.bgp_roster = &context.environment.rosters.bgp(
        *context.pool->pool, context.bgp_selection, context.environment.nodes);
    return context.bgp_roster->empty_reason == Reason::conflicting_advertisements
               ? Reason::conflicting_advertisements
               : Reason::announced;
}

Reason check_bgp_nodes(Context& context) {
    return context.bgp_roster->empty_reason;
}

Reason check_bgp_local(Context& context) {
    if (!context.is_local()) {
        context.bgp_nodes = context.bgp_roster->nodes;
        return Reason::announced;
    }
    std::vector<NodeName> nodes;
    for (const NodeName& node : *context.bgp_roster->nodes) {
        if (context.endpoints.serving_nodes_with_address.contains(node.value)) {
            nodes.push_back(node);
        }
    }
    if (nodes.empty()) {
        return Reason::no_local_endpoint;
    }
    context.bgp_nodes = std::make_shared<const std::vector<NodeName>>(std::move(nodes));
    return Reason::announced;
}

Reason check_bgp_endpoints(Context& context) {
    return context.endpoints.any_serving_with_address ? Reason::announced
                                                      : Reason::no_serving_endpoint;
}

// An empty hand for the protocols' gates: what they all read.
Reason check_pool_and_endpoints(Context& context) {
    const Reason reason = check_pool(context);
    if (reason == Reason::announced) {
        context.endpoints = endpoint_facts(context.subject.slices, context.is_local());
    }
    return reason;
}

constexpr std::array<GateRow, 5> kCommon{{{Gate::type, check_type, true},
                                          {Gate::load_balancer_class, check_class, true},
                                          {Gate::configuration, check_configuration, true},
                                          {Gate::address, check_address, true},
                                          {Gate::pool, check_pool_and_endpoints, true}}};

constexpr std::array<GateRow, 6> kLayer2{{{Gate::endpoints, check_l2_endpoints, false},
                                          {Gate::advertisement, check_l2_advertisement, true},
                                          {Gate::sharing, check_l2_sharing, false},
                                          {Gate::nodes, check_l2_nodes, true},
                                          {Gate::local_endpoints, check_l2_local, true},
                                          {Gate::election, check_l2_election, false}}};

constexpr std::array<GateRow, 5> kBgp{{{Gate::advertisement, check_bgp_advertisement, true},
                                       {Gate::conflict, check_bgp_conflict, false},
                                       {Gate::nodes, check_bgp_nodes, true},
                                       {Gate::local_endpoints, check_bgp_local, false},
                                       {Gate::endpoints, check_bgp_endpoints, false}}};

Reason ask(std::span<const GateRow> gates, Context& context) {
    for (const GateRow& row : gates) {
        const Reason reason = row.check(context);
        if (reason != Reason::announced) {
            return reason;
        }
    }
    return Reason::announced;
}

Layer2Verdict layer2_verdict(Context& context) {
    Layer2Verdict verdict;
    verdict.reason = ask(gates_of(Protocol::layer2), context);
    if (verdict.reason == Reason::announced) {
        verdict.owner = context.l2_roster->names[context.l2_winner];
        verdict.interfaces = context.l2_roster->interfaces[context.l2_winner];
    }
    return verdict;
}

BgpVerdict bgp_verdict(Context& context) {
    BgpVerdict verdict;
    verdict.reason = ask(gates_of(Protocol::bgp), context);
    if (verdict.reason == Reason::announced) {
        verdict.nodes = context.bgp_nodes;
    }
    return verdict;
}

Verdict verdict_of(Context& context) {
    Verdict verdict;
    const Reason common = ask(common_gates(), context);
    verdict.ips = context.ips;
    if (common == Reason::announced) {
        verdict.layer2 = layer2_verdict(context);
        verdict.bgp = bgp_verdict(context);
        // Held back means "goes on being announced"; what is silent anyway has nothing to keep.
        if (context.held_back && !verdict.is_announced()) {
            context.pool = nullptr;
            context.held_back = false;
            verdict.layer2.reason = Reason::ip_not_allowed;
            verdict.bgp.reason = Reason::ip_not_allowed;
        }
    } else {
        verdict.layer2.reason = common;
        verdict.bgp.reason = common;
    }
    verdict.held_back = context.held_back;
    verdict.pool = context.pool == nullptr ? nullptr : context.pool->name;
    return verdict;
}

Reason layer2_reason_of(Context& context, const NodeName& node) {
    const auto gates = gates_of(Protocol::layer2);
    for (const GateRow& row : gates) {
        if (row.gate == Gate::nodes) {
            const Reason reason = layer2_node_reason(
                *context.pool->pool, context.l2_selection, context.environment.nodes, node);
            if (reason != Reason::announced) {
                return reason;
            }
        }
        if (row.gate == Gate::local_endpoints) {
            if (context.is_local() && !context.endpoints.serving_nodes.contains(node.value)) {
                return Reason::no_local_endpoint;
            }
            break;
        }
        const Reason reason = row.check(context);
        if (reason != Reason::announced) {
            return reason;
        }
    }
    // The verdict holds the election already; repeating it would make an explanation quadratic in
    // the nodes.
    const VerdictPtr& verdict = context.subject.last_verdict;
    return verdict != nullptr && verdict->is_announced_by(node, Protocol::layer2)
               ? Reason::announced
               : Reason::lost_election;
}

Reason bgp_reason_of(Context& context, const NodeName& node) {
    const config::Pool& pool = *context.pool->pool;
    const auto& advertisements = pool.bgp_advertisements;
    if (advertisements.empty()) {
        return Reason::no_advertisement;
    }
    // For one node, coverage comes before the service's labels.
    const Selection selection = matching(advertisements, context.subject.service.meta.labels);
    const Reason reason = bgp_node_reason(pool, selection, context.environment.nodes, node);
    if (reason != Reason::announced) {
        return reason;
    }
    if (context.is_local() && !context.endpoints.serving_nodes_with_address.contains(node.value)) {
        return Reason::no_local_endpoint;
    }
    return check_bgp_endpoints(context);
}

}  // namespace

bool serves(const model::Endpoint& endpoint, Protocol protocol) {
    return endpoint.is_serving() && (protocol == Protocol::layer2 || !endpoint.addresses.empty());
}

std::span<const GateRow> common_gates() {
    return kCommon;
}

std::span<const GateRow> gates_of(Protocol protocol) {
    return protocol == Protocol::layer2 ? std::span<const GateRow>(kLayer2)
                                        : std::span<const GateRow>(kBgp);
}

Context make_context(Environment& environment, const Subject& subject) {
    return Context{.environment = environment,
                   .subject = subject,
                   .ips = {},
                   .pool = nullptr,
                   .held_back = false,
                   .endpoints = {},
                   .l2_selection = {},
                   .l2_roster = nullptr,
                   .l2_local = {},
                   .l2_winner = 0,
                   .bgp_selection = {},
                   .bgp_roster = nullptr,
                   .bgp_nodes = nullptr};
}

Verdict evaluate(Environment& environment, const Subject& subject, PoolEntryPtr& pool_used) {
    Context context = make_context(environment, subject);
    Verdict verdict = verdict_of(context);
    pool_used = context.pool;
    return verdict;
}

NodeVerdict evaluate_for(Environment& environment, const Subject& subject, const NodeName& node) {
    Context context = make_context(environment, subject);
    NodeVerdict view;
    const Reason common = ask(common_gates(), context);
    view.ips = context.ips;
    if (common != Reason::announced) {
        view.layer2 = common;
        view.bgp = common;
        return view;
    }
    view.layer2 = layer2_reason_of(context, node);
    if (view.layer2 == Reason::announced) {
        view.interfaces = subject.last_verdict->layer2.interfaces;
    }
    view.bgp = bgp_reason_of(context, node);
    return view;
}

bool could_take_over(Environment& environment, const Subject& subject, const NodeName& node) {
    Context context = make_context(environment, subject);
    context.pool = subject.last_pool;
    if (check_l2_advertisement(context) != Reason::announced ||
        check_l2_nodes(context) != Reason::announced) {
        return false;
    }
    const Layer2Roster& roster = *context.l2_roster;
    const auto challenger = roster.index_of(node.value);
    const auto owner = roster.index_of(subject.last_verdict->layer2.owner->value);
    if (!challenger || !owner) {
        return challenger.has_value();
    }
    const std::array<election::Candidate, 2> both{roster.candidates[*owner],
                                                  roster.candidates[*challenger]};
    return environment.options.policy->winner(subject.last_verdict->ips.front(), both) == 1;
}

}  // namespace ferro::plan
