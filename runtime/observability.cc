#include "runtime/observability.h"

#include <string>
#include <utility>

namespace ferro::runtime {
namespace {

HttpServerOptions on_loopback(std::uint16_t port) {
    HttpServerOptions options;
    options.port = port;
    return options;
}

}  // namespace

Result<std::unique_ptr<Observability>> Observability::start(Loop& loop,
                                                            const Metrics& metrics,
                                                            const ObservabilityOptions& options,
                                                            const std::function<bool()>& ready) {
    auto made = std::make_unique<Observability>();
    if (options.metrics_port != 0) {
        HttpRoutes routes;
        routes["/metrics"] = [&metrics](const HttpRequest&) {
            return HttpResponse{
                .status = 200, .content_type = Metrics::kTextType, .body = metrics.text()};
        };
        auto server = HttpServer::start(loop, std::move(routes), on_loopback(options.metrics_port));
        if (!server) {
            return server.error().in("serving metrics (--port)");
        }
        made->metrics_server_ = std::move(*server);
    }
    if (options.probe_port != 0) {
        HttpRoutes routes;
        routes["/healthz"] = [](const HttpRequest&) {
            return HttpResponse{.status = 200, .body = "ok"};
        };
        routes["/readyz"] = [ready](const HttpRequest&) {
            return ready()
                       ? HttpResponse{.status = 200, .body = "ok"}
                       : HttpResponse{.status = 503,
                                      .body = "not ready: the first synchronisation is not done"};
        };
        auto server = HttpServer::start(loop, std::move(routes), on_loopback(options.probe_port));
        if (!server) {
            return server.error().in("serving probes (--health-probe-port)");
        }
        made->probe_server_ = std::move(*server);
    }
    return made;
}

}  // namespace ferro::runtime
