// Configuration: pools and advertisements, checked (spec section 8). Made whole by
// core/config/parse.h or not at all; immutable afterwards and shared. Only what allocation and
// layer 2 need is resolved here; BGP objects are checked too and kept as parsed values for the room
// that will speak BGP.
#pragma once

#include "core/base/ids.h"
#include "core/ip/prefix.h"
#include "core/model/objects.h"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ferro::config {

/// Who may take from a pool (spec 2.7 "Pool compatibility"). Namespace selectors are resolved into
/// names.
struct PoolAllocation {
    std::int32_t priority = 0;
    std::set<std::string> namespaces;
    /// namespaceSelectors were given, whether or not they match a namespace now (quirk Q6 needs the
    /// difference).
    bool has_namespace_selectors = false;
    std::vector<model::LabelSelector> service_selectors;
    friend bool operator==(const PoolAllocation&, const PoolAllocation&) = default;
};

/// An L2Advertisement as it bears on one pool.
struct L2Advertisement {
    std::string
        name;  ///< of the object; of the first, when identical ones were collapsed (spec 8.6)
    std::set<NodeName> nodes;  ///< nodes that its nodeSelectors match (all nodes when it has none)
    std::vector<std::string> interfaces;  ///< sorted; empty = all
    std::vector<model::LabelSelector> service_selectors;
    std::map<NodeName, std::int32_t>
        node_scores;  ///< sum of matching preference weights, only for `nodes`
    friend bool operator==(const L2Advertisement&, const L2Advertisement&) = default;
};

struct BgpCommunity {
    bool large = false;
    std::vector<std::uint32_t> parts;  ///< two 16-bit parts, or three 32-bit ones
    friend auto operator<=>(const BgpCommunity&, const BgpCommunity&) = default;
};

/// A BGPAdvertisement as it bears on one pool.
struct BgpAdvertisement {
    std::string name;
    std::uint32_t aggregation_length = 32;
    std::uint32_t aggregation_length_v6 = 128;
    std::uint32_t local_pref = 0;
    std::set<BgpCommunity> communities;
    std::set<NodeName> nodes;
    std::set<std::string> peers;  ///< BGPPeer names; empty = all
    std::vector<model::LabelSelector> service_selectors;
    friend bool operator==(const BgpAdvertisement&, const BgpAdvertisement&) = default;
};

struct Pool {
    PoolName name;
    model::Labels labels;
    /// Configuration order, each item expanded into its minimal prefixes, ascending (spec 2.7 walks
    /// them so).
    std::vector<ip::Prefix> prefixes;
    bool auto_assign = true;
    bool avoid_buggy_ips = false;
    std::optional<PoolAllocation> allocation;
    std::vector<L2Advertisement> l2_advertisements;    ///< in name order
    std::vector<BgpAdvertisement> bgp_advertisements;  ///< in name order

    /// Whether a prefix holds the address; avoidBuggyIPs is the caller's business (it differs
    /// between allocator and speaker).
    [[nodiscard]] bool contains(ip::Address address) const;
    friend bool operator==(const Pool&, const Pool&) = default;
};

struct Configuration {
    std::map<PoolName, Pool> pools;
    std::map<std::string, std::shared_ptr<const model::BgpPeer>> peers;
    std::map<std::string, std::shared_ptr<const model::BfdProfile>> bfd_profiles;

    /// The pool that contains all of `addresses`, or null (also for no addresses). Points into
    /// `pools`. Cost: O(log prefixes) for each address once index_pools() was called, else a walk.
    [[nodiscard]] const Pool* pool_of(const std::vector<ip::Address>& addresses) const;

    /// Makes pool_of() fast; parse() calls it. Call again after a change of `pools`. The prefixes
    /// must not overlap.
    void index_pools();

    friend bool operator==(const Configuration& a, const Configuration& b);

  private:
    struct PoolSpan {
        ip::Range range;
        PoolName pool;
    };

    [[nodiscard]] const Pool* pool_at(ip::Address address) const;

    std::vector<PoolSpan> spans_;  ///< ascending; names, not pointers, so that copies stay valid
};

}  // namespace ferro::config
