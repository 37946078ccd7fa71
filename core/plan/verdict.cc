#include "core/plan/verdict.h"

#include <algorithm>

namespace ferro::plan {
namespace {

template <typename T>
bool equal_values(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
    return a == b || (a != nullptr && b != nullptr && *a == *b);
}

}  // namespace

bool operator==(const Layer2Verdict& a, const Layer2Verdict& b) {
    return a.reason == b.reason && equal_values(a.owner, b.owner) &&
           equal_values(a.interfaces, b.interfaces);
}

bool operator==(const BgpVerdict& a, const BgpVerdict& b) {
    return a.reason == b.reason && equal_values(a.nodes, b.nodes);
}

bool operator==(const Verdict& a, const Verdict& b) {
    return a.ips == b.ips && equal_values(a.pool, b.pool) && a.held_back == b.held_back &&
           a.layer2 == b.layer2 && a.bgp == b.bgp;
}

bool operator==(const NodeVerdict& a, const NodeVerdict& b) {
    return a.ips == b.ips && a.layer2 == b.layer2 && equal_values(a.interfaces, b.interfaces) &&
           a.bgp == b.bgp;
}

bool Verdict::is_announced_by(const NodeName& node, Protocol protocol) const {
    if (protocol == Protocol::layer2) {
        return layer2.owner != nullptr && *layer2.owner == node;
    }
    return bgp.nodes != nullptr && std::binary_search(bgp.nodes->begin(), bgp.nodes->end(), node);
}

Reason withdraw_reason(const VerdictChange& change,
                       const NodeName& node,
                       Protocol protocol,
                       const NodeVerdict& now) {
    if (change.before == nullptr || !change.before->is_announced_by(node, protocol)) {
        return Reason::announced;
    }
    if (change.after == nullptr) {
        return Reason::service_deleted;
    }
    if (!change.after->is_announced_by(node, protocol)) {
        return protocol == Protocol::layer2 ? now.layer2 : now.bgp;
    }
    const auto sorted = [](std::vector<ip::Address> ips) {
        std::sort(ips.begin(), ips.end());
        return ips;
    };
    // MetalLB compares sets: a new order of the same addresses is not a change.
    return sorted(change.before->ips) == sorted(change.after->ips)
               ? Reason::announced
               : Reason::load_balancer_ip_changed;
}

InterfaceChoice resolve_interfaces(const InterfaceList& interfaces,
                                   const std::set<InterfaceName>& local,
                                   const InterfaceChoice* before) {
    InterfaceChoice choice;
    if (interfaces == nullptr) {
        choice.all = true;
        return choice;
    }
    for (const InterfaceName& name : *interfaces) {
        if (!local.contains(name)) {
            choice.missing.push_back(name);
        }
    }
    if (choice.missing.size() < interfaces->size()) {
        choice.names = *interfaces;
        return choice;
    }
    choice.reason = Reason::interface_missing;
    if (before != nullptr) {
        choice.all = before->all;
        choice.names = before->names;
    }
    return choice;
}

}  // namespace ferro::plan
