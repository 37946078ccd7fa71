// What the layer 2 engine says has happened. The wiring turns these into log lines, Kubernetes
// events and gauges; the engine never emits one twice for the same state.
#pragma once

#include "core/ip/address.h"
#include "core/model/object_ref.h"

#include <cstdint>

namespace ferro::layer2 {

/// What became of a wish to announce.
enum class AnnounceResult : std::uint8_t {
    announced,
    no_such_interface,    ///< none of the named interfaces exists on this node (T074)
    ipv6_not_supported,   ///< NDP is not answered
    unspecified_address,  ///< 0.0.0.0 cannot be announced
};

/// The enumerator's word.
const char* to_string(AnnounceResult result);

enum class EventKind : std::uint8_t {
    announced,        ///< this node answers for the address on behalf of the service from now on
    withdrawn,        ///< no more
    announce_failed,  ///< `reason` says why; MetalLB's Kubernetes event announceFailed
};

/// The enumerator's word.
const char* to_string(EventKind kind);

struct Event {
    EventKind kind = EventKind::announced;
    model::ServiceKey service;
    ip::Address address;
    /// For announce_failed; else `announced`.
    AnnounceResult reason = AnnounceResult::announced;

    friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace ferro::layer2
