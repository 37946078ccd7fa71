#include "core/config/configuration.h"

#include <algorithm>
#include <iterator>

namespace ferro::config {
namespace {

template <typename Map>
bool equal_objects(const Map& a, const Map& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.first == y.first && *x.second == *y.second;
    });
}

}  // namespace

bool Pool::contains(ip::Address address) const {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const ip::Prefix& prefix) {
        return prefix.contains(address);
    });
}

const Pool* Configuration::pool_of(const std::vector<ip::Address>& addresses) const {
    if (addresses.empty()) {
        return nullptr;
    }
    const Pool* const pool = pool_at(addresses.front());
    const bool holds_all =
        pool != nullptr &&
        std::all_of(addresses.begin() + 1, addresses.end(), [&](ip::Address address) {
            return pool_at(address) == pool;
        });
    return holds_all ? pool : nullptr;
}

const Pool* Configuration::pool_at(ip::Address address) const {
    if (spans_.empty()) {
        const auto found = std::find_if(pools.begin(), pools.end(), [&](const auto& entry) {
            return entry.second.contains(address);
        });
        return found == pools.end() ? nullptr : &found->second;
    }
    const auto after = std::upper_bound(
        spans_.begin(), spans_.end(), address, [](ip::Address wanted, const PoolSpan& span) {
            return wanted < span.range.first();
        });
    if (after == spans_.begin() || !std::prev(after)->range.contains(address)) {
        return nullptr;
    }
    const auto found = pools.find(std::prev(after)->pool);
    return found == pools.end() ? nullptr : &found->second;
}

void Configuration::index_pools() {
    spans_.clear();
    for (const auto& [name, pool] : pools) {
        for (const ip::Prefix& prefix : pool.prefixes) {
            spans_.push_back(PoolSpan{prefix.range(), name});
        }
    }
    std::sort(spans_.begin(), spans_.end(), [](const PoolSpan& a, const PoolSpan& b) {
        return a.range < b.range;
    });
}

bool operator==(const Configuration& a, const Configuration& b) {
    return a.pools == b.pools && equal_objects(a.peers, b.peers) &&
           equal_objects(a.bfd_profiles, b.bfd_profiles);
}

}  // namespace ferro::config
