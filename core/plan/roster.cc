#include "core/plan/roster.h"

#include <algorithm>
#include <set>

namespace ferro::plan {
namespace {

/// The nodes that at least one of the selected advertisements covers.
template <typename Advertisement>
std::set<NodeName> covered_nodes(const std::vector<Advertisement>& advertisements,
                                 const Selection& selection) {
    std::set<NodeName> nodes;
    for (const std::uint32_t index : selection) {
        nodes.insert(advertisements[index].nodes.begin(), advertisements[index].nodes.end());
    }
    return nodes;
}

/// All interfaces as soon as one covering advertisement names none, else the union (spec 3.7).
InterfaceList interfaces_of(const config::Pool& pool,
                            const Selection& selection,
                            const NodeName& node) {
    std::set<std::string> names;
    for (const std::uint32_t index : selection) {
        const config::L2Advertisement& advertisement = pool.l2_advertisements[index];
        if (!advertisement.nodes.contains(node)) {
            continue;
        }
        if (advertisement.interfaces.empty()) {
            return nullptr;
        }
        names.insert(advertisement.interfaces.begin(), advertisement.interfaces.end());
    }
    std::vector<InterfaceName> list;
    for (const std::string& name : names) {
        list.emplace_back(name);
    }
    return std::make_shared<const std::vector<InterfaceName>>(std::move(list));
}

/// One word for why all nodes said no: theirs when they agree.
class SharedReason {
  public:
    void add(Reason reason) {
        reason_ = !reason_ || *reason_ == reason ? reason : Reason::no_eligible_node;
    }

    [[nodiscard]] Reason value() const {
        return reason_.value_or(Reason::no_advertisement_covers_node);
    }

  private:
    std::optional<Reason> reason_;
};

Layer2Roster make_layer2(const config::Pool& pool,
                         const Selection& selection,
                         const NodeTable& nodes) {
    Layer2Roster roster;
    SharedReason refusals;
    // Few distinct lists for many nodes: neighbours in name order mostly share theirs.
    InterfaceList last_list;
    for (const NodeName& node : covered_nodes(pool.l2_advertisements, selection)) {
        const Reason reason = layer2_node_reason(pool, selection, nodes, node);
        if (reason != Reason::announced) {
            refusals.add(reason);
            continue;
        }
        InterfaceList list = interfaces_of(pool, selection, node);
        if (list != nullptr && last_list != nullptr && *list == *last_list) {
            list = last_list;
        }
        last_list = list;
        roster.names.push_back(std::make_shared<const NodeName>(node));
        roster.interfaces.push_back(std::move(list));
        roster.candidates.push_back(election::Candidate{
            .node = roster.names.back()->value, .score = layer2_score(pool, selection, node)});
    }
    if (roster.candidates.empty()) {
        roster.empty_reason = refusals.value();
    }
    return roster;
}

BgpRoster make_bgp(const config::Pool& pool,
                   const Selection& selection,
                   const NodeTable& nodes,
                   Interner<std::vector<NodeName>>& node_lists) {
    std::vector<NodeName> announcing;
    SharedReason refusals;
    for (const NodeName& node : covered_nodes(pool.bgp_advertisements, selection)) {
        const Reason reason = bgp_node_reason(pool, selection, nodes, node);
        if (reason == Reason::announced) {
            announcing.push_back(node);
        } else {
            refusals.add(reason);
        }
    }
    BgpRoster roster;
    if (announcing.empty()) {
        roster.empty_reason = refusals.value();
    }
    roster.nodes = node_lists.share(std::move(announcing));
    return roster;
}

bool pool_has(const config::Pool& pool, ip::Family family) {
    return std::any_of(pool.prefixes.begin(),
                       pool.prefixes.end(),
                       [family](const ip::Prefix& prefix) { return prefix.family() == family; });
}

bool peers_overlap(const config::BgpAdvertisement& a, const config::BgpAdvertisement& b) {
    return a.peers.empty() || b.peers.empty() ||
           std::any_of(a.peers.begin(), a.peers.end(), [&](const std::string& peer) {
               return b.peers.contains(peer);
           });
}

}  // namespace

std::optional<std::size_t> Layer2Roster::index_of(std::string_view node) const {
    const auto found = std::lower_bound(
        candidates.begin(),
        candidates.end(),
        node,
        [](const election::Candidate& a, std::string_view b) { return a.node < b; });
    if (found == candidates.end() || found->node != node) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - candidates.begin());
}

Reason layer2_node_reason(const config::Pool& pool,
                          const Selection& selection,
                          const NodeTable& nodes,
                          const NodeName& node) {
    const bool covered = std::any_of(selection.begin(), selection.end(), [&](std::uint32_t index) {
        return pool.l2_advertisements[index].nodes.contains(node);
    });
    if (!covered) {
        return Reason::no_advertisement_covers_node;
    }
    return nodes.is_member(node) ? nodes.eligibility(node) : Reason::node_not_member;
}

Reason bgp_node_reason(const config::Pool& pool,
                       const Selection& selection,
                       const NodeTable& nodes,
                       const NodeName& node) {
    const auto& advertisements = pool.bgp_advertisements;
    const auto covers = [&](const config::BgpAdvertisement& advertisement) {
        return advertisement.nodes.contains(node);
    };
    if (std::none_of(advertisements.begin(), advertisements.end(), covers)) {
        return Reason::no_advertisement_covers_node;
    }
    Selection covering;
    std::copy_if(
        selection.begin(), selection.end(), std::back_inserter(covering), [&](std::uint32_t index) {
            return covers(advertisements[index]);
        });
    if (covering.empty()) {
        return Reason::no_advertisement_matches_service;
    }
    for (std::size_t i = 0; i < covering.size(); ++i) {
        for (std::size_t j = i + 1; j < covering.size(); ++j) {
            if (in_conflict(pool, advertisements[covering[i]], advertisements[covering[j]])) {
                return Reason::conflicting_advertisements;
            }
        }
    }
    return nodes.eligibility(node);
}

std::int32_t layer2_score(const config::Pool& pool,
                          const Selection& selection,
                          const NodeName& node) {
    std::int32_t score = 0;
    for (const std::uint32_t index : selection) {
        const config::L2Advertisement& advertisement = pool.l2_advertisements[index];
        const auto found = advertisement.node_scores.find(node);
        if (found != advertisement.node_scores.end() && advertisement.nodes.contains(node)) {
            score += found->second;
        }
    }
    return score;
}

bool in_conflict(const config::Pool& pool,
                 const config::BgpAdvertisement& a,
                 const config::BgpAdvertisement& b) {
    if (a.local_pref == b.local_pref || !peers_overlap(a, b)) {
        return false;
    }
    // "Aggregation different" must hold for each family that the pool has.
    const bool same_v4 =
        pool_has(pool, ip::Family::ipv4) && a.aggregation_length == b.aggregation_length;
    const bool same_v6 =
        pool_has(pool, ip::Family::ipv6) && a.aggregation_length_v6 == b.aggregation_length_v6;
    return same_v4 || same_v6;
}

const Layer2Roster& RosterCache::layer2(const config::Pool& pool,
                                        const Selection& selection,
                                        const NodeTable& nodes) {
    const Key key{&pool, selection};
    auto found = layer2_.find(key);
    if (found == layer2_.end()) {
        found = layer2_.emplace(key, make_layer2(pool, selection, nodes)).first;
    }
    return found->second;
}

const BgpRoster& RosterCache::bgp(const config::Pool& pool,
                                  const Selection& selection,
                                  const NodeTable& nodes) {
    const Key key{&pool, selection};
    auto found = bgp_.find(key);
    if (found == bgp_.end()) {
        found = bgp_.emplace(key, make_bgp(pool, selection, nodes, node_lists_)).first;
    }
    return found->second;
}

void RosterCache::clear() {
    layer2_.clear();
    bgp_.clear();
}

void RosterCache::clear_layer2() {
    layer2_.clear();
}

}  // namespace ferro::plan
