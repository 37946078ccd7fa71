// Hold and keepalive time of a BGPPeer as MetalLB completes and checks them (spec 8.3, 4).
#pragma once

#include "core/base/result.h"
#include "core/model/objects.h"

#include <cstdint>
#include <optional>

namespace ferro::config {

/// Unset means the backend's own default.
struct PeerTimers {
    std::optional<std::int64_t> hold_time_ms;
    std::optional<std::int64_t> keepalive_time_ms;
    friend bool operator==(const PeerTimers&, const PeerTimers&) = default;
};

/// Only a hold time: keepalive is a third of it; only a keepalive: hold is three times it. Errors:
/// invalid_input, "invalid BGPPeer timers ..", when the hold time cut to seconds is neither 0 nor
/// at least 3 s, or keepalive is longer than hold.
Result<PeerTimers> timers_of(const model::BgpPeer& peer);

}  // namespace ferro::config
