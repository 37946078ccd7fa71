// Evaluation: the gates of spec 3.3, 3.6 and 3.12, asked in order of one service. One table of
// gates serves the verdict (stop at the first no) and the explanation (go on and describe), so they
// cannot disagree.
//
// The gates before the protocols part, then layer 2's, then BGP's. Each gate is a function that
// reads what earlier gates found in the Context, adds what it finds, and returns `announced` or why
// not. Nothing here keeps state: Planner (plan.h) owns it.
// Compatible with: MetalLB 0.15, speaker/main.go, layer2_controller.go, bgp_controller.go.
#pragma once

#include "core/config/configuration.h"
#include "core/model/objects.h"
#include "core/plan/node_table.h"
#include "core/plan/roster.h"
#include "core/plan/verdict.h"

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::plan {

/// How the planner behaves; fixed for its life.
struct Options {
    NodeName own_node;  ///< empty on the controller
    bool ignore_exclude_lb = false;
    std::string load_balancer_class;
    std::shared_ptr<const election::Policy> policy = election::hash_policy();
};

/// One pool as the plan holds it: services point here, and a new configuration exchanges the pool
/// behind it when only such things changed that its services do not see.
struct PoolEntry {
    std::shared_ptr<const config::Pool> pool;
    std::shared_ptr<const PoolName> name;
    bool current = true;  ///< false: from an earlier configuration, kept for services held back
};

using PoolEntryPtr = std::shared_ptr<PoolEntry>;
using PoolEntries = std::map<PoolName, PoolEntryPtr>;
using Slices = std::vector<std::shared_ptr<const model::EndpointSlice>>;

/// What evaluations share.
struct Environment {
    explicit Environment(Options given)
        : options(std::move(given)), nodes(options.ignore_exclude_lb) {}

    Options options;
    NodeTable nodes;
    bool configured = false;
    PoolEntries pools;
    RosterCache rosters;
};

/// The service under evaluation, with what the plan said last about it.
struct Subject {
    const model::Service& service;
    const Slices& slices;
    PoolEntryPtr last_pool;
    VerdictPtr last_verdict;
};

struct EndpointFacts {
    bool any_serving = false;               ///< layer 2 asks this
    bool any_serving_with_address = false;  ///< BGP asks this
    /// Nodes of such endpoints, filled only with externalTrafficPolicy Local.
    std::set<std::string_view> serving_nodes;
    std::set<std::string_view> serving_nodes_with_address;
};

/// Whether `protocol` counts the endpoint (spec 3.4).
bool serves(const model::Endpoint& endpoint, Protocol protocol);

/// What the gates have found so far.
struct Context {
    Environment& environment;
    const Subject& subject;

    std::vector<ip::Address> ips;
    PoolEntryPtr pool;
    bool held_back = false;
    EndpointFacts endpoints;

    Selection l2_selection;
    const Layer2Roster* l2_roster = nullptr;
    std::vector<election::Candidate> l2_local;  ///< candidates left by Local
    std::size_t l2_winner = 0;                  ///< index into the roster

    Selection bgp_selection;
    const BgpRoster* bgp_roster = nullptr;
    std::shared_ptr<const std::vector<NodeName>> bgp_nodes;

    [[nodiscard]] bool is_local() const {
        return subject.service.external_traffic_policy == model::TrafficPolicy::local;
    }

    [[nodiscard]] std::span<const election::Candidate> l2_candidates() const {
        return is_local() ? std::span<const election::Candidate>(l2_local)
                          : std::span<const election::Candidate>(l2_roster->candidates);
    }
};

struct GateRow {
    Gate gate;
    Reason (*check)(Context&);
    /// Whether the gates after it need what it finds; explain goes on past one that does not.
    bool needed_later;
};

std::span<const GateRow> common_gates();
std::span<const GateRow> gates_of(Protocol protocol);

/// A context in which no gate has been asked. Refers to both arguments.
Context make_context(Environment& environment, const Subject& subject);

/// The verdict, and in `pool_used` the pool that it rests on (null when none was found).
Verdict evaluate(Environment& environment, const Subject& subject, PoolEntryPtr& pool_used);

/// One node's own view, in MetalLB's order of gates for that node. The election's result is taken
/// from the subject's verdict, which must be up to date.
NodeVerdict evaluate_for(Environment& environment, const Subject& subject, const NodeName& node);

/// Whether `node` would take the service's layer 2 announcement from its owner: the question that
/// lets the planner skip a service when a node arrives. Only for services with a pool.
bool could_take_over(Environment& environment, const Subject& subject, const NodeName& node);

}  // namespace ferro::plan
