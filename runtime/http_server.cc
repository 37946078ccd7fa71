// The server's flow, one session per connection:
//
//     accept -> read a request (bounded in bytes and time) -> handler -> write -> read the next
//
// State is shared by the sessions and the pending accept; when HttpServer goes, `stopped` is set
// and every socket closed, so that handlers that Asio had queued find nothing to do. Sessions hang
// in a list in the order in which they began to wait for a request: its front is the one to evict.

#include "runtime/http_server.h"

#include "runtime/log.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <charconv>
#include <list>
#include <optional>
#include <utility>

namespace ferro::runtime {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;

namespace {

/// Accepting fails when descriptors run out; asking again at once would spin.
constexpr auto kAcceptPause = std::chrono::milliseconds{100};

const asio::ip::address kAnyV6 = asio::ip::address_v6::any();

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
    using Sessions = std::list<std::shared_ptr<Session>>;

    State(Loop& loop, HttpRoutes served, HttpServerOptions bounds)
        : acceptor(loop.context()),
          pause(loop.context()),
          routes(std::move(served)),
          options(std::move(bounds)) {}

    Result<void> listen();
    void accept();
    void on_accepted(beast::error_code error, Tcp::socket socket);
    void stop();

    Tcp::acceptor acceptor;
    asio::steady_timer pause;
    HttpRoutes routes;
    HttpServerOptions options;
    HttpServerCounters counters;
    Sessions sessions;
    bool stopped = false;
};

namespace {

Error error_of(const beast::error_code& error, const std::string& intent) {
    ErrorCode code = ErrorCode::unavailable;
    if (error == asio::error::address_in_use) {
        code = ErrorCode::conflict;
    } else if (error == asio::error::access_denied) {
        code = ErrorCode::permission_denied;
    }
    return Error{code, intent + ": " + error.message()};
}

HttpResponse error_response(http::status status) {
    return HttpResponse{static_cast<unsigned>(status),
                        "text/plain; charset=utf-8",
                        std::string(http::obsolete_reason(status)) + "\n"};
}

}  // namespace

class HttpServer::Session : public std::enable_shared_from_this<Session> {
  public:
    Session(Tcp::socket socket, std::shared_ptr<State> server)
        : stream_(std::move(socket)), server_(std::move(server)) {}

    void start(State::Sessions::iterator place) {
        place_ = place;
        read();
    }

    void close() { stream_.close(); }

  private:
    void read() {
        // One deadline for the whole turn: a client that sends a byte now and then gains nothing.
        stream_.expires_after(server_->options.request_timeout);
        server_->sessions.splice(server_->sessions.end(), server_->sessions, place_);
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(server_->options.header_bytes_max));
        parser_->body_limit(server_->options.body_bytes_max);
        http::async_read(stream_,
                         buffer_,
                         *parser_,
                         [self = shared_from_this()](beast::error_code error, std::size_t) {
                             self->on_read(error);
                         });
    }

    void on_read(beast::error_code error) {
        if (server_->stopped) {
            return;
        }
        if (error == http::error::header_limit) {
            refuse(http::status::request_header_fields_too_large);
        } else if (error == http::error::body_limit) {
            refuse(http::status::payload_too_large);
        } else if (error == beast::error::timeout) {
            ++server_->counters.timed_out;
            finish();
        } else if (error == http::error::end_of_stream || error == http::error::partial_message) {
            finish();
        } else if (error.category() == http::make_error_code(http::error::bad_method).category()) {
            refuse(http::status::bad_request);
        } else if (error) {
            finish();
        } else {
            ++server_->counters.requests;
            const auto& request = parser_->get();
            write(answer(request), request.keep_alive(), request.method() == http::verb::head);
        }
    }

    void refuse(http::status status) {
        ++server_->counters.malformed;
        write(error_response(status), false, false);
    }

    HttpResponse answer(const http::request<http::string_body>& request) const {
        if (request.method() != http::verb::get && request.method() != http::verb::head) {
            return error_response(http::status::method_not_allowed);
        }
        const std::string target(request.target());
        const std::size_t mark = target.find('?');
        const auto route = server_->routes.find(target.substr(0, mark));
        if (route == server_->routes.end()) {
            return error_response(http::status::not_found);
        }
        const HttpRequest plain{std::string(request.method_string()),
                                route->first,
                                mark == std::string::npos ? "" : target.substr(mark + 1),
                                std::string(request[http::field::authorization])};
        return route->second(plain);
    }

    void write(HttpResponse response, bool keep_alive, bool head_only) {
        response_ = {};
        response_.version(11);
        response_.result(response.status);
        response_.set(http::field::content_type, response.content_type);
        if (response.status == static_cast<unsigned>(http::status::method_not_allowed)) {
            response_.set(http::field::allow, "GET, HEAD");
        }
        response_.keep_alive(keep_alive);
        response_.content_length(response.body.size());
        if (!head_only) {
            response_.body() = std::move(response.body);
        }
        http::async_write(
            stream_,
            response_,
            [self = shared_from_this(), keep_alive](beast::error_code error, std::size_t) {
                self->on_written(error, keep_alive);
            });
    }

    void on_written(beast::error_code error, bool keep_alive) {
        if (server_->stopped) {
            return;
        }
        if (error == beast::error::timeout) {
            ++server_->counters.timed_out;
        }
        if (error || !keep_alive) {
            finish();
        } else {
            read();
        }
    }

    // The last handler holds this alive until it returns.
    void finish() {
        beast::error_code ignored;
        stream_.socket().shutdown(Tcp::socket::shutdown_both, ignored);
        close();
        server_->sessions.erase(place_);
    }

    beast::tcp_stream stream_;
    std::shared_ptr<State> server_;
    State::Sessions::iterator place_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> response_;
};

Result<void> HttpServer::State::listen() {
    beast::error_code error;
    asio::ip::address address = asio::ip::make_address(options.address, error);
    if (error) {
        return Error{ErrorCode::invalid_input, "\"" + options.address + "\" is no address"};
    }
    const std::string intent =
        "listening on " + options.address + " port " + std::to_string(options.port);
    acceptor.open(address.is_v6() ? Tcp::v6() : Tcp::v4(), error);
    if (error == asio::error::address_family_not_supported && address == kAnyV6) {
        address = asio::ip::address_v4::any();  // a host without IPv6: all that is left of "all"
        acceptor.open(Tcp::v4(), error);
    }
    if (!error) {
        acceptor.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error && address == kAnyV6) {
        acceptor.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) {
        acceptor.bind(Tcp::endpoint(address, options.port), error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return error_of(error, intent);
    }
    return {};
}

void HttpServer::State::accept() {
    acceptor.async_accept([self = shared_from_this()](beast::error_code error, Tcp::socket socket) {
        self->on_accepted(error, std::move(socket));
    });
}

void HttpServer::State::on_accepted(beast::error_code error, Tcp::socket socket) {
    if (stopped) {
        return;
    }
    if (error) {
        log_warn("accepting an HTTP connection failed",
                 {{"event", "httpAccept"}, {"error", error.message()}});
        pause.expires_after(kAcceptPause);
        pause.async_wait([self = shared_from_this()](beast::error_code cancelled) {
            if (!cancelled && !self->stopped) {
                self->accept();
            }
        });
        return;
    }
    ++counters.connections;
    if (sessions.size() >= options.connections_max) {
        // Its pending read ends with an error and takes it off the list.
        ++counters.evicted;
        sessions.front()->close();
        sessions.splice(sessions.end(), sessions, sessions.begin());
    }
    auto session = std::make_shared<Session>(std::move(socket), shared_from_this());
    sessions.push_back(session);
    session->start(std::prev(sessions.end()));
    accept();
}

void HttpServer::State::stop() {
    stopped = true;
    beast::error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    for (const std::shared_ptr<Session>& session : sessions) {
        session->close();
    }
    sessions.clear();
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
    state_->stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(Loop& loop,
                                                      HttpRoutes routes,
                                                      HttpServerOptions options) {
    auto state = std::make_shared<State>(loop, std::move(routes), std::move(options));
    TRY_VOID(state->listen());
    state->accept();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

std::uint16_t HttpServer::port() const {
    beast::error_code error;
    const Tcp::endpoint endpoint = state_->acceptor.local_endpoint(error);
    return error ? std::uint16_t{0} : endpoint.port();
}

const HttpServerCounters& HttpServer::counters() const {
    return state_->counters;
}

Result<std::pair<std::string, std::uint16_t>> parse_listen_address(const std::string& text) {
    const Error malformed{ErrorCode::invalid_input,
                          "\"" + text + "\" is not of the form ADDRESS:PORT or :PORT"};
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) {
        return malformed;
    }
    std::string address = text.substr(0, colon);
    if (address.size() >= 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
    } else if (address.find(':') != std::string::npos) {
        return malformed;  // an IPv6 address without brackets
    }
    if (address.empty()) {
        address = "::";
    }
    std::uint16_t port = 0;
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + colon + 1, last, port);
    beast::error_code bad_address;
    asio::ip::make_address(address, bad_address);
    if (error != std::errc{} || end != last || bad_address) {
        return malformed;
    }
    return std::pair{address, port};
}

}  // namespace ferro::runtime
