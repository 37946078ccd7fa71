// Joins the L2Advertisements to the pools they choose (spec 8.6).
#include "core/config/checks.h"
#include "core/config/lists.h"

#include <algorithm>

namespace ferro::config {
namespace {

void check(const model::L2Advertisement& object, Report& report) {
    const model::ObjectRef ref = ref_to(object);
    check_names(report, ref, "spec.ipAddressPools", object.ip_address_pools);
    check_selectors(report, ref, "spec.ipAddressPoolSelectors", object.ip_address_pool_selectors);
    check_selectors(report, ref, "spec.nodeSelectors", object.node_selectors);
    check_selectors(report, ref, "spec.serviceSelectors", object.service_selectors);
    for (std::size_t i = 0; i < object.preferred_node_selectors.size(); ++i) {
        const model::NodePreference& preferred = object.preferred_node_selectors[i];
        const std::string field = indexed("spec.preferredNodeSelectors", i);
        if (preferred.weight < 1 || preferred.weight > 100) {
            report.error(Rule::preference_weight_out_of_range,
                         {ref,
                          field + ".weight",
                          "invalid weight " + std::to_string(preferred.weight) +
                              ": should be between 1 and 100",
                          "choose a weight from 1 to 100"});
        }
        const Result<void> valid = preferred.preference.validate();
        if (!valid) {
            report.error(Rule::invalid_selector,
                         {ref,
                          field + ".preference",
                          "invalid label selector: " + valid.error().context,
                          "In and NotIn need values, Exists and DoesNotExist take none"});
        }
    }
}

/// Only nodes with a score above zero are listed: an absent one counts as zero.
std::map<NodeName, std::int32_t> scores(const model::L2Advertisement& object,
                                        const Objects<model::Node>& nodes,
                                        const std::set<NodeName>& selected) {
    std::map<NodeName, std::int32_t> by_node;
    for (const auto& node : nodes) {
        const NodeName name(node->meta.key.name);
        if (!selected.contains(name)) {
            continue;
        }
        std::int32_t score = 0;
        for (const model::NodePreference& preferred : object.preferred_node_selectors) {
            // Clamped: a weight out of range is refused, but must not overflow before that.
            const std::int32_t weight = std::clamp(preferred.weight, 0, 100);
            score += preferred.preference.matches(node->meta.labels) ? weight : 0;
        }
        if (score != 0) {
            by_node.emplace(name, score);
        }
    }
    return by_node;
}

L2Advertisement resolve(const model::L2Advertisement& object, const Objects<model::Node>& nodes) {
    L2Advertisement advertisement;
    advertisement.name = object.meta.key.name;
    advertisement.nodes = selected_nodes(nodes, object.node_selectors);
    advertisement.interfaces = object.interfaces;
    std::sort(advertisement.interfaces.begin(), advertisement.interfaces.end());
    const auto repeated =
        std::unique(advertisement.interfaces.begin(), advertisement.interfaces.end());
    advertisement.interfaces.erase(repeated, advertisement.interfaces.end());
    advertisement.service_selectors = object.service_selectors;
    advertisement.node_scores = scores(object, nodes, advertisement.nodes);
    return advertisement;
}

/// Whether `pool` has an advertisement that says the same. One with preferences is never the same:
/// its weights add up with the others' (spec 8.6).
bool says_nothing_new(const Pool& pool, const L2Advertisement& advertisement) {
    return std::any_of(pool.l2_advertisements.begin(),
                       pool.l2_advertisements.end(),
                       [&](const L2Advertisement& other) {
                           return other.node_scores.empty() && other.nodes == advertisement.nodes &&
                                  other.interfaces == advertisement.interfaces &&
                                  other.service_selectors == advertisement.service_selectors;
                       });
}

}  // namespace

void add_l2_advertisements(const Input& input, std::map<PoolName, Pool>& pools, Report& report) {
    for (const auto& object : input.l2_advertisements) {
        check(*object, report);
        const L2Advertisement advertisement = resolve(*object, input.nodes);
        for (auto& [name, pool] : pools) {
            if (!chooses_pool(*object, name.value, pool.labels)) {
                continue;
            }
            if (object->preferred_node_selectors.empty() && says_nothing_new(pool, advertisement)) {
                continue;
            }
            pool.l2_advertisements.push_back(advertisement);
        }
    }
}

}  // namespace ferro::config
