#include "core/plan/node_table.h"

#include "core/model/annotations.h"

#include <utility>

namespace ferro::plan {

bool NodeTable::set(const NodeName& name, const model::Node* node) {
    if (node == nullptr) {
        return known_.erase(name) > 0;
    }
    // Missing and Unknown are eligible; any value of the label excludes, "false" too (quirk Q22).
    const State state{
        .network_unavailable = node->network_unavailable.value_or(false),
        .excluded = node->meta.labels.contains(std::string(model::kExcludeFromLoadBalancers))};
    const auto [found, added] = known_.try_emplace(name, state);
    if (added) {
        return true;
    }
    return std::exchange(found->second, state) != state;
}

std::vector<NodeName> NodeTable::set_members(std::optional<Members> members) {
    std::set<NodeName> concerned = names();
    if (members) {
        concerned.insert(members->begin(), members->end());
    }
    std::map<NodeName, bool> before;
    for (const NodeName& name : concerned) {
        before.emplace(name, is_member(name));
    }
    members_ = std::move(members);
    std::vector<NodeName> changed;
    for (const auto& [name, was_member] : before) {
        if (was_member != is_member(name)) {
            changed.push_back(name);
        }
    }
    return changed;
}

bool NodeTable::is_member(const NodeName& name) const {
    return members_ ? members_->contains(name) : known_.contains(name);
}

Reason NodeTable::eligibility(const NodeName& name) const {
    const auto found = known_.find(name);
    if (found == known_.end()) {
        return Reason::announced;
    }
    if (found->second.network_unavailable) {
        return Reason::node_network_unavailable;
    }
    if (found->second.excluded && !ignore_exclude_label_) {
        return Reason::node_excluded;
    }
    return Reason::announced;
}

std::set<NodeName> NodeTable::names() const {
    std::set<NodeName> names;
    for (const auto& [name, state] : known_) {
        names.insert(name);
    }
    if (members_) {
        names.insert(members_->begin(), members_->end());
    }
    return names;
}

}  // namespace ferro::plan
