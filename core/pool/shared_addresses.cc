#include "core/pool/shared_addresses.h"

#include <algorithm>

namespace ferro::pool {

void SharedAddresses::add(const Position& position) {
    positions_.insert(position);
    for (auto& [port, bound] : bounds_) {
        bound = std::min(bound, position);
    }
}

void SharedAddresses::port_freed(const Position& position, PortCode port) {
    const auto found = bounds_.find(port);
    if (found != bounds_.end()) {
        found->second = std::min(found->second, position);
    }
}

std::optional<PortCode> SharedAddresses::highest_bound(const std::vector<PortCode>& ports) {
    std::optional<PortCode> worst;
    for (const PortCode port : ports) {
        const Position bound = bounds_.try_emplace(port, Position{}).first->second;
        if (!worst || bound > bounds_[*worst]) {
            worst = port;
        }
    }
    return worst;
}

}  // namespace ferro::pool
