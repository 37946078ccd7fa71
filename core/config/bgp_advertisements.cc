// Joins the BGPAdvertisements to the pools they choose (spec 8.6).
#include "core/config/checks.h"
#include "core/config/lists.h"
#include "core/ip/prefix.h"

#include <algorithm>

namespace ferro::config {
namespace {

constexpr std::int32_t kWholeIpv4 = 32;
constexpr std::int32_t kWholeIpv6 = 128;

/// 8.6, 2 to 4: what can be said without a pool. False when the lengths make no sense.
bool check(const model::BgpAdvertisement& object, Report& report) {
    const model::ObjectRef ref = ref_to(object);
    check_names(report, ref, "spec.ipAddressPools", object.ip_address_pools);
    check_names(report, ref, "spec.communities", object.communities);
    check_names(report, ref, "spec.peers", object.peers);
    check_selectors(report, ref, "spec.ipAddressPoolSelectors", object.ip_address_pool_selectors);
    check_selectors(report, ref, "spec.nodeSelectors", object.node_selectors);
    check_selectors(report, ref, "spec.serviceSelectors", object.service_selectors);
    if (!object.service_selectors.empty() &&
        (object.aggregation_length != kWholeIpv4 || object.aggregation_length_v6 != kWholeIpv6)) {
        report.error(Rule::selectors_and_aggregation,
                     {ref,
                      "spec.serviceSelectors",
                      "serviceSelectors and aggregationLength are mutually exclusive",
                      "leave the aggregation lengths at 32 and 128, or remove serviceSelectors"});
    }
    bool sane = true;
    const auto bound = [&](const char* field, std::int32_t length, bool within, const char* span) {
        if (within) {
            return;
        }
        sane = false;
        report.error(Rule::aggregation_length_out_of_range,
                     {ref,
                      field,
                      "invalid aggregation length " + std::to_string(length),
                      std::string("choose a length in ") + span});
    };
    bound("spec.aggregationLength",
          object.aggregation_length,
          object.aggregation_length >= 1 && object.aggregation_length <= kWholeIpv4,
          "1..32");
    // As in MetalLB nothing bounds it from below, until a pool with IPv6 items is chosen.
    bound("spec.aggregationLengthV6",
          object.aggregation_length_v6,
          object.aggregation_length_v6 <= kWholeIpv6,
          "1..128");
    return sane;
}

std::set<BgpCommunity> communities_of(const model::BgpAdvertisement& object,
                                      const CommunityAliases& aliases,
                                      Report& report) {
    std::set<BgpCommunity> communities;
    for (std::size_t i = 0; i < object.communities.size(); ++i) {
        const std::string& text = object.communities[i];
        // An alias may shadow a literal.
        const auto alias = aliases.find(text);
        if (alias != aliases.end()) {
            communities.insert(alias->second);
            continue;
        }
        const auto literal = parse_community(text);
        if (literal) {
            communities.insert(*literal);
            continue;
        }
        const bool may_be_alias = text.find(':') == std::string::npos;
        report.error(
            may_be_alias ? Rule::unknown_community : Rule::invalid_community,
            {ref_to(object),
             indexed("spec.communities", i),
             literal.error().context + "\ninvalid community " + quoted(text) +
                 " in BGP advertisement",
             may_be_alias ? "create a Community object that defines the alias, or write A:B"
                          : "write A:B with parts up to 65535, or large:A:B:C"});
    }
    return communities;
}

BgpAdvertisement resolve(const model::BgpAdvertisement& object,
                         const Input& input,
                         const CommunityAliases& aliases,
                         Report& report) {
    BgpAdvertisement advertisement;
    advertisement.name = object.meta.key.name;
    advertisement.aggregation_length =
        static_cast<std::uint32_t>(std::max(object.aggregation_length, 0));
    advertisement.aggregation_length_v6 =
        static_cast<std::uint32_t>(std::max(object.aggregation_length_v6, 0));
    advertisement.local_pref = object.local_pref;
    advertisement.communities = communities_of(object, aliases, report);
    advertisement.nodes = selected_nodes(input.nodes, object.node_selectors);
    advertisement.peers.insert(object.peers.begin(), object.peers.end());
    advertisement.service_selectors = object.service_selectors;
    return advertisement;
}

/// 8.6, 5: an aggregate may not be wider than the items it stands for.
void check_aggregation(const model::BgpAdvertisement& object,
                       const model::IpAddressPool& pool,
                       Report& report) {
    for (const std::string& item : pool.addresses) {
        const auto prefixes = ip::parse_pool_item(item);
        if (!prefixes || prefixes->empty()) {
            continue;
        }
        const auto shortest = std::min_element(
            prefixes->begin(), prefixes->end(), [](const ip::Prefix& a, const ip::Prefix& b) {
                return a.length() < b.length();
            });
        const bool is_ipv4 = shortest->family() == ip::Family::ipv4;
        const std::int32_t length =
            is_ipv4 ? object.aggregation_length : object.aggregation_length_v6;
        if (length >= static_cast<std::int32_t>(shortest->length())) {
            continue;
        }
        report.error(Rule::aggregation_too_coarse,
                     {ref_to(object),
                      is_ipv4 ? "spec.aggregationLength" : "spec.aggregationLengthV6",
                      "invalid aggregation length " + std::to_string(length) + ": prefix " +
                          std::to_string(shortest->length()) +
                          " in this pool is more specific than the aggregation length for "
                          "addresses " +
                          item,
                      "choose at least " + std::to_string(shortest->length()) + ", or leave pool " +
                          quoted(pool.meta.key.name) + " out of the advertisement"});
    }
}

bool lengths_differ(const BgpAdvertisement& a, const BgpAdvertisement& b, const Pool& pool) {
    bool has_ipv4 = false;
    bool has_ipv6 = false;
    for (const ip::Prefix& prefix : pool.prefixes) {
        (prefix.family() == ip::Family::ipv4 ? has_ipv4 : has_ipv6) = true;
    }
    const bool ipv4_differs = a.aggregation_length != b.aggregation_length;
    const bool ipv6_differs = a.aggregation_length_v6 != b.aggregation_length_v6;
    if (has_ipv4 && has_ipv6) {
        return ipv4_differs && ipv6_differs;
    }
    return has_ipv6 ? ipv6_differs : ipv4_differs;
}

template <typename T>
bool intersect(const std::set<T>& a, const std::set<T>& b) {
    return std::any_of(a.begin(), a.end(), [&](const T& value) { return b.contains(value); });
}

/// 8.6, 6. With service selectors the clash shows only service by service, when announcing.
bool local_prefs_clash(const BgpAdvertisement& a, const BgpAdvertisement& b, const Pool& pool) {
    const bool share_peers = a.peers.empty() || b.peers.empty() || intersect(a.peers, b.peers);
    return a.service_selectors.empty() && b.service_selectors.empty() &&
           a.local_pref != b.local_pref && !lengths_differ(a, b, pool) && share_peers &&
           intersect(a.nodes, b.nodes);
}

void check_local_pref(const model::BgpAdvertisement& object,
                      const BgpAdvertisement& advertisement,
                      const Pool& pool,
                      Report& report) {
    const auto other = std::find_if(pool.bgp_advertisements.begin(),
                                    pool.bgp_advertisements.end(),
                                    [&](const BgpAdvertisement& earlier) {
                                        return local_prefs_clash(earlier, advertisement, pool);
                                    });
    if (other == pool.bgp_advertisements.end()) {
        return;
    }
    // MetalLB misspells the second word, and its users search for it.
    report.error(
        Rule::local_pref_conflict,
        {ref_to(object),
         "spec.localPref",
         "invalid local preference " + std::to_string(advertisement.local_pref) +
             ": local preferernce " + std::to_string(other->local_pref) + " is set for pool " +
             quoted(pool.name.value) + " by advertisement " + quoted(other->name),
         "give both the same localPref, or let them differ in peers, nodes or "
         "aggregation length"});
}

}  // namespace

void add_bgp_advertisements(const Input& input,
                            const CommunityAliases& aliases,
                            std::map<PoolName, Pool>& pools,
                            Report& report) {
    for (const auto& object : input.bgp_advertisements) {
        const bool sane = check(*object, report);
        const BgpAdvertisement advertisement = resolve(*object, input, aliases, report);
        for (const auto& pool_object : input.pools) {
            Pool& pool = pools.at(PoolName(pool_object->meta.key.name));
            if (!chooses_pool(*object, pool.name.value, pool.labels)) {
                continue;
            }
            if (sane) {
                check_aggregation(*object, *pool_object, report);
            }
            check_local_pref(*object, advertisement, pool, report);
            pool.bgp_advertisements.push_back(advertisement);
        }
    }
}

}  // namespace ferro::config
