// ControlServer: answers ferroctl on a Unix socket. What there is to say it asks of a Backend, on
// the loop; gRPC stays on its own threads.
//
// Threads: made and destroyed on the loop's thread (or while the loop does not run); the Backend is
// called on the loop only.
#pragma once

#include "core/base/result.h"
#include "proto/control_types.h"
#include "runtime/loop.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ferro::controller {

/// What the controller knows, as ferroctl shows it. Called on the loop, for a person who waits:
/// each call should take milliseconds.
class ControlBackend {
  public:
    virtual ~ControlBackend() = default;

    /// Every LoadBalancer service, and any other that still has an address; by namespace and name.
    virtual std::vector<control::Service> services() = 0;
    virtual std::vector<control::Pool> pools() = 0;
    virtual control::Speakers speakers() = 0;
    /// Errors first.
    virtual std::vector<control::Finding> findings() = 0;

    /// `query` is "namespace/name", a bare name (all services of that name, in any namespace) or an
    /// address (all services that have it). Empty when nothing matches.
    virtual std::vector<control::Explanation> explain(const std::string& query) = 0;

    /// Also asked before the first synchronisation.
    virtual control::Version version() = 0;
};

struct ControlServerOptions {
    /// At most 107 bytes. The folder is made if it is not there.
    std::filesystem::path socket = "/run/ferrolb/control.sock";
    /// Empty: the socket has mode 0600. Else 0660 and this group.
    std::string group;
    /// Questions that wait for the loop; more are refused (RESOURCE_EXHAUSTED).
    std::size_t calls_max = 64;
};

class ControlServer {
  public:
    /// Listens. A socket file that nobody listens on is removed first. Errors: conflict (somebody
    /// answers there, or the path is not a socket), invalid_input (path too long, no such group),
    /// permission_denied, unavailable.
    static Result<std::unique_ptr<ControlServer>> start(runtime::Loop& loop,
                                                        ControlBackend& backend,
                                                        const ControlServerOptions& options);

    /// Refuses the calls that wait and removes the socket file.
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    /// Calls refused because too many waited.
    [[nodiscard]] std::uint64_t refused() const;

  private:
    struct State;
    explicit ControlServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ferro::controller
