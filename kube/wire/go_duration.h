// Go's duration text, as metav1.Duration holds it in BGPPeer's timers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ferro::kube {

/// Whole milliseconds of "90s", "1m30s", "1.5h", "-2us" or "0": what time.ParseDuration takes. A
/// part below a millisecond is cut off. Nothing when the text is no duration or beyond 292 years.
std::optional<std::int64_t> parse_go_duration_ms(std::string_view text);

}  // namespace ferro::kube
