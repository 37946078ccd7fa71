// Input: the objects that one parse looks at, after namespace, node and scope have had their say.
// Part of core/config's inside.
#pragma once

#include "core/config/parse.h"
#include "core/config/report.h"

#include <memory>
#include <set>
#include <vector>

namespace ferro::config {

template <typename T>
using Objects = std::vector<std::shared_ptr<const T>>;

/// Each list in name order.
struct Input {
    Objects<model::Namespace> namespaces;
    Objects<model::Node> nodes;
    Objects<model::Community> communities;
    Objects<model::BfdProfile> bfd_profiles;
    Objects<model::IpAddressPool> pools;
    Objects<model::L2Advertisement> l2_advertisements;
    Objects<model::BgpAdvertisement> bgp_advertisements;
    Objects<model::BgpPeer> peers;
    /// Left out because they do not select our node: they still count as advertising a pool.
    Objects<model::BgpAdvertisement> bgp_advertisements_elsewhere;
    Objects<model::BgpPeer> peers_elsewhere;
};

/// Reports objects in foreign namespaces as warnings.
Input gather(const model::Picture& picture, const ParseOptions& options, Report& report);

/// The nodes that a list of selectors matches; all of them when the list is empty.
std::set<NodeName> selected_nodes(const Objects<model::Node>& nodes,
                                  const std::vector<model::LabelSelector>& selectors);

template <typename T>
model::ObjectRef ref_to(const T& object);

template <>
inline model::ObjectRef ref_to(const model::Community& object) {
    return {model::Kind::community, object.meta.key};
}

template <>
inline model::ObjectRef ref_to(const model::BfdProfile& object) {
    return {model::Kind::bfd_profile, object.meta.key};
}

template <>
inline model::ObjectRef ref_to(const model::IpAddressPool& object) {
    return {model::Kind::ip_address_pool, object.meta.key};
}

template <>
inline model::ObjectRef ref_to(const model::L2Advertisement& object) {
    return {model::Kind::l2_advertisement, object.meta.key};
}

template <>
inline model::ObjectRef ref_to(const model::BgpAdvertisement& object) {
    return {model::Kind::bgp_advertisement, object.meta.key};
}

template <>
inline model::ObjectRef ref_to(const model::BgpPeer& object) {
    return {model::Kind::bgp_peer, object.meta.key};
}

}  // namespace ferro::config
