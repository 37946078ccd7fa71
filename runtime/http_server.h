// HttpServer: a small HTTP/1.1 server on the loop for /metrics, /healthz and /readyz.
//
// It answers GET and HEAD for exact paths with what plain functions return; anything else gets a
// short error. It is made to be left open on a host's address: the number of connections, the size
// of a request and the time for a whole request are bounded, whatever the client does. Connections
// beyond the limit close the one that has waited longest for its request, so that idle or stalling
// clients cannot keep a probe out.
//
// Boost.Beast stays inside the .cc. Plain HTTP; nothing here authenticates, so bind it to loopback
// or put nothing secret behind it.
//
// Threads: loop only (start() also before the loop runs).
#pragma once

#include "core/base/instant.h"
#include "core/base/result.h"
#include "runtime/loop.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace ferro::runtime {

struct HttpRequest {
    std::string method;         ///< "GET" or "HEAD"
    std::string path;           ///< without the query
    std::string query;          ///< after '?', as sent
    std::string authorization;  ///< the header's value, empty when absent
};

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

/// Runs on the loop; must not block.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

/// Path, such as "/metrics", to handler.
using HttpRoutes = std::map<std::string, HttpHandler>;

struct HttpServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: the kernel chooses; HttpServer::port() tells
    std::size_t connections_max = 64;
    std::size_t header_bytes_max = 8192;
    std::size_t body_bytes_max = 4096;
    /// From the first moment of waiting for a request (also on a kept connection) to its answer's
    /// last byte.
    Duration request_timeout = std::chrono::seconds{10};
};

struct HttpServerCounters {
    std::uint64_t connections = 0;
    std::uint64_t requests = 0;   ///< whole ones, answered with any status
    std::uint64_t malformed = 0;  ///< not HTTP, or larger than allowed
    std::uint64_t timed_out = 0;
    std::uint64_t evicted = 0;  ///< closed for a newer connection
};

class HttpServer {
  public:
    /// Listens when it returns. Errors: invalid_input for an address that is none, conflict when
    /// the port is taken, permission_denied, unavailable.
    static Result<std::unique_ptr<HttpServer>> start(Loop& loop,
                                                     HttpRoutes routes,
                                                     HttpServerOptions options = {});

    /// Closes all connections, answers in progress included.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    [[nodiscard]] std::uint16_t port() const;

    [[nodiscard]] const HttpServerCounters& counters() const;

  private:
    class Session;
    struct State;

    explicit HttpServer(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;
};

/// "0.0.0.0:7472", ":7472" (all addresses, both families), "[::1]:80" as address and port. Error:
/// invalid_input.
Result<std::pair<std::string, std::uint16_t>> parse_listen_address(const std::string& text);

}  // namespace ferro::runtime
