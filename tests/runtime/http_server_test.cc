// HttpServer against real sockets on loopback: what it answers, and that no client, however rude,
// keeps others out. The loop runs on its own thread, as in a daemon.
#include "runtime/http_server.h"

#include "core/base/prng.h"
#include "tests/support/eventually.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ferro::runtime {
namespace {

using std::chrono::milliseconds;

class Client {
  public:
    explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
        }
    }

    ~Client() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }

    Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    Client& operator=(Client&&) = delete;

    bool send(const std::string& text) const {
        return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(text.size());
    }

    /// Up to the end of the stream; 10 s at most.
    [[nodiscard]] std::string read_all() const {
        std::string text;
        while (read_some(text)) {
        }
        return text;
    }

    /// Until `mark` has come `times` times, or the stream ends.
    [[nodiscard]] std::string read_until(const std::string& mark, int times = 1) const {
        std::string text;
        for (;;) {
            int seen = 0;
            for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; ++at) {
                ++seen;
            }
            if (seen >= times || !read_some(text)) {
                return text;
            }
        }
    }

    /// Whether the server closes within the time.
    [[nodiscard]] bool is_closed_within(milliseconds timeout) const {
        pollfd entry{fd_, POLLIN, 0};
        if (::poll(&entry, 1, static_cast<int>(timeout.count())) <= 0) {
            return false;
        }
        char byte = 0;
        return ::recv(fd_, &byte, 1, MSG_DONTWAIT) <= 0;
    }

  private:
    bool read_some(std::string& into) const {
        pollfd entry{fd_, POLLIN, 0};
        if (::poll(&entry, 1, 10000) <= 0) {
            ADD_FAILURE() << "nothing came within 10 s after: " << into.substr(0, 200);
            return false;
        }
        std::array<char, 4096> chunk{};
        const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
        if (got > 0) {
            into.append(chunk.data(), static_cast<std::size_t>(got));
        }
        return got > 0;
    }

    int fd_ = -1;
};

class HttpServerTest : public testing::Test {
  protected:
    template <typename Work>
    auto on_loop(Work work) {
        std::packaged_task<decltype(work())()> task(std::move(work));
        auto result = task.get_future();
        loop_.post([&task] { task(); });
        return result.get();
    }

    ~HttpServerTest() override {
        if (thread_.joinable()) {
            on_loop([this] { server_.reset(); });
            loop_.stop();
            thread_.join();
        }
    }

    void start(HttpServerOptions options = {}) {
        HttpRoutes routes;
        routes["/healthz"] = [](const HttpRequest&) {
            return HttpResponse{200, "text/plain", "ok"};
        };
        routes["/echo"] = [](const HttpRequest& request) {
            return HttpResponse{201,
                                "text/x-echo",
                                request.method + " " + request.path + " " + request.query + " " +
                                    request.authorization};
        };
        routes["/big"] = [](const HttpRequest&) {
            return HttpResponse{200, "text/plain", std::string(64 << 20, 'x')};
        };
        auto started = HttpServer::start(loop_, std::move(routes), options);
        ASSERT_TRUE(started.has_value()) << started.error().context;
        server_ = std::move(*started);
        port_ = server_->port();
        thread_ = std::thread([this] { loop_.run(); });
    }

    HttpServerCounters counters() {
        return on_loop([this] { return server_->counters(); });
    }

    [[nodiscard]] Client connect() const { return Client(port_); }

    /// One request on a connection of its own, to the end of the stream.
    [[nodiscard]] std::string ask(const std::string& text) const {
        const Client client = connect();
        EXPECT_TRUE(client.send(text));
        return client.read_all();
    }

    [[nodiscard]] bool is_healthy() const {
        const std::string answer =
            ask("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        return answer.rfind("HTTP/1.1 200 OK\r\n", 0) == 0 &&
               answer.substr(answer.size() - 6) == "\r\n\r\nok";
    }

    Loop loop_;
    std::unique_ptr<HttpServer> server_;
    std::thread thread_;
    std::uint16_t port_ = 0;
};

const std::string kHealth = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(HttpServerTest, AnswersWithWhatTheHandlerReturns) {
    start();
    const std::string answer =
        ask("GET /echo?a=1&b=2 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
            "Connection: close\r\n\r\n");
    EXPECT_EQ(answer.rfind("HTTP/1.1 201 Created\r\n", 0), 0U) << answer;
    EXPECT_NE(answer.find("Content-Type: text/x-echo\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("Content-Length: 26\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("\r\n\r\nGET /echo a=1&b=2 Bearer t"), std::string::npos) << answer;
    const std::string head = ask("HEAD /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(head.find("Content-Length: "), std::string::npos);
    EXPECT_EQ(head.substr(head.size() - 4), "\r\n\r\n") << "a head has no body";
}

TEST_F(HttpServerTest, RefusesUnknownPathsAndOtherMethods) {
    start();
    EXPECT_EQ(ask("GET /healthz/ HTTP/1.0\r\n\r\n").rfind("HTTP/1.1 404 Not Found", 0), 0U);
    const std::string post = ask("POST /healthz HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(post.rfind("HTTP/1.1 405 Method Not Allowed", 0), 0U);
    EXPECT_NE(post.find("Allow: GET, HEAD\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, KeepsAConnectionAndClosesItWhenAsked) {
    start();
    const Client client = connect();
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(client.send(kHealth));
        EXPECT_NE(client.read_until("\r\n\r\nok").find("200 OK"), std::string::npos);
    }
    EXPECT_FALSE(client.is_closed_within(milliseconds{0}));
    ASSERT_TRUE(client.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    EXPECT_NE(client.read_all().find("Connection: close"), std::string::npos);
    EXPECT_EQ(counters().connections, 1U);
    EXPECT_EQ(counters().requests, 4U);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
    start();
    const Client client = connect();
    ASSERT_TRUE(client.send("GET /echo?1 HTTP/1.1\r\nHost: x\r\n\r\n" + kHealth +
                            "GET /echo?3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    const std::string answers = client.read_all();
    const std::size_t first = answers.find("GET /echo 1");
    const std::size_t second = answers.find("\r\n\r\nok");
    const std::size_t third = answers.find("GET /echo 3");
    EXPECT_TRUE(first < second && second < third && third != std::string::npos) << answers;
}

TEST_F(HttpServerTest, ReadsARequestThatComesByteByByte) {
    start();
    const Client client = connect();
    for (const char c : kHealth) {
        ASSERT_TRUE(client.send(std::string(1, c)));
    }
    EXPECT_NE(client.read_until("\r\n\r\nok").find("200 OK"), std::string::npos);
}

TEST_F(HttpServerTest, RefusesOversizeRequests) {
    start();
    const std::string header =
        ask("GET /healthz HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n");
    EXPECT_EQ(header.rfind("HTTP/1.1 431 ", 0), 0U) << header;
    const std::string body = ask("POST /healthz HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
    EXPECT_EQ(body.rfind("HTTP/1.1 413 ", 0), 0U) << body;
    EXPECT_EQ(counters().malformed, 2U);
    EXPECT_TRUE(is_healthy());
}

TEST_F(HttpServerTest, SurvivesGarbage) {
    start();
    EXPECT_EQ(ask("this is not HTTP\r\n\r\n").rfind("HTTP/1.1 400 Bad Request", 0), 0U);
    EXPECT_EQ(ask("GET /healthz HTTP/9.9\r\n\r\n").rfind("HTTP/1.1 400 ", 0), 0U);
    Prng prng(20240601);
    for (int round = 0; round < 200; ++round) {
        const Client client = connect();
        std::string bytes = round % 2 == 0 ? "" : kHealth.substr(0, prng.below(kHealth.size()));
        const std::uint64_t length = prng.below(300);
        for (std::uint64_t i = 0; i < length; ++i) {
            bytes += static_cast<char>(prng.below(256));
        }
        client.send(bytes);
    }
    EXPECT_TRUE(is_healthy());
}

// A client that sends a header byte now and then, for ever.
TEST_F(HttpServerTest, CutsOffASlowSender) {
    HttpServerOptions options;
    options.request_timeout = milliseconds{300};
    start(options);
    const Client slow = connect();
    ASSERT_TRUE(slow.send("GET /healthz HTTP/1.1\r\nX: "));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(test::eventually([&] {
        slow.send("x");
        return slow.is_closed_within(milliseconds{20});
    }));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds{200});
    EXPECT_TRUE(test::eventually([&] { return counters().timed_out == 1; }));
    EXPECT_TRUE(is_healthy());
}

TEST_F(HttpServerTest, CutsOffAClientThatDoesNotReadItsAnswer) {
    HttpServerOptions options;
    options.request_timeout = milliseconds{300};
    start(options);
    const Client deaf = connect();
    ASSERT_TRUE(deaf.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_TRUE(test::eventually([&] { return counters().timed_out == 1; }));
    EXPECT_TRUE(is_healthy());
}

TEST_F(HttpServerTest, AnswersAHundredConnectionsAtOnce) {
    HttpServerOptions options;
    options.connections_max = 128;
    start(options);
    std::vector<Client> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(connect());
    }
    for (const Client& client : clients) {
        ASSERT_TRUE(client.send(kHealth));
    }
    for (const Client& client : clients) {
        EXPECT_NE(client.read_until("\r\n\r\nok").find("200 OK"), std::string::npos);
    }
    EXPECT_EQ(counters().evicted, 0U);
}

TEST_F(HttpServerTest, IdleConnectionsDoNotKeepANewOneOut) {
    HttpServerOptions options;
    options.connections_max = 16;
    start(options);
    std::vector<Client> idle;
    for (int i = 0; i < 100; ++i) {
        idle.push_back(connect());
    }
    EXPECT_TRUE(is_healthy());
    EXPECT_EQ(counters().evicted, 85U);
    EXPECT_TRUE(idle.front().is_closed_within(milliseconds{5000}));
    EXPECT_FALSE(idle.back().is_closed_within(milliseconds{0}));
}

TEST_F(HttpServerTest, IsDestroyedAmidConnections) {
    start();
    std::vector<Client> clients;
    for (int i = 0; i < 10; ++i) {
        clients.push_back(connect());
        ASSERT_TRUE(clients.back().send(i % 2 == 0 ? "GET /big HTTP/1.1\r\n\r\n" : "GET /hea"));
    }
    EXPECT_TRUE(test::eventually([&] { return counters().requests == 5; }));
    on_loop([this] { server_.reset(); });
    for (const Client& client : clients) {
        EXPECT_LT(client.read_all().size(), std::size_t{64 << 20});
    }
    EXPECT_THROW(connect(), std::runtime_error);
}

TEST_F(HttpServerTest, SaysWhyItCannotListen) {
    start();
    Loop loop;
    HttpServerOptions options;
    options.port = port_;
    EXPECT_EQ(HttpServer::start(loop, {}, options).error().code, ErrorCode::conflict);
    options.address = "localhost";
    EXPECT_EQ(HttpServer::start(loop, {}, options).error().code, ErrorCode::invalid_input);
    options.address = "192.0.2.1";
    EXPECT_EQ(HttpServer::start(loop, {}, options).error().code, ErrorCode::unavailable);
}

TEST(ParseListenAddress, TakesGosForms) {
    using Parsed = std::pair<std::string, std::uint16_t>;
    EXPECT_EQ(parse_listen_address("127.0.0.1:7472").value(), (Parsed{"127.0.0.1", 7472}));
    EXPECT_EQ(parse_listen_address(":17472").value(), (Parsed{"::", 17472}));
    EXPECT_EQ(parse_listen_address("[::1]:80").value(), (Parsed{"::1", 80}));
    for (const char* wrong : {"",
                              "80",
                              "127.0.0.1",
                              "127.0.0.1:",
                              "::1:80",
                              "host:80",
                              ":65536",
                              ":-1",
                              ":80x",
                              "[::1:80"}) {
        EXPECT_FALSE(parse_listen_address(wrong).has_value()) << wrong;
    }
}

}  // namespace
}  // namespace ferro::runtime
