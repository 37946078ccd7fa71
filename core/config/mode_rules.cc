// What the chosen BGP backend cannot carry (spec 8.1).
#include "core/config/checks.h"
#include "core/ip/prefix.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ferro::config {
namespace {

/// The word after "peer" in MetalLB's messages: its address, or its interface when unnumbered.
const std::string& identity(const model::BgpPeer& peer) {
    return peer.peer_address.empty() ? peer.interface : peer.peer_address;
}

void check_native_peer(const model::BgpPeer& peer, Report& report) {
    const auto refuse = [&](Rule rule, const std::string& name) {
        report.error(rule,
                     {ref_to(peer),
                      "spec." + name,
                      "peer " + identity(peer) + " has " + name +
                          " set, which native bgp mode does not support",
                      "remove the field, or choose an FRR mode"});
    };
    if (!peer.bfd_profile.empty()) {
        refuse(Rule::native_bfd_profile, "bfdProfile");
    }
    if (peer.keepalive_time_ms.value_or(0) != 0) {
        refuse(Rule::native_keepalive_time, "keepaliveTime");
    }
    const std::pair<bool, const char*> fields[] = {
        {!peer.vrf.empty(), "vrf"},
        {peer.connect_time_ms.has_value(), "connectTime"},
        {peer.enable_graceful_restart.value_or(false), "enableGracefulRestart"},
        {peer.disable_mp, "disableMP"},
        {peer.dual_stack_address_family, "dualStackAddressFamily"},
        {!peer.dynamic_asn.empty(), "dynamicASN"},
        {!peer.interface.empty(), "interface"},
        {peer.local_asn != 0, "localASN"}};
    for (const auto& [is_set, name] : fields) {
        if (is_set) {
            refuse(Rule::native_peer_field, name);
        }
    }
}

/// Items that do not parse are refused by the pool rules.
bool holds_ipv6(const std::string& item) {
    const auto prefixes = ip::parse_pool_item(item);
    return prefixes && !prefixes->empty() && prefixes->front().family() == ip::Family::ipv6;
}

void check_native_pools(const Input& input, Report& report) {
    for (const auto& pool : input.pools) {
        const bool advertised = std::any_of(
            input.bgp_advertisements.begin(),
            input.bgp_advertisements.end(),
            [&](const auto& advertisement) {
                return chooses_pool(*advertisement, pool->meta.key.name, pool->meta.labels);
            });
        for (std::size_t i = 0; advertised && i < pool->addresses.size(); ++i) {
            if (holds_ipv6(pool->addresses[i])) {
                report.error(Rule::native_ipv6_pool,
                             {ref_to(*pool),
                              indexed("spec.addresses", i),
                              "pool " + quoted(pool->meta.key.name) + " has ipv6 CIDR " +
                                  quoted(pool->addresses[i]) +
                                  " advertised over BGP, which native bgp mode does not support",
                              "let the BGPAdvertisements choose other pools, or choose an FRR "
                              "mode"});
            }
        }
    }
}

void refuse_large(Report& report,
                  const model::ObjectRef& object,
                  const std::string& field,
                  const std::string& value) {
    const auto community = parse_community(value);
    if (!community || !community->large) {
        return;
    }
    report.error(Rule::native_large_community,
                 {object,
                  field,
                  "native BGP mode only supports legacy communities, not " + quoted(value),
                  "use the form A:B, or choose an FRR mode"});
}

void check_native(const Input& input, Report& report) {
    for (const auto& peer : input.peers) {
        check_native_peer(*peer, report);
    }
    for (const auto& profile : input.bfd_profiles) {
        report.error(Rule::native_bfd_profile_object,
                     {ref_to(*profile),
                      "",
                      "bfd profiles section set",
                      "native BGP mode has no BFD: delete the BFDProfile, or choose an FRR mode"});
    }
    check_native_pools(input, report);
    for (const auto& advertisement : input.bgp_advertisements) {
        for (std::size_t i = 0; i < advertisement->communities.size(); ++i) {
            refuse_large(report,
                         ref_to(*advertisement),
                         indexed("spec.communities", i),
                         advertisement->communities[i]);
        }
    }
    for (const auto& object : input.communities) {
        for (std::size_t i = 0; i < object->communities.size(); ++i) {
            refuse_large(report,
                         ref_to(*object),
                         indexed("spec.communities", i) + ".value",
                         object->communities[i].value);
        }
    }
}

/// One FRR instance serves all peers of a node: compares peers pair by pair.
class FrrPairs {
  public:
    FrrPairs(const Input& input, Report& report) : input_(input), report_(report) {}

    void check() {
        std::vector<std::set<NodeName>> nodes;
        for (const auto& peer : input_.peers) {
            nodes.push_back(selected_nodes(input_.nodes, peer->node_selectors));
        }
        for (std::size_t i = 0; i < input_.peers.size(); ++i) {
            for (std::size_t j = i + 1; j < input_.peers.size(); ++j) {
                if (share_a_node(nodes[i], nodes[j])) {
                    check_pair(*input_.peers[i], *input_.peers[j]);
                }
            }
        }
    }

  private:
    /// While no node is known, any two peers might meet.
    [[nodiscard]] bool share_a_node(const std::set<NodeName>& a,
                                    const std::set<NodeName>& b) const {
        return input_.nodes.empty() || std::any_of(a.begin(), a.end(), [&](const NodeName& name) {
                   return b.contains(name);
               });
    }

    void check_pair(const model::BgpPeer& first, const model::BgpPeer& second) {
        // Texts are compared, as MetalLB does: ::1 and 0:0::1 pass as two.
        if (first.router_id != second.router_id) {
            refuse(Rule::router_id_mismatch,
                   second,
                   "spec.routerID",
                   "peers " + identity(first) + " and " + identity(second) +
                       " of the same node have different routerID, which FRR mode does not support",
                   "give all peers of a node the same routerID, or none");
        }
        if (key(first) == key(second)) {
            refuse(Rule::duplicate_peer,
                   second,
                   second.peer_address.empty() ? "spec.interface" : "spec.peerAddress",
                   "peer " + identity(second) +
                       " already exists, FRR mode doesn't support duplicate BGPPeers selecting the "
                       "same node",
                   "remove one of the two, or give them nodeSelectors that share no node");
        }
        if (first.vrf == second.vrf && first.my_asn != second.my_asn) {
            refuse(Rule::asn_mismatch,
                   second,
                   "spec.myASN",
                   "peers " + identity(first) + " and " + identity(second) +
                       " of the same node and VRF have different myASN, which FRR mode does not "
                       "support",
                   "give all peers of a node and VRF the same myASN; localASN may differ");
        }
    }

    static std::string key(const model::BgpPeer& peer) { return identity(peer) + "-" + peer.vrf; }

    /// One finding for a peer and rule says enough, however many others it collides with.
    void refuse(Rule rule,
                const model::BgpPeer& peer,
                const std::string& field,
                const std::string& message,
                const std::string& remedy) {
        if (reported_.emplace(rule, peer.meta.key).second) {
            report_.error(rule, {ref_to(peer), field, message, remedy});
        }
    }

    const Input& input_;
    Report& report_;
    std::set<std::pair<Rule, model::ObjectKey>> reported_;
};

}  // namespace

void check_mode(const Input& input, BgpMode mode, Report& report) {
    switch (mode) {
        case BgpMode::native:
            check_native(input, report);
            return;
        case BgpMode::frr:
        case BgpMode::frr_k8s:
            FrrPairs(input, report).check();
            return;
        case BgpMode::none:
            return;
    }
}

}  // namespace ferro::config
