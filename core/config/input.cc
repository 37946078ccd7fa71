#include "core/config/input.h"

#include <algorithm>

namespace ferro::config {
namespace {

template <typename T>
Objects<T> everywhere(const model::Picture& picture) {
    Objects<T> objects;
    for (const auto& [key, object] : picture.all<T>()) {
        objects.push_back(object);
    }
    return objects;
}

/// The objects of our own namespace; a warning for each one elsewhere. Names are unique within a
/// namespace, so MetalLB's refusals of duplicate names cannot occur here.
template <typename T>
Objects<T> own(const model::Picture& picture, const ParseOptions& options, Report& report) {
    Objects<T> objects;
    for (const auto& [key, object] : picture.all<T>()) {
        if (key.namespace_name == options.own_namespace) {
            objects.push_back(object);
            continue;
        }
        report.warning(Rule::foreign_namespace,
                       {ref_to(*object),
                        "metadata.namespace",
                        "resource must be created in " + options.own_namespace + " namespace",
                        "it is ignored here: move it to namespace " + options.own_namespace});
    }
    return objects;
}

/// Spec 3.2: what does not select this node is not looked at. Moves that to `elsewhere`.
template <typename T>
void keep_selecting(Objects<T>& objects, const model::Labels& node_labels, Objects<T>& elsewhere) {
    const auto first_elsewhere =
        std::stable_partition(objects.begin(), objects.end(), [&](const auto& object) {
            return object->node_selectors.empty() ||
                   model::any_matches(object->node_selectors, node_labels);
        });
    elsewhere.assign(first_elsewhere, objects.end());
    objects.erase(first_elsewhere, objects.end());
}

}  // namespace

Input gather(const model::Picture& picture, const ParseOptions& options, Report& report) {
    Input input;
    input.namespaces = everywhere<model::Namespace>(picture);
    input.communities = own<model::Community>(picture, options, report);
    input.pools = own<model::IpAddressPool>(picture, options, report);
    if (options.scope == Scope::pools_only) {
        return input;
    }
    input.nodes = everywhere<model::Node>(picture);
    input.bfd_profiles = own<model::BfdProfile>(picture, options, report);
    input.l2_advertisements = own<model::L2Advertisement>(picture, options, report);
    input.bgp_advertisements = own<model::BgpAdvertisement>(picture, options, report);
    input.peers = own<model::BgpPeer>(picture, options, report);
    if (options.node) {
        const auto node = picture.find<model::Node>(model::ObjectKey{"", options.node->value});
        const model::Labels labels = node == nullptr ? model::Labels{} : node->meta.labels;
        keep_selecting(input.bgp_advertisements, labels, input.bgp_advertisements_elsewhere);
        keep_selecting(input.peers, labels, input.peers_elsewhere);
    }
    return input;
}

std::set<NodeName> selected_nodes(const Objects<model::Node>& nodes,
                                  const std::vector<model::LabelSelector>& selectors) {
    std::set<NodeName> names;
    for (const auto& node : nodes) {
        if (selectors.empty() || model::any_matches(selectors, node->meta.labels)) {
            names.insert(NodeName(node->meta.key.name));
        }
    }
    return names;
}

}  // namespace ferro::config
