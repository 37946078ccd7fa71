#include "controller/engine/service_event.h"

namespace ferro::controller {

const char* to_string(EventType type) {
    return type == EventType::normal ? "Normal" : "Warning";
}

const char* to_string(EventReason reason) {
    switch (reason) {
        case EventReason::not_enough_cluster_ips:
            return "not enough clusterips";
        case EventReason::lb_ips_family_unclear:
            return "nolbIPsIPFamily";
        case EventReason::cluster_ips_family_unclear:
            return "noclusterIPsIPFamily";
        case EventReason::clear_assignment:
            return "ClearAssignment";
        case EventReason::load_balancer_failed:
            return "LoadBalancerFailed";
        case EventReason::additional_assign_failed:
            return "AdditionalAssignFailed";
        case EventReason::ip_allocated:
            return "IPAllocated";
        case EventReason::allocation_failed:
            return "AllocationFailed";
        case EventReason::deprecated_annotation:
            return "deprecatedAnnotation";
    }
    return "AllocationFailed";
}

const char* to_string(ServiceState state) {
    switch (state) {
        case ServiceState::waiting_for_configuration:
            return "waiting_for_configuration";
        case ServiceState::not_load_balancer:
            return "not_load_balancer";
        case ServiceState::other_class:
            return "other_class";
        case ServiceState::allocated:
            return "allocated";
        case ServiceState::refused:
            return "refused";
    }
    return "refused";
}

const char* to_string(Publication publication) {
    switch (publication) {
        case Publication::untouched:
            return "untouched";
        case Publication::published:
            return "published";
        case Publication::queued:
            return "queued";
        case Publication::writing:
            return "writing";
        case Publication::failed:
            return "failed";
    }
    return "failed";
}

}  // namespace ferro::controller
