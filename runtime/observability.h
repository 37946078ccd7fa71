// What a daemon shows over HTTP: /metrics on one port, /healthz and /readyz on another
// (spec 5.1, 10.1), both on loopback.
//
// Threads: loop only (start also before the loop runs).
#pragma once

#include "core/base/result.h"
#include "runtime/http_server.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace ferro::runtime {

struct ObservabilityOptions {
    std::uint16_t metrics_port = 0;  ///< 0 = off
    std::uint16_t probe_port = 0;    ///< 0 = off
};

class Observability {
  public:
    /// `ready` is asked by /readyz; /healthz says ok as long as the loop turns. Errors: as
    /// HttpServer, naming the port's use.
    static Result<std::unique_ptr<Observability>> start(Loop& loop,
                                                        const Metrics& metrics,
                                                        const ObservabilityOptions& options,
                                                        const std::function<bool()>& ready);

  private:
    std::unique_ptr<HttpServer> metrics_server_;
    std::unique_ptr<HttpServer> probe_server_;
};

}  // namespace ferro::runtime
