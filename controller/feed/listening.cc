#include "controller/feed/listening.h"

#include "runtime/clock.h"
#include "runtime/log.h"

#include <grpc/support/log.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>

namespace ferro::controller {
namespace {

/// How often certificate files are looked at. A rotated certificate serves new handshakes at most
/// this much later.
constexpr unsigned kCertificateInterval = 1;

/// gRPC reports bad files only as failed handshakes, one per speaker and second. So they are tried
/// here first.
Result<void> try_certificates(const feed::TlsFiles& tls) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    const auto failed = [](const std::string& what) {
        char text[256] = {};
        ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
        ERR_clear_error();
        return Error{ErrorCode::invalid_input, what + ": " + text};
    };
    if (context == nullptr) {
        return failed("making a TLS context");
    }
    if (SSL_CTX_use_certificate_chain_file(context.get(), tls.certificate.c_str()) != 1) {
        return failed("reading the certificate " + tls.certificate);
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), tls.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1) {
        return failed("reading the key " + tls.key + " of the certificate " + tls.certificate);
    }
    if (SSL_CTX_load_verify_file(context.get(), tls.authority.c_str()) != 1) {
        return failed("reading the certificate authority " + tls.authority);
    }
    return {};
}

std::shared_ptr<grpc::ServerCredentials> credentials_of(const FeedServerOptions& options) {
    const bool tcp = options.endpoint.transport == feed::FeedEndpoint::Transport::tcp;
    if (!tcp || options.tls.empty()) {
        return grpc::InsecureServerCredentials();
    }
    const auto& tls = options.tls;
    grpc::experimental::TlsServerCredentialsOptions wanted(
        std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
            tls.key, tls.certificate, tls.authority, kCertificateInterval));
    wanted.watch_root_certs();
    wanted.watch_identity_key_cert_pairs();
    wanted.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    return grpc::experimental::TlsServerCredentials(wanted);
}

/// gRPC unlinks what stands in the way of a Unix socket, also when somebody listens on it.
Result<void> check_nobody_listens(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return Error{ErrorCode::resource_exhausted,
                     std::string("opening a socket: ") + std::strerror(errno)};
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API's own cast.
    const bool taken =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (taken) {
        return Error{ErrorCode::conflict, "another process listens on unix:" + path};
    }
    return {};
}

int milliseconds(Duration duration) {
    return static_cast<int>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

void set_arguments(grpc::ServerBuilder& builder, const FeedServerOptions& options) {
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(options.keepalive_time));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                               milliseconds(options.keepalive_timeout));
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    // Speakers ping too; none of their pings is a strike.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
    // Otherwise two controllers would share a port, and half of the speakers would follow each.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    // Connections that speak no TLS or no HTTP/2 hold a descriptor no longer than this.
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                               milliseconds(options.hello_timeout));
    builder.SetMaxReceiveMessageSize(1024 * 1024);
}

/// gRPC's own complaints come as our log lines, and no faster than one in this many seconds: a
/// speaker with a wrong certificate makes one every other second for ever. Process-wide, as gRPC's
/// setting is.
constexpr std::int64_t kComplaintInterval = 5;

void log_complaint(gpr_log_func_args* args) {
    static std::atomic<std::int64_t> last{-kComplaintInterval};
    static std::atomic<std::uint64_t> swallowed{0};
    const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                                 runtime::monotonic_now().time_since_epoch())
                                 .count();
    std::int64_t before = last.load();
    if (args->severity != GPR_LOG_SEVERITY_ERROR || now - before < kComplaintInterval ||
        !last.compare_exchange_strong(before, now)) {
        swallowed.fetch_add(args->severity == GPR_LOG_SEVERITY_ERROR ? 1 : 0);
        return;
    }
    runtime::log_warn("the feed's transport complains",
                      {{"event", "feedTransport"},
                       {"error", args->message},
                       {"swallowed", std::to_string(swallowed.exchange(0))}});
}

/// gRPC wants a queue to be shut down and empty before it goes.
void close(Listening& listening) {
    if (listening.server != nullptr) {
        listening.server->Shutdown();
    }
    listening.queue->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (listening.queue->Next(&tag, &ok)) {
    }
}

}  // namespace

Result<Listening> listen_for_feed(const FeedServerOptions& options,
                                  feed::v1::Feed::AsyncService& service) {
    gpr_set_log_function(&log_complaint);
    TRY_VOID(feed::check_transport(options.endpoint, options.tls, options.plain));
    const bool is_unix = options.endpoint.transport == feed::FeedEndpoint::Transport::unix_socket;
    if (is_unix) {
        TRY_VOID(check_nobody_listens(options.endpoint.path));
    } else if (!options.tls.empty()) {
        TRY_VOID(try_certificates(options.tls));
    }
    Listening listening;
    grpc::ServerBuilder builder;
    set_arguments(builder, options);
    builder.AddListeningPort(
        options.endpoint.to_string(), credentials_of(options), &listening.port);
    builder.RegisterService(&service);
    listening.queue = builder.AddCompletionQueue();
    listening.server = builder.BuildAndStart();
    if (listening.server == nullptr) {
        close(listening);
        return Error{ErrorCode::unavailable,
                     "cannot listen on " + options.endpoint.to_string() +
                         " (in use, not an address of this host, or not permitted)"};
    }
    if (is_unix &&
        ::chmod(options.endpoint.path.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) != 0) {
        close(listening);
        return Error{ErrorCode::permission_denied,
                     "guarding " + options.endpoint.path + ": " + std::strerror(errno)};
    }
    return listening;
}

}  // namespace ferro::controller
