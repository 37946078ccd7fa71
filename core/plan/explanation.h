// Explanation: the same gates that made a verdict, each with its answer and the evidence, for
// people and machines. Made on demand by running the evaluation once more with its eyes open.
#pragma once

#include "core/base/ids.h"
#include "core/model/object_ref.h"
#include "core/plan/verdict.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ferro::plan {

struct GateResult {
    Gate gate = Gate::type;
    /// Unset for the gates before the protocols part.
    std::optional<Protocol> protocol;
    bool passed = false;
    /// False: a gate before broke, and this one could not be asked. Then evidence is empty.
    bool reached = true;
    Reason reason = Reason::announced;
    std::string evidence;
    std::string remedy;  ///< empty when passed
};

/// One advertisement of the service's pool.
struct AdvertisementResult {
    Protocol protocol = Protocol::layer2;
    std::string name;
    bool matches = false;
    std::string evidence;  ///< why not, or which nodes it covers
};

/// One known node, member or covered node, by name.
struct NodeResult {
    NodeName node;
    Reason layer2 = Reason::announced;  ///< `lost_election`: eligible, but another owns it
    Reason bgp = Reason::announced;
    std::int32_t score = 0;           ///< of the matching L2 advertisements
    std::size_t rank = 0;             ///< 1 = owner; 0 = not a candidate
    std::size_t endpoints_total = 0;  ///< on this node
    std::size_t endpoints_serving = 0;
};

struct Explanation {
    model::ServiceKey service;
    bool known = false;  ///< false: there is no such service, and everything else is empty
    Verdict verdict;
    std::vector<GateResult> gates;  ///< the common ones, then layer2's, then bgp's
    std::vector<AdvertisementResult> advertisements;
    std::vector<NodeResult> nodes;

    /// The first gate that said no, for one protocol or (of those before the parting) for both;
    /// null when the protocol announces.
    [[nodiscard]] const GateResult* first_broken(Protocol protocol) const;
};

}  // namespace ferro::plan
