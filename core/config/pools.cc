// Reads the IPAddressPools (spec 8.4): items into prefixes, no two of which may overlap, and
// serviceAllocation with its namespace selectors resolved into names.
#include "core/config/checks.h"
#include "core/config/lists.h"
#include "core/ip/prefix.h"

#include <algorithm>
#include <set>

namespace ferro::config {
namespace {

/// Prefixes defined so far. They never overlap each other (an overlapping one is reported and left
/// out), so the ones that touch a new prefix are neighbours in address order.
class DefinedPrefixes {
  public:
    /// The defined prefix that overlaps `prefix` and was defined first, or null.
    [[nodiscard]] const ip::Prefix* overlapping(const ip::Prefix& prefix) const {
        const ip::Range range = prefix.range();
        auto at = by_first_.upper_bound(range.last());
        const Defined* earliest = nullptr;
        while (at != by_first_.begin()) {
            --at;
            if (at->second.prefix.range().last() < range.first()) {
                break;
            }
            if (earliest == nullptr || at->second.order < earliest->order) {
                earliest = &at->second;
            }
        }
        return earliest == nullptr ? nullptr : &earliest->prefix;
    }

    void add(const ip::Prefix& prefix) {
        by_first_.emplace(prefix.address(), Defined{prefix, by_first_.size()});
    }

  private:
    struct Defined {
        ip::Prefix prefix;
        std::size_t order;
    };

    std::map<ip::Address, Defined> by_first_;
};

/// The prefixes of each item of spec.addresses; empty for an item that was reported.
std::vector<std::vector<ip::Prefix>> read_items(const model::IpAddressPool& object,
                                                Report& report) {
    std::vector<std::vector<ip::Prefix>> items;
    if (object.addresses.empty()) {
        report.error(Rule::no_addresses,
                     {ref_to(object),
                      "spec.addresses",
                      "pool " + quoted(object.meta.key.name) + " has no prefixes defined",
                      "list at least one CIDR or range"});
    }
    for (std::size_t i = 0; i < object.addresses.size(); ++i) {
        auto prefixes = ip::parse_pool_item(object.addresses[i]);
        if (!prefixes) {
            report.error(Rule::invalid_addresses,
                         {ref_to(object),
                          indexed("spec.addresses", i),
                          "parsing address pool " + quoted(object.meta.key.name) + ": " +
                              prefixes.error().context,
                          "write a CIDR (192.168.10.0/24; one address is 192.168.10.7/32) or a "
                          "range (192.168.9.1-192.168.9.5)"});
            items.emplace_back();
            continue;
        }
        items.push_back(std::move(*prefixes));
    }
    return items;
}

std::optional<PoolAllocation> read_allocation(const model::IpAddressPool& object,
                                              const Objects<model::Namespace>& namespaces,
                                              Report& report) {
    if (!object.service_allocation) {
        return std::nullopt;
    }
    const model::ServiceAllocation& given = *object.service_allocation;
    const std::string field = "spec.serviceAllocation.";
    check_names(report, ref_to(object), field + "namespaces", given.namespaces);
    check_selectors(
        report, ref_to(object), field + "namespaceSelectors", given.namespace_selectors);
    check_selectors(report, ref_to(object), field + "serviceSelectors", given.service_selectors);
    PoolAllocation allocation;
    allocation.priority = given.priority;
    allocation.namespaces.insert(given.namespaces.begin(), given.namespaces.end());
    allocation.has_namespace_selectors = !given.namespace_selectors.empty();
    for (const auto& candidate : namespaces) {
        if (model::any_matches(given.namespace_selectors, candidate->meta.labels)) {
            allocation.namespaces.insert(candidate->meta.key.name);
        }
    }
    allocation.service_selectors = given.service_selectors;
    return allocation;
}

/// Adds an item's prefixes to the pool, and reports the first overlap of the item.
void add_item(const model::IpAddressPool& object,
              std::size_t index,
              const std::vector<ip::Prefix>& prefixes,
              Pool& pool,
              DefinedPrefixes& defined,
              Report& report) {
    bool reported = false;
    for (const ip::Prefix& prefix : prefixes) {
        const ip::Prefix* const other = defined.overlapping(prefix);
        if (other == nullptr) {
            defined.add(prefix);
            pool.prefixes.push_back(prefix);
            continue;
        }
        if (!reported) {
            report.error(
                Rule::pool_overlap,
                {ref_to(object),
                 indexed("spec.addresses", index),
                 "CIDR " + quoted(prefix.to_string()) + " in pool " + quoted(object.meta.key.name) +
                     " overlaps with already defined CIDR " + quoted(other->to_string()),
                 "let each address belong to one item of one pool"});
            reported = true;
        }
    }
}

}  // namespace

std::map<PoolName, Pool> read_pools(const Input& input, Report& report) {
    std::map<PoolName, Pool> pools;
    DefinedPrefixes defined;
    for (const auto& object : input.pools) {
        Pool pool;
        pool.name = PoolName(object->meta.key.name);
        pool.labels = object->meta.labels;
        pool.auto_assign = object->auto_assign;
        pool.avoid_buggy_ips = object->avoid_buggy_ips;
        const auto items = read_items(*object, report);
        pool.allocation = read_allocation(*object, input.namespaces, report);
        for (std::size_t i = 0; i < items.size(); ++i) {
            add_item(*object, i, items[i], pool, defined, report);
        }
        pools.emplace(pool.name, std::move(pool));
    }
    return pools;
}

}  // namespace ferro::config
