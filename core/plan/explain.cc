#include "core/plan/explain.h"

#include "core/model/annotations.h"
#include "core/plan/remedy.h"

#include <algorithm>

namespace ferro::plan {
namespace {

/// Lists in evidence stop here; the structured parts of an Explanation are complete.
constexpr std::size_t kListedAtMost = 20;

std::string join(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < items.size() && i < kListedAtMost; ++i) {
        text += (i == 0 ? "" : ", ") + items[i];
    }
    if (items.size() > kListedAtMost) {
        text += " and " + std::to_string(items.size() - kListedAtMost) + " more";
    }
    return text.empty() ? "none" : text;
}

std::string join(const std::vector<ip::Address>& ips) {
    std::vector<std::string> texts;
    for (const ip::Address ip : ips) {
        texts.push_back(ip.to_string());
    }
    return join(texts);
}

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

std::string selectors_text(const std::vector<model::LabelSelector>& selectors) {
    std::vector<std::string> texts;
    for (const model::LabelSelector& selector : selectors) {
        texts.push_back(quoted(selector.to_string()));
    }
    return join(texts);
}

// --- what each gate saw ---

std::string class_evidence(const Context& context) {
    const auto& asked = context.subject.service.load_balancer_class;
    const std::string& own = context.environment.options.load_balancer_class;
    return (asked ? "the service asks for class " + quoted(*asked)
                  : std::string("the service asks for no class")) +
           "; this installation serves " +
           (own.empty() ? std::string("services without one") : "class " + quoted(own));
}

std::string address_evidence(const Context& context, std::string_view allocation_evidence) {
    const auto& ingress = context.subject.service.ingress;
    if (ingress.empty()) {
        return "the status has no address" + (allocation_evidence.empty()
                                                  ? std::string()
                                                  : ": " + std::string(allocation_evidence));
    }
    std::vector<std::string> texts;
    for (const model::LoadBalancerIngress& entry : ingress) {
        texts.push_back(entry.ip.empty() ? "hostname " + quoted(entry.hostname) : entry.ip);
    }
    return "the status has " + join(texts);
}

std::string pool_evidence(const Context& context) {
    if (context.pool == nullptr) {
        std::vector<std::string> names;
        for (const auto& [name, entry] : context.environment.pools) {
            names.push_back(name.value);
        }
        return "no pool holds " + join(context.ips) + "; pools: " + join(names);
    }
    const std::string held = context.pool->name->value + " holds " + join(context.ips);
    return context.held_back ? "the present configuration has no pool for it; pool " + held +
                                   " in an earlier one, which is kept until the controller has "
                                   "given the service another address"
                             : "pool " + held;
}

struct EndpointCount {
    std::size_t total = 0;
    std::size_t serving = 0;
};

/// By node name; endpoints without one stand under "".
std::map<std::string, EndpointCount> count_endpoints(const Context& context, Protocol protocol) {
    std::map<std::string, EndpointCount> counts;
    for (const auto& slice : context.subject.slices) {
        for (const model::Endpoint& endpoint : slice->endpoints) {
            EndpointCount& count = counts[endpoint.node_name.value_or("")];
            ++count.total;
            count.serving += serves(endpoint, protocol) ? 1U : 0U;
        }
    }
    return counts;
}

std::string endpoints_evidence(const Context& context, Protocol protocol) {
    EndpointCount all;
    std::vector<std::string> texts;
    for (const auto& [node, count] : count_endpoints(context, protocol)) {
        all.total += count.total;
        all.serving += count.serving;
        texts.push_back((node.empty() ? "no node" : node) + " " + std::to_string(count.serving) +
                        "/" + std::to_string(count.total));
    }
    if (all.total == 0) {
        return "there are no endpoints (" + std::to_string(context.subject.slices.size()) +
               " endpoint slices)";
    }
    return std::to_string(all.serving) + " of " + std::to_string(all.total) +
           " endpoints serve: " + join(texts);
}

template <typename Advertisement>
AdvertisementResult advertisement_result(const Advertisement& advertisement,
                                         Protocol protocol,
                                         bool matches,
                                         const model::Labels& labels) {
    AdvertisementResult result;
    result.protocol = protocol;
    result.name = advertisement.name;
    result.matches = matches;
    if (matches) {
        std::vector<std::string> nodes;
        for (const NodeName& node : advertisement.nodes) {
            nodes.push_back(node.value);
        }
        result.evidence = "covers nodes: " + join(nodes);
    } else {
        result.evidence = "serviceSelectors " + selectors_text(advertisement.service_selectors) +
                          " do not match the labels " + quoted(model::to_string(labels));
    }
    return result;
}

template <typename Advertisement>
std::string advertisement_evidence(const std::vector<Advertisement>& advertisements,
                                   const Selection& selection,
                                   const Context& context) {
    const std::string pool = "pool " + context.pool->name->value;
    if (advertisements.empty()) {
        return pool + " has no advertisement of this protocol";
    }
    std::vector<std::string> matching_names;
    std::vector<std::string> other_names;
    for (std::uint32_t i = 0; i < advertisements.size(); ++i) {
        const bool matches = std::binary_search(selection.begin(), selection.end(), i);
        (matches ? matching_names : other_names).push_back(advertisements[i].name);
    }
    std::string text = "of " + pool + " match: " + join(matching_names);
    if (!other_names.empty()) {
        text += "; not by their service selectors: " + join(other_names);
    }
    return text;
}

std::string sharing_evidence(const Context& context) {
    return model::annotation(context.subject.service.meta.annotations, model::kAllowSharedIp)
               ? "the service has the annotation allow-shared-ip"
               : "the service has no annotation allow-shared-ip";
}

std::string conflict_evidence(const Context& context) {
    const config::Pool& pool = *context.pool->pool;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < context.bgp_selection.size(); ++i) {
        const auto& a = pool.bgp_advertisements[context.bgp_selection[i]];
        for (std::size_t j = i + 1; j < context.bgp_selection.size(); ++j) {
            const auto& b = pool.bgp_advertisements[context.bgp_selection[j]];
            if (in_conflict(pool, a, b)) {
                texts.push_back(a.name + " (localPref " + std::to_string(a.local_pref) + ") and " +
                                b.name + " (localPref " + std::to_string(b.local_pref) + ")");
            }
        }
    }
    return texts.empty() ? "the matching advertisements agree" : "in conflict: " + join(texts);
}

std::string nodes_evidence(const std::vector<NodeResult>& nodes, Protocol protocol) {
    std::vector<std::string> eligible;
    std::vector<std::string> refused;
    for (const NodeResult& node : nodes) {
        const Reason reason = protocol == Protocol::layer2 ? node.layer2 : node.bgp;
        const bool fails_here =
            reason == Reason::no_advertisement_covers_node ||
            reason == Reason::no_advertisement_matches_service ||
            reason == Reason::conflicting_advertisements || reason == Reason::node_not_member ||
            reason == Reason::node_network_unavailable || reason == Reason::node_excluded;
        if (fails_here) {
            refused.push_back(node.node.value + " (" + to_string(reason) + ")");
        } else {
            eligible.push_back(node.node.value);
        }
    }
    return "eligible: " + join(eligible) + (refused.empty() ? "" : "; not: " + join(refused));
}

std::string local_evidence(const Context& context, Protocol protocol) {
    if (!context.is_local()) {
        return "externalTrafficPolicy is Cluster: endpoints may be on any node";
    }
    const auto& nodes = protocol == Protocol::layer2 ? context.endpoints.serving_nodes
                                                     : context.endpoints.serving_nodes_with_address;
    return "externalTrafficPolicy is Local; nodes with a serving endpoint: " +
           join(std::vector<std::string>(nodes.begin(), nodes.end()));
}

std::string election_evidence(const Context& context) {
    const election::Policy& policy = *context.environment.options.policy;
    std::vector<std::string> order;
    for (const election::Candidate& candidate :
         policy.rank(context.ips.front(), context.l2_candidates())) {
        order.push_back(
            std::string(candidate.node) +
            (candidate.score == 0 ? "" : " (score " + std::to_string(candidate.score) + ")"));
    }
    return context.l2_roster->names[context.l2_winner]->value + " is first by policy " +
           policy.name() + " for " + context.ips.front().to_string() + ": " + join(order);
}

/// Runs the gates and writes down what they saw.
class Narrator {
  public:
    Narrator(Context& context, std::string_view allocation_evidence, Explanation& out)
        : context_(context), allocation_evidence_(allocation_evidence), out_(out) {}

    /// True when every gate passed.
    bool ask(std::span<const GateRow> rows, std::optional<Protocol> protocol, bool reachable) {
        bool passed_all = reachable;
        for (const GateRow& row : rows) {
            GateResult result;
            result.gate = row.gate;
            result.protocol = protocol;
            result.reached = reachable;
            if (reachable) {
                result.reason = row.check(context_);
                result.passed = result.reason == Reason::announced;
                result.evidence = evidence(row.gate, protocol.value_or(Protocol::layer2));
            }
            if (reachable && !result.passed) {
                result.remedy = remedy(result.reason,
                                       protocol.value_or(Protocol::layer2),
                                       context_.pool == nullptr ? "" : context_.pool->name->value);
                reachable = !row.needed_later;
                passed_all = false;
            }
            out_.gates.push_back(std::move(result));
        }
        return passed_all;
    }

  private:
    [[nodiscard]] std::string evidence(Gate gate, Protocol protocol) const {
        const bool layer2 = protocol == Protocol::layer2;
        switch (gate) {
            case Gate::type:
                return std::string("spec.type is ") +
                       model::to_string(context_.subject.service.type);
            case Gate::load_balancer_class:
                return class_evidence(context_);
            case Gate::configuration:
                return context_.environment.configured
                           ? std::to_string(context_.environment.pools.size()) + " pools"
                           : "no configuration has been accepted yet";
            case Gate::address:
                return address_evidence(context_, allocation_evidence_);
            case Gate::pool:
                return pool_evidence(context_);
            case Gate::endpoints:
                return endpoints_evidence(context_, protocol);
            case Gate::advertisement:
                return layer2 ? advertisement_evidence(context_.pool->pool->l2_advertisements,
                                                       context_.l2_selection,
                                                       context_)
                              : advertisement_evidence(context_.pool->pool->bgp_advertisements,
                                                       context_.bgp_selection,
                                                       context_);
            case Gate::sharing:
                return sharing_evidence(context_);
            case Gate::conflict:
                return conflict_evidence(context_);
            case Gate::nodes:
                return nodes_evidence(out_.nodes, protocol);
            case Gate::local_endpoints:
                return local_evidence(context_, protocol);
            case Gate::election:
                return election_evidence(context_);
            case Gate::interfaces:
                break;  // asked by the owner alone, on its own host
        }
        return "";
    }

    Context& context_;
    std::string_view allocation_evidence_;
    Explanation& out_;
};

void add_advertisements(const PoolEntry& pool, const model::Labels& labels, Explanation& out) {
    const auto add = [&](const auto& advertisements, Protocol protocol) {
        const Selection selection = matching(advertisements, labels);
        for (std::uint32_t i = 0; i < advertisements.size(); ++i) {
            const bool matches = std::binary_search(selection.begin(), selection.end(), i);
            out.advertisements.push_back(
                advertisement_result(advertisements[i], protocol, matches, labels));
        }
    };
    add(pool.pool->l2_advertisements, Protocol::layer2);
    add(pool.pool->bgp_advertisements, Protocol::bgp);
}

/// Every node that is known, a member, or covered: each by the same functions as the verdict.
void add_nodes(Environment& environment, const Subject& subject, Explanation& out) {
    const config::Pool& pool = *subject.last_pool->pool;
    std::set<NodeName> names = environment.nodes.names();
    for (const auto& advertisement : pool.l2_advertisements) {
        names.insert(advertisement.nodes.begin(), advertisement.nodes.end());
    }
    for (const auto& advertisement : pool.bgp_advertisements) {
        names.insert(advertisement.nodes.begin(), advertisement.nodes.end());
    }
    const Context context = make_context(environment, subject);
    const auto endpoints = count_endpoints(context, Protocol::layer2);
    const Selection selection = matching(pool.l2_advertisements, subject.service.meta.labels);
    std::vector<election::Candidate> candidates;
    for (const NodeName& name : names) {
        const NodeVerdict view = evaluate_for(environment, subject, name);
        NodeResult result;
        result.node = name;
        result.layer2 = view.layer2;
        result.bgp = view.bgp;
        result.score = layer2_score(pool, selection, name);
        if (const auto found = endpoints.find(name.value); found != endpoints.end()) {
            result.endpoints_total = found->second.total;
            result.endpoints_serving = found->second.serving;
        }
        out.nodes.push_back(std::move(result));
    }
    for (const NodeResult& node : out.nodes) {
        if (node.layer2 == Reason::announced || node.layer2 == Reason::lost_election) {
            candidates.push_back(election::Candidate{node.node.value, node.score});
        }
    }
    std::size_t rank = 0;
    for (const election::Candidate& candidate :
         environment.options.policy->rank(subject.last_verdict->ips.front(), candidates)) {
        ++rank;
        std::find_if(out.nodes.begin(), out.nodes.end(), [&](const NodeResult& node) {
            return node.node.value == candidate.node;
        })->rank = rank;
    }
}

}  // namespace

const GateResult* Explanation::first_broken(Protocol protocol) const {
    for (const GateResult& gate : gates) {
        if (gate.reached && !gate.passed && gate.protocol.value_or(protocol) == protocol) {
            return &gate;
        }
    }
    return nullptr;
}

Explanation explain(Environment& environment,
                    const Subject& subject,
                    std::string_view allocation_evidence) {
    Explanation out;
    out.service = subject.service.meta.key;
    out.known = true;
    out.verdict = *subject.last_verdict;
    if (subject.last_pool != nullptr) {
        add_advertisements(*subject.last_pool, subject.service.meta.labels, out);
        add_nodes(environment, subject, out);
    }
    Context context = make_context(environment, subject);
    Narrator narrator(context, allocation_evidence, out);
    const bool open = narrator.ask(common_gates(), std::nullopt, true);
    narrator.ask(gates_of(Protocol::layer2), Protocol::layer2, open);
    narrator.ask(gates_of(Protocol::bgp), Protocol::bgp, open);
    return out;
}

}  // namespace ferro::plan
