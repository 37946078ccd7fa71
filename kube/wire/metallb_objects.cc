// The custom resources of metallb.io but BGPPeer: fields, ranges and required ones as their schemas
// have them (spec 1.1-1.3, 1.7, 1.8). What the values mean is checked by core/config.
#include "kube/wire/object_readers.h"

#include <array>
#include <limits>
#include <utility>

namespace ferro::kube {
namespace {

constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kInt32Min = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kUint32Max = std::numeric_limits<std::uint32_t>::max();
constexpr std::array<KnownField, 1> kStatus{{{"status", Shape::mapping}}};

/// An optional number in [from, to] as an optional uint32.
std::optional<std::uint32_t> small(Fields& spec,
                                   std::string_view name,
                                   std::int64_t from,
                                   std::int64_t to) {
    const auto value = spec.integer(name, from, to);
    return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

model::ServiceAllocation read_allocation(Fields& fields) {
    model::ServiceAllocation allocation;
    allocation.priority =
        static_cast<std::int32_t>(fields.integer("priority", kInt32Min, kInt32Max).value_or(0));
    allocation.namespaces = fields.strings("namespaces");
    allocation.namespace_selectors = fields.selectors("namespaceSelectors");
    allocation.service_selectors = fields.selectors("serviceSelectors");
    fields.finish();
    return allocation;
}

}  // namespace

model::IpAddressPool read_ip_address_pool(Fields& fields) {
    model::IpAddressPool pool;
    fields.known(kStatus);
    fields.require("spec");
    const Node* const node = fields.mapping("spec");
    if (node == nullptr) {
        return pool;
    }
    Fields spec(fields.reader(), *node, "spec");
    spec.require("addresses");
    pool.addresses = spec.strings("addresses");
    pool.auto_assign = spec.boolean("autoAssign").value_or(true);
    pool.avoid_buggy_ips = spec.boolean("avoidBuggyIPs").value_or(false);
    if (const Node* const allocation = spec.mapping("serviceAllocation")) {
        Fields inner(fields.reader(), *allocation, "spec.serviceAllocation");
        pool.service_allocation = read_allocation(inner);
    }
    spec.finish();
    return pool;
}

model::L2Advertisement read_l2_advertisement(Fields& fields) {
    model::L2Advertisement ad;
    fields.known(kStatus);
    const Node* const node = fields.mapping("spec");
    if (node == nullptr) {
        return ad;
    }
    Fields spec(fields.reader(), *node, "spec");
    ad.ip_address_pools = spec.strings("ipAddressPools");
    ad.ip_address_pool_selectors = spec.selectors("ipAddressPoolSelectors");
    ad.node_selectors = spec.selectors("nodeSelectors");
    ad.interfaces = spec.strings("interfaces");
    ad.service_selectors = spec.selectors("serviceSelectors");
    spec.each("preferredNodeSelectors", [&](const Node& item, const std::string& path) {
        Fields preference(fields.reader(), item, path);
        model::NodePreference entry;
        preference.require("weight");
        preference.require("preference");
        entry.weight = static_cast<std::int32_t>(preference.integer("weight", 1, 100).value_or(1));
        if (const Node* const selector = preference.mapping("preference")) {
            entry.preference =
                read_selector(fields.reader(), *selector, preference.path_of("preference"));
        }
        preference.finish();
        ad.preferred_node_selectors.push_back(std::move(entry));
    });
    spec.finish();
    return ad;
}

model::BgpAdvertisement read_bgp_advertisement(Fields& fields) {
    model::BgpAdvertisement ad;
    fields.known(kStatus);
    const Node* const node = fields.mapping("spec");
    if (node == nullptr) {
        return ad;
    }
    Fields spec(fields.reader(), *node, "spec");
    ad.aggregation_length =
        static_cast<std::int32_t>(spec.integer("aggregationLength", 1, kInt32Max).value_or(32));
    ad.aggregation_length_v6 = static_cast<std::int32_t>(
        spec.integer("aggregationLengthV6", kInt32Min, kInt32Max).value_or(128));
    ad.local_pref =
        static_cast<std::uint32_t>(spec.integer("localPref", 0, kUint32Max).value_or(0));
    ad.communities = spec.strings("communities");
    ad.ip_address_pools = spec.strings("ipAddressPools");
    ad.ip_address_pool_selectors = spec.selectors("ipAddressPoolSelectors");
    ad.node_selectors = spec.selectors("nodeSelectors");
    ad.peers = spec.strings("peers");
    ad.service_selectors = spec.selectors("serviceSelectors");
    spec.finish();
    // The schema's own rule on spec; core/config repeats it for other sources.
    if (!ad.service_selectors.empty() &&
        (ad.aggregation_length != 32 || ad.aggregation_length_v6 != 128)) {
        fields.reader().error(Rule::invalid_value,
                              node->find("serviceSelectors")->mark,
                              "spec.serviceSelectors",
                              "serviceSelectors and aggregationLength are mutually exclusive",
                              "remove one of them");
    }
    return ad;
}

model::BfdProfile read_bfd_profile(Fields& fields) {
    model::BfdProfile profile;
    fields.known(kStatus);
    const Node* const node = fields.mapping("spec");
    if (node == nullptr) {
        return profile;
    }
    Fields spec(fields.reader(), *node, "spec");
    profile.receive_interval_ms = small(spec, "receiveInterval", 10, 60000);
    profile.transmit_interval_ms = small(spec, "transmitInterval", 10, 60000);
    profile.detect_multiplier = small(spec, "detectMultiplier", 2, 255);
    profile.echo_interval_ms = small(spec, "echoInterval", 10, 60000);
    profile.echo_mode = spec.boolean("echoMode");
    profile.passive_mode = spec.boolean("passiveMode");
    profile.minimum_ttl = small(spec, "minimumTtl", 1, 254);
    spec.finish();
    return profile;
}

model::Community read_community(Fields& fields) {
    model::Community community;
    fields.known(kStatus);
    const Node* const node = fields.mapping("spec");
    if (node == nullptr) {
        return community;
    }
    Fields spec(fields.reader(), *node, "spec");
    spec.each("communities", [&](const Node& item, const std::string& path) {
        Fields alias(fields.reader(), item, path);
        model::CommunityAlias entry;
        entry.name = alias.string("name").value_or("");
        entry.value = alias.string("value").value_or("");
        alias.finish();
        community.communities.push_back(std::move(entry));
    });
    spec.finish();
    return community;
}

}  // namespace ferro::kube
