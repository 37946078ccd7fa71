#include "core/plan/remedy.h"

namespace ferro::plan {
namespace {

std::string advertisement_kind(Protocol protocol) {
    return protocol == Protocol::layer2 ? "L2Advertisement" : "BGPAdvertisement";
}

std::string node_remedy(Reason reason, Protocol protocol) {
    switch (reason) {
        case Reason::node_not_member:
            return "see that a speaker runs on a covered node and has joined the gossip";
        case Reason::node_network_unavailable:
            return "wait for the node's network: its condition NetworkUnavailable is True";
        case Reason::node_excluded:
            return "remove the label node.kubernetes.io/exclude-from-external-load-balancers from "
                   "the node (any value excludes it), or run with --ignore-exclude-lb";
        case Reason::no_local_endpoint:
            return "run a ready pod on an eligible node, or set externalTrafficPolicy to Cluster";
        case Reason::lost_election:
            return "nothing: another node announces it";
        case Reason::interface_missing:
            return "list an interface that the owner has, or restrict the advertisement to nodes "
                   "that have it";
        default:
            return "make one node of the " + advertisement_kind(protocol) +
                   " eligible: the list of nodes says why each is not";
    }
}

}  // namespace

std::string remedy(Reason reason, Protocol protocol, std::string_view pool) {
    const std::string kind = advertisement_kind(protocol);
    switch (reason) {
        case Reason::announced:
            return "";
        case Reason::service_deleted:
            return "create the service";
        case Reason::not_load_balancer:
            return "set spec.type to LoadBalancer";
        case Reason::other_load_balancer_class:
            return "recreate the service with the class that is served here, or serve its class "
                   "with --lb-class";
        case Reason::no_configuration:
            return "create an IPAddressPool, and look at the findings if there is one";
        case Reason::no_ip_allocated:
            return "see why the controller gives no address: its events on the service say it";
        case Reason::invalid_ip:
            return "let the controller write the status: remove the entry that is no IP address";
        case Reason::ip_not_allowed:
            return "put the address back into a pool, or let the controller give another";
        case Reason::load_balancer_ip_changed:
            return "nothing: the new address is announced";
        case Reason::no_serving_endpoint:
            return "see that the service's selector matches pods and that they are ready";
        case Reason::no_advertisement:
            return "create a " + kind + " that selects pool " + std::string(pool);
        case Reason::no_advertisement_matches_service:
            return "change the serviceSelectors of a " + kind + " of pool " + std::string(pool) +
                   ", or the labels of the service";
        case Reason::no_advertisement_covers_node:
            return "change the nodeSelectors of a " + kind + " of pool " + std::string(pool) +
                   ", or the labels of a node";
        case Reason::shared_ip_with_service_selector:
            return "drop the serviceSelectors of the matching L2Advertisements, or the annotation "
                   "allow-shared-ip";
        case Reason::conflicting_advertisements:
            return "give the matching BGPAdvertisements one localPref, or peers that do not "
                   "overlap";
        default:
            return node_remedy(reason, protocol);
    }
}

}  // namespace ferro::plan
