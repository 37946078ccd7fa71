// The steps of one parse, in the order parse.cc takes them. Each reports what it finds and returns
// what it could make of the rest. Part of core/config's inside.
#pragma once

#include "core/config/community.h"
#include "core/config/configuration.h"
#include "core/config/input.h"
#include "core/config/report.h"

namespace ferro::config {

/// Spec 8.1.
void check_mode(const Input& input, BgpMode mode, Report& report);

/// Spec 8.2.
void check_bfd_profiles(const Input& input, Report& report);

/// Spec 8.3.
void check_peers(const Input& input, Report& report);

/// Spec 8.5.
CommunityAliases read_communities(const Input& input, Report& report);

/// Spec 8.4. Pools of which an item is bad hold the good items: later checks still look at them.
std::map<PoolName, Pool> read_pools(const Input& input, Report& report);

/// Spec 8.6: fills Pool::l2_advertisements.
void add_l2_advertisements(const Input& input, std::map<PoolName, Pool>& pools, Report& report);

/// Spec 8.6: fills Pool::bgp_advertisements.
void add_bgp_advertisements(const Input& input,
                            const CommunityAliases& aliases,
                            std::map<PoolName, Pool>& pools,
                            Report& report);

/// Spec 8.7.
void check_bfd_echo(const Input& input, const std::map<PoolName, Pool>& pools, Report& report);

/// Warnings and infos. `configuration` has its pools indexed.
void add_hints(const Input& input, const Configuration& configuration, Scope scope, Report& report);

/// Whether an advertisement's pool lists choose this pool: by name or label, every pool when it has
/// neither.
template <typename Advertisement>
bool chooses_pool(const Advertisement& advertisement,
                  const std::string& name,
                  const model::Labels& labels) {
    if (advertisement.ip_address_pools.empty() && advertisement.ip_address_pool_selectors.empty()) {
        return true;
    }
    for (const std::string& wanted : advertisement.ip_address_pools) {
        if (wanted == name) {
            return true;
        }
    }
    return model::any_matches(advertisement.ip_address_pool_selectors, labels);
}

}  // namespace ferro::config
