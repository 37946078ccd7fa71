// Roster: for one pool and one selection of its advertisements, the nodes that may announce. Most
// services of a pool match the same advertisements, so they share one roster, and with it the node
// names and interface lists that their verdicts point to.
#pragma once

#include "core/base/ids.h"
#include "core/config/configuration.h"
#include "core/election/election.h"
#include "core/plan/node_table.h"
#include "core/plan/verdict.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ferro::plan {

/// Indexes into the pool's list of advertisements, ascending.
using Selection = std::vector<std::uint32_t>;

template <typename Advertisement>
Selection matching(const std::vector<Advertisement>& advertisements, const model::Labels& labels) {
    Selection selection;
    for (std::uint32_t i = 0; i < advertisements.size(); ++i) {
        const auto& selectors = advertisements[i].service_selectors;
        if (selectors.empty() || model::any_matches(selectors, labels)) {
            selection.push_back(i);
        }
    }
    return selection;
}

struct Layer2Roster {
    /// Eligible members that a selected advertisement covers, by name; the names point into
    /// `names`.
    std::vector<election::Candidate> candidates;
    std::vector<std::shared_ptr<const NodeName>> names;  ///< parallel to candidates
    std::vector<InterfaceList> interfaces;               ///< parallel to candidates
    Reason empty_reason = Reason::announced;             ///< why `candidates` is empty

    [[nodiscard]] std::optional<std::size_t> index_of(std::string_view node) const;
};

struct BgpRoster {
    std::shared_ptr<const std::vector<NodeName>> nodes;  ///< never null, sorted
    Reason empty_reason = Reason::announced;
};

/// Why `node` is no candidate under these advertisements, or `announced` (spec 3.6, 4 and 5).
Reason layer2_node_reason(const config::Pool& pool,
                          const Selection& selection,
                          const NodeTable& nodes,
                          const NodeName& node);

/// Spec 3.12, gates 1 to 5 for `node`.
Reason bgp_node_reason(const config::Pool& pool,
                       const Selection& selection,
                       const NodeTable& nodes,
                       const NodeName& node);

/// The preference score of spec 3.6, point 8.
std::int32_t layer2_score(const config::Pool& pool,
                          const Selection& selection,
                          const NodeName& node);

/// Two advertisements that would give one prefix two local preferences (spec 8.6, rule 6), for a
/// node that both cover.
bool in_conflict(const config::Pool& pool,
                 const config::BgpAdvertisement& a,
                 const config::BgpAdvertisement& b);

/// Hands out one shared copy for equal values, as long as somebody holds it. For the few distinct
/// node lists of a plan: a search is linear.
template <typename T>
class Interner {
  public:
    std::shared_ptr<const T> share(T value) {
        std::erase_if(held_, [](const std::weak_ptr<const T>& held) { return held.expired(); });
        for (const std::weak_ptr<const T>& held : held_) {
            std::shared_ptr<const T> candidate = held.lock();
            if (candidate != nullptr && *candidate == value) {
                return candidate;
            }
        }
        auto made = std::make_shared<const T>(std::move(value));
        held_.push_back(made);
        return made;
    }

  private:
    std::vector<std::weak_ptr<const T>> held_;
};

/// Makes rosters and keeps them until something they were made from changes.
class RosterCache {
  public:
    const Layer2Roster& layer2(const config::Pool& pool,
                               const Selection& selection,
                               const NodeTable& nodes);
    const BgpRoster& bgp(const config::Pool& pool,
                         const Selection& selection,
                         const NodeTable& nodes);

    /// After a change of eligibility or configuration.
    void clear();

    /// After a change of membership, which BGP does not ask about.
    void clear_layer2();

  private:
    using Key = std::pair<const config::Pool*, Selection>;
    std::map<Key, Layer2Roster> layer2_;
    std::map<Key, BgpRoster> bgp_;
    Interner<std::vector<NodeName>> node_lists_;
};

}  // namespace ferro::plan
