// What the controller tells the user about a service: Kubernetes events with MetalLB's reasons and
// types (spec 2.9), and the outcome that `status` and `explain` show.
#pragma once

#include "core/base/result.h"
#include "core/model/object_ref.h"
#include "core/pool/allocator.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ferro::controller {

enum class EventType : std::uint8_t { normal, warning };

/// "Normal", "Warning"
const char* to_string(EventType type);

enum class EventReason : std::uint8_t {
    not_enough_cluster_ips,
    lb_ips_family_unclear,
    cluster_ips_family_unclear,
    clear_assignment,
    load_balancer_failed,
    additional_assign_failed,
    ip_allocated,
    allocation_failed,
    deprecated_annotation,
};

/// The reason as it stands in the event: "not enough clusterips", "nolbIPsIPFamily" ...
const char* to_string(EventReason reason);

struct ServiceEvent {
    model::ServiceKey service;
    EventType type = EventType::normal;
    EventReason reason = EventReason::ip_allocated;
    std::string message;
    friend bool operator==(const ServiceEvent&, const ServiceEvent&) = default;
};

enum class ServiceState : std::uint8_t {
    waiting_for_configuration,  ///< there was no valid configuration yet; nothing is touched
    not_load_balancer,          ///< of another type
    other_class,                ///< its loadBalancerClass is not ours
    allocated,                  ///< holds addresses
    refused,                    ///< holds none; `refusal` says why
};

const char* to_string(ServiceState state);

/// How far the outcome is written.
enum class Publication : std::uint8_t {
    untouched,  ///< the status is not ours to write
    published,  ///< the status says it
    queued,     ///< the next `take_writes` has it
    writing,    ///< handed out, not yet answered
    failed,     ///< refused by the source; waits for `retry_writes`
};

const char* to_string(Publication publication);

/// The last outcome of a service.
struct Condition {
    ServiceState state = ServiceState::waiting_for_configuration;
    std::optional<pool::Allocation> allocation;
    /// Why it holds nothing; beside an allocation, why not all that it asks for.
    std::optional<pool::Refusal> refusal;
    Publication publication = Publication::untouched;
    std::optional<Error> write_error;
};

}  // namespace ferro::controller
