// Privileges: which Linux capabilities the process has, and giving up all but a few.
//
// A speaker needs CAP_NET_RAW for its packet sockets and nothing else; whatever more it was started
// with (as root, everything) it drops first thing, for good: also out of the bounding set and for
// programs it may start (no_new_privs).
//
// Threads: Linux keeps capabilities per thread, and new threads inherit them. Call keep_only()
// before the first thread is started.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ferro::runtime {

/// Those the product may ask for; the words are the kernel's without CAP_.
enum class Capability : std::uint8_t { net_admin, net_bind_service, net_raw };

/// "CAP_NET_RAW"
const char* to_string(Capability capability);

/// Whether the calling thread has it in its effective set.
bool has_capability(Capability capability);

/// Error permission_denied when it is missing, in words for the operator: what it is for, and how
/// to give it on a host and in Kubernetes. `purpose` continues "needed ..": "to answer ARP".
Result<void> require_capability(Capability capability, const std::string& purpose);

/// Gives up all capabilities but those of `kept` that the process has; one that is not there is not
/// an error (ask require_capability). Errors: permission_denied or internal when the kernel
/// refuses; conflict when another thread still holds more afterwards.
Result<void> keep_only(const std::vector<Capability>& kept);

/// "CAP_NET_RAW", or "none": the effective set of the calling thread, for the log. Names
/// capabilities that the product does not know as well.
std::string effective_capabilities();

}  // namespace ferro::runtime
