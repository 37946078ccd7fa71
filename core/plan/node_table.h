// NodeTable: which nodes there are, which of them are alive, and which may announce (spec 3.5).
#pragma once

#include "core/base/ids.h"
#include "core/model/objects.h"
#include "core/plan/reason.h"

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace ferro::plan {

using Members = std::set<NodeName>;

class NodeTable {
  public:
    explicit NodeTable(bool ignore_exclude_label) : ignore_exclude_label_(ignore_exclude_label) {}

    /// `node` null = gone. True when what the plan knows of the node changed.
    bool set(const NodeName& name, const model::Node* node);

    /// The living ones by gossip; none = every known node counts (T085). Returns the nodes whose
    /// membership changed.
    std::vector<NodeName> set_members(std::optional<Members> members);

    [[nodiscard]] bool is_member(const NodeName& name) const;

    /// `announced`, or node_network_unavailable, or node_excluded. A node that is not known is
    /// eligible: the gossip may be quicker than the API server.
    [[nodiscard]] Reason eligibility(const NodeName& name) const;

    /// Known nodes and members, sorted.
    [[nodiscard]] std::set<NodeName> names() const;

    [[nodiscard]] bool has_members() const { return members_.has_value(); }

  private:
    struct State {
        bool network_unavailable = false;
        bool excluded = false;
        friend bool operator==(const State&, const State&) = default;
    };

    bool ignore_exclude_label_;
    std::map<NodeName, State> known_;
    std::optional<Members> members_;
};

}  // namespace ferro::plan
