#include "core/plan/reason.h"

namespace ferro::plan {

const char* to_string(Protocol protocol) {
    return protocol == Protocol::layer2 ? "layer2" : "bgp";
}

const char* to_string(Gate gate) {
    switch (gate) {
        case Gate::type:
            return "type";
        case Gate::load_balancer_class:
            return "load_balancer_class";
        case Gate::configuration:
            return "configuration";
        case Gate::address:
            return "address";
        case Gate::pool:
            return "pool";
        case Gate::endpoints:
            return "endpoints";
        case Gate::advertisement:
            return "advertisement";
        case Gate::sharing:
            return "sharing";
        case Gate::conflict:
            return "conflict";
        case Gate::nodes:
            return "nodes";
        case Gate::local_endpoints:
            return "local_endpoints";
        case Gate::election:
            return "election";
        case Gate::interfaces:
            return "interfaces";
    }
    return "type";
}

const char* to_string(Reason reason) {
    switch (reason) {
        case Reason::announced:
            return "announced";
        case Reason::service_deleted:
            return "service_deleted";
        case Reason::not_load_balancer:
            return "not_load_balancer";
        case Reason::other_load_balancer_class:
            return "other_load_balancer_class";
        case Reason::no_configuration:
            return "no_configuration";
        case Reason::no_ip_allocated:
            return "no_ip_allocated";
        case Reason::invalid_ip:
            return "invalid_ip";
        case Reason::ip_not_allowed:
            return "ip_not_allowed";
        case Reason::load_balancer_ip_changed:
            return "load_balancer_ip_changed";
        case Reason::no_serving_endpoint:
            return "no_serving_endpoint";
        case Reason::no_advertisement:
            return "no_advertisement";
        case Reason::no_advertisement_matches_service:
            return "no_advertisement_matches_service";
        case Reason::no_advertisement_covers_node:
            return "no_advertisement_covers_node";
        case Reason::shared_ip_with_service_selector:
            return "shared_ip_with_service_selector";
        case Reason::conflicting_advertisements:
            return "conflicting_advertisements";
        case Reason::node_not_member:
            return "node_not_member";
        case Reason::node_network_unavailable:
            return "node_network_unavailable";
        case Reason::node_excluded:
            return "node_excluded";
        case Reason::no_eligible_node:
            return "no_eligible_node";
        case Reason::no_local_endpoint:
            return "no_local_endpoint";
        case Reason::lost_election:
            return "lost_election";
        case Reason::interface_missing:
            return "interface_missing";
    }
    return "announced";
}

std::string_view metallb_word(Reason reason, Protocol protocol) {
    const bool bgp = protocol == Protocol::bgp;
    switch (reason) {
        case Reason::announced:
            return "";
        case Reason::service_deleted:
            return "serviceDeleted";
        // MetalLB does not look at services of another class, so it has no word of its own.
        case Reason::not_load_balancer:
        case Reason::other_load_balancer_class:
            return "notLoadBalancer";
        case Reason::no_ip_allocated:
            return "noIPAllocated";
        case Reason::invalid_ip:
            return "invalidIP";
        case Reason::no_configuration:
        case Reason::ip_not_allowed:
            return "ipNotAllowed";
        case Reason::load_balancer_ip_changed:
            return "loadBalancerIPChanged";
        case Reason::no_serving_endpoint:
            return bgp ? "noEndpoints" : "notOwner";
        case Reason::no_advertisement:
        case Reason::no_advertisement_covers_node:
            return bgp ? "notOwner" : "noMatchingAdvertisement";
        case Reason::no_advertisement_matches_service:
            return "noMatchingAdvertisement";
        case Reason::shared_ip_with_service_selector:
            return "sharedIPWithServiceSelector";
        case Reason::conflicting_advertisements:
            return "conflictingAdvertisements";
        case Reason::node_network_unavailable:
            return bgp ? "nodeNetworkUnavailable" : "notOwner";
        case Reason::node_excluded:
            return bgp ? "nodeLabeledExcludeBalancers" : "notOwner";
        case Reason::no_local_endpoint:
            return bgp ? "noLocalEndpoints" : "notOwner";
        case Reason::node_not_member:
        case Reason::no_eligible_node:
        case Reason::lost_election:
            return "notOwner";
        case Reason::interface_missing:
            return "announceFailed";
    }
    return "";
}

}  // namespace ferro::plan
