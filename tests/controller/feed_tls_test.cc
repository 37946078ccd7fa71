// Who may speak to the feed over TCP: mutual TLS with every kind of wrong certificate, plain
// clients, garbage. After each of them the server still serves the speaker that is in order.
#include "core/base/prng.h"
#include "tests/controller/feed_rig.h"
#include "tests/support/certificates.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace ferro::test {
namespace {

feed::TlsFiles tls_of(const CertificateFiles& files) {
    return {.certificate = files.certificate, .key = files.key, .authority = files.authority};
}

class FeedTls : public ::testing::Test {
  protected:
    FeedTls()
        : authority_(directory_.path(), "cluster"),
          server_files_(authority_.issue(
              "server",
              {.common_name = "controller", .dns_names = {}, .addresses = {"127.0.0.1"}})),
          node_files_(authority_.issue(
              "node-1", {.common_name = "node-1", .dns_names = {}, .addresses = {}})) {
        controller::FeedServerOptions options;
        options.endpoint = feed::FeedEndpoint::parse("127.0.0.1:0").value();
        options.tls = tls_of(server_files_);
        options.hello_timeout = std::chrono::seconds{1};
        controller_.emplace(loop_, options);
        controller_->put("a", "1");
        controller_->commit();
    }

    [[nodiscard]] feed::FeedClientOptions client_options(const CertificateFiles& files,
                                                         const std::string& node) {
        feed::FeedClientOptions options;
        options.endpoint = feed::FeedEndpoint::parse("127.0.0.1:" + std::to_string(port())).value();
        options.tls = tls_of(files);
        options.node = NodeName(node);
        options.backoff_min = std::chrono::milliseconds{1};
        options.backoff_max = std::chrono::milliseconds{50};
        return options;
    }

    std::uint16_t port() { return controller_->server().port(); }

    /// A client with these files gets nowhere in several attempts, and another one is served
    /// meanwhile.
    void expect_refused(const feed::FeedClientOptions& options) {
        TestSpeaker wrong(loop_, options);
        ASSERT_TRUE(run_until(loop_, [&] { return wrong.client->counters().attempts >= 4; }));
        EXPECT_FALSE(wrong.client->connected());
        EXPECT_TRUE(wrong.batches.empty());
        expect_serving();
        EXPECT_TRUE(wrong.batches.empty());
    }

    void expect_serving() {
        TestSpeaker good(loop_, client_options(node_files_, "node-1"));
        EXPECT_TRUE(run_until(loop_, [&] { return good.objects == controller_->objects(); }));
    }

    /// Sends `bytes` on a raw connection and waits until the server has closed it.
    bool closes_after(const std::string& bytes) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API's own cast.
        EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
        const bool closed = run_until(loop_, [&] {
            std::array<char, 4'096> answer{};
            const auto got = ::recv(fd, answer.data(), answer.size(), MSG_DONTWAIT);
            return got == 0 || (got < 0 && errno != EAGAIN);
        });
        ::close(fd);
        return closed;
    }

    runtime::Loop loop_;
    tests::TemporaryDirectory directory_{"feed-tls"};
    CertificateAuthority authority_;
    CertificateFiles server_files_;
    CertificateFiles node_files_;
    std::optional<TestController> controller_;
};

TEST_F(FeedTls, ServesASpeakerWhoseCommonNameIsItsNode) {
    expect_serving();
}

TEST_F(FeedTls, ServesASpeakerOneOfWhoseDnsNamesIsItsNode) {
    const auto files = authority_.issue(
        "dns", {.common_name = "speaker", .dns_names = {"other", "node-7"}, .addresses = {}});
    TestSpeaker speaker(loop_, client_options(files, "node-7"));
    EXPECT_TRUE(run_until(loop_, [&] { return speaker.objects == controller_->objects(); }));
}

TEST_F(FeedTls, RefusesACertificateOfAnotherNodeAndSaysSo) {
    TestSpeaker wrong(loop_, client_options(node_files_, "node-2"));
    ASSERT_TRUE(
        run_until(loop_, [&] { return controller_->server().counters().refused_identity >= 2; }));
    EXPECT_TRUE(wrong.batches.empty());
    EXPECT_FALSE(controller_->server().speakers().contains(NodeName("node-2")));
    expect_serving();
}

TEST_F(FeedTls, RefusesACertificateOfAnotherAuthority) {
    CertificateAuthority stranger(directory_.path(), "stranger");
    auto files =
        stranger.issue("wrong-ca", {.common_name = "node-1", .dns_names = {}, .addresses = {}});
    files.authority = authority_.file();
    expect_refused(client_options(files, "node-1"));
}

TEST_F(FeedTls, RefusesAnExpiredCertificate) {
    const auto files = authority_.issue("expired",
                                        {.common_name = "node-1",
                                         .dns_names = {},
                                         .addresses = {},
                                         .from = std::chrono::hours{-2},
                                         .until = std::chrono::hours{-1}});
    expect_refused(client_options(files, "node-1"));
}

TEST_F(FeedTls, ASpeakerRefusesAControllerOfAnotherAuthority) {
    CertificateAuthority stranger(directory_.path(), "stranger");
    auto files = node_files_;
    files.authority = stranger.file();
    expect_refused(client_options(files, "node-1"));
}

TEST_F(FeedTls, ASpeakerRefusesAControllerOfAnotherName) {
    auto options = client_options(node_files_, "node-1");
    options.server_name = "somebody-else";
    expect_refused(options);
}

TEST_F(FeedTls, RefusesAPlainClient) {
    auto options = client_options({}, "node-1");
    options.tls = {};
    expect_refused(options);
}

TEST_F(FeedTls, MissingFilesAreRetriedUntilTheyAreThere) {
    auto files = node_files_;
    files.certificate += ".later";
    TestSpeaker speaker(loop_, client_options(files, "node-1"));
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.client->counters().attempts >= 3; }));
    std::filesystem::copy_file(node_files_.certificate, files.certificate);
    EXPECT_TRUE(run_until(loop_, [&] { return speaker.objects == controller_->objects(); }));
}

TEST_F(FeedTls, GarbageOnThePortEndsOnlyItself) {
    TestSpeaker bystander(loop_, client_options(node_files_, "node-1"));
    ASSERT_TRUE(run_until(loop_, [&] { return bystander.client->connected(); }));
    Prng prng(1);
    std::string noise;
    for (int i = 0; i < 10'000; ++i) {
        noise.push_back(static_cast<char>(prng.next()));
    }
    EXPECT_TRUE(closes_after(noise));
    EXPECT_TRUE(closes_after("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_TRUE(closes_after("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    EXPECT_TRUE(closes_after("\x16\x03\x01")) << "half a handshake ends with its deadline";
    controller_->put("b", "2");
    controller_->commit();
    EXPECT_TRUE(run_until(loop_, [&] { return bystander.objects == controller_->objects(); }));
    EXPECT_EQ(bystander.links_down, 0);
}

TEST_F(FeedTls, ARotatedServerCertificateServesNewHandshakes) {
    CertificateAuthority next(directory_.path(), "next");
    // The authority is rotated too: only who has the new one sees the new certificate.
    const auto fresh = next.issue(
        "fresh", {.common_name = "controller", .dns_names = {}, .addresses = {"127.0.0.1"}});
    const auto node =
        next.issue("fresh-node", {.common_name = "node-9", .dns_names = {}, .addresses = {}});
    TestSpeaker early(loop_, client_options(node, "node-9"));
    ASSERT_TRUE(run_until(loop_, [&] { return early.client->counters().attempts >= 2; }));
    EXPECT_FALSE(early.client->connected());
    std::filesystem::rename(fresh.key, server_files_.key);
    std::filesystem::rename(fresh.certificate, server_files_.certificate);
    std::filesystem::copy_file(
        next.file(), server_files_.authority, std::filesystem::copy_options::overwrite_existing);
    EXPECT_TRUE(run_until(loop_, [&] { return early.objects == controller_->objects(); }));
}

TEST_F(FeedTls, RefusesToListenWithFilesThatDoNotBelongTogether) {
    controller::FeedServerOptions options;
    options.endpoint = feed::FeedEndpoint::parse("127.0.0.1:0").value();
    options.tls = tls_of(server_files_);
    options.tls.key = node_files_.key;
    const auto mismatch = controller::FeedServer::start(loop_, options);
    ASSERT_FALSE(mismatch);
    EXPECT_EQ(mismatch.error().code, ErrorCode::invalid_input);
    options.tls = tls_of(server_files_);
    options.endpoint = feed::FeedEndpoint::parse("127.0.0.1:" + std::to_string(port())).value();
    const auto taken = controller::FeedServer::start(loop_, options);
    ASSERT_FALSE(taken) << "two controllers must not share a port";
    EXPECT_EQ(taken.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace ferro::test
