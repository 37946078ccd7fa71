// Verdict: what the plan says about one service. It is the same on every node that sees the same
// cluster: it names the owner, and a speaker finds itself in it or not. Payloads that many services
// have in common (node names, pool names, interface lists, node lists) are shared, so ten thousand
// verdicts cost a few megabytes. Immutable once made; may be read from any thread.
#pragma once

#include "core/base/ids.h"
#include "core/ip/address.h"
#include "core/model/object_ref.h"
#include "core/plan/reason.h"

#include <memory>
#include <set>
#include <vector>

namespace ferro::plan {

/// Sorted, without duplicates. A null pointer means "all usable interfaces".
using InterfaceList = std::shared_ptr<const std::vector<InterfaceName>>;

struct Layer2Verdict {
    Reason reason = Reason::no_configuration;
    std::shared_ptr<const NodeName> owner;  ///< set exactly when reason is `announced`
    InterfaceList interfaces;               ///< where the owner answers

    friend bool operator==(const Layer2Verdict& a, const Layer2Verdict& b);
};

struct BgpVerdict {
    Reason reason = Reason::no_configuration;
    /// Every node that announces, sorted; set exactly when reason is `announced`.
    std::shared_ptr<const std::vector<NodeName>> nodes;

    friend bool operator==(const BgpVerdict& a, const BgpVerdict& b);
};

struct Verdict {
    std::vector<ip::Address> ips;          ///< in the order of the status; empty before they parse
    std::shared_ptr<const PoolName> pool;  ///< null before a pool is found
    /// The new configuration has no pool for these addresses, and the old one is kept for this
    /// service until the controller has moved it (T135).
    bool held_back = false;
    Layer2Verdict layer2;
    BgpVerdict bgp;

    [[nodiscard]] Reason reason(Protocol protocol) const {
        return protocol == Protocol::layer2 ? layer2.reason : bgp.reason;
    }

    /// Whether anybody announces it, by any protocol.
    [[nodiscard]] bool is_announced() const {
        return layer2.reason == Reason::announced || bgp.reason == Reason::announced;
    }

    /// Whether `node` announces it by `protocol`.
    [[nodiscard]] bool is_announced_by(const NodeName& node, Protocol protocol) const;

    friend bool operator==(const Verdict& a, const Verdict& b);
};

using VerdictPtr = std::shared_ptr<const Verdict>;

/// A difference of the plan. `before` is null for a new service, `after` for one that is gone.
struct VerdictChange {
    model::ServiceKey service;
    VerdictPtr before;
    VerdictPtr after;
};

/// One node's own view of a service.
struct NodeVerdict {
    std::vector<ip::Address> ips;
    Reason layer2 = Reason::no_configuration;  ///< `announced` when this node is the owner
    InterfaceList interfaces;
    Reason bgp = Reason::no_configuration;

    friend bool operator==(const NodeVerdict& a, const NodeVerdict& b);
};

/// Why `node` stops announcing by `protocol` between two verdicts, `announced` when it does not:
/// `service_deleted`, `load_balancer_ip_changed` (it goes on with other addresses; MetalLB
/// withdraws the old ones first), or why not. `now` is the node's own view after the change.
Reason withdraw_reason(const VerdictChange& change,
                       const NodeName& node,
                       Protocol protocol,
                       const NodeVerdict& now);

/// Where an owner answers, once it has looked at its own interfaces.
struct InterfaceChoice {
    Reason reason = Reason::announced;  ///< or interface_missing
    bool all = false;
    std::vector<InterfaceName> names;    ///< the explicit list, when not `all`
    std::vector<InterfaceName> missing;  ///< listed names that are not there: the evidence

    /// Whether there is anything to answer on.
    [[nodiscard]] bool announces() const { return all || !names.empty(); }

    friend bool operator==(const InterfaceChoice&, const InterfaceChoice&) = default;
};

/// The owner's last gate (spec 3.7). An explicit list of which no name exists here is
/// `interface_missing`: there is no re-election, and what was announced before stays (`before`;
/// T074, T075). Otherwise the whole list is kept, so that a missing one answers once it appears.
InterfaceChoice resolve_interfaces(const InterfaceList& interfaces,
                                   const std::set<InterfaceName>& local,
                                   const InterfaceChoice* before = nullptr);

}  // namespace ferro::plan
