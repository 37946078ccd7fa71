#include "core/config/configuration.h"

#include <algorithm>

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
    for (const auto& [name, pool] : pools) {
        if (std::all_of(addresses.begin(), addresses.end(), [&](ip::Address address) {
                return pool.contains(address);
            })) {
            return &pool;
        }
    }
    return nullptr;
}

bool operator==(const Configuration& a, const Configuration& b) {
    return a.pools == b.pools && equal_objects(a.peers, b.peers) &&
           equal_objects(a.bfd_profiles, b.bfd_profiles);
}

}  // namespace ferro::config
