#include "speaker/feed/attempt.h"

#include "core/base/check.h"

#include <fstream>
#include <iterator>
#include <utility>

namespace ferro::feed {
namespace {

Result<std::string> read_pem(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.good() && text.empty()) {
        return Error{ErrorCode::invalid_input, "cannot read " + path};
    }
    return text;
}

Result<std::shared_ptr<grpc::ChannelCredentials>> credentials_of(const FeedClientOptions& options) {
    if (options.endpoint.transport == FeedEndpoint::Transport::unix_socket || options.tls.empty()) {
        return grpc::InsecureChannelCredentials();
    }
    grpc::SslCredentialsOptions pem;
    TRY(pem.pem_root_certs, read_pem(options.tls.authority));
    TRY(pem.pem_private_key, read_pem(options.tls.key));
    TRY(pem.pem_cert_chain, read_pem(options.tls.certificate));
    return grpc::SslCredentials(pem);
}

/// An address literal goes past the resolver.
std::string target_of(const FeedEndpoint& endpoint) {
    if (endpoint.transport == FeedEndpoint::Transport::unix_socket) {
        return endpoint.to_string();
    }
    const auto address = ip::Address::parse(endpoint.host);
    if (!address) {
        return "dns:///" + endpoint.to_string();
    }
    return (address->is_ipv4() ? "ipv4:" : "ipv6:") + endpoint.to_string();
}

int milliseconds(Duration duration) {
    return static_cast<int>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

grpc::ChannelArguments arguments_of(const FeedClientOptions& options) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(options.keepalive_time));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(options.keepalive_timeout));
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    // The deadline of a TCP connect, under another name.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, milliseconds(options.attempt_timeout));
    // Otherwise channels to one address share a connection, and with it the backoff of an earlier
    // attempt.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    arguments.SetMaxReceiveMessageSize(32 * 1024 * 1024);
    if (!options.server_name.empty()) {
        arguments.SetSslTargetNameOverride(options.server_name);
    } else if (options.endpoint.transport == FeedEndpoint::Transport::tcp) {
        // With an "ipv4:" target gRPC would look for the whole of it in the certificate.
        arguments.SetSslTargetNameOverride(options.endpoint.host);
    }
    return arguments;
}

}  // namespace

Result<std::shared_ptr<Attempt>> Attempt::dial(AttemptHost& host,
                                               grpc::CompletionQueue& queue,
                                               const FeedClientOptions& options) {
    TRY(const auto credentials, credentials_of(options));
    auto attempt = std::make_shared<Attempt>();
    attempt->host_ = &host;
    attempt->channel_ =
        grpc::CreateCustomChannel(target_of(options.endpoint), credentials, arguments_of(options));
    attempt->stub_ = v1::Feed::NewStub(attempt->channel_);
    attempt->stream_ = attempt->stub_->PrepareAsyncConnect(&attempt->context_, &queue);
    attempt->stream_->StartCall(attempt->tag(attempt->open_op_));
    return attempt;
}

void* Attempt::tag(AttemptOperation& operation) {
    CHECK(operation.attempt == nullptr, "one operation of a kind is in flight at a time");
    operation.attempt = shared_from_this();
    return &operation;
}

void Attempt::on_opened(bool ok) {
    if (!ok) {
        finish();
        return;
    }
    open_ = true;
    stream_->Read(&in_, tag(read_));
    if (host_ != nullptr) {
        host_->opened();
    }
}

void Attempt::write(const v1::SpeakerMessage& message) {
    CHECK(has_room(), "one message is in flight at a time");
    stream_->Write(message, tag(write_));
}

void Attempt::on_written(bool ok) {
    if (ok && host_ != nullptr) {
        host_->writable();
    }
}

void Attempt::on_read(bool ok) {
    if (!ok) {
        finish();
        return;
    }
    if (host_ != nullptr && !host_->received(in_)) {
        cancel();
    }
    in_ = v1::ControllerMessage();  // Clear() would keep the memory of the largest part
    stream_->Read(&in_, tag(read_));
}

void Attempt::finish() {
    if (!std::exchange(finishing_, true)) {
        stream_->Finish(&status_, tag(finish_));
    }
}

void Attempt::on_finished(bool /*ok*/) {
    if (host_ != nullptr) {
        std::exchange(host_, nullptr)->closed(status_);
    }
}

void Attempt::abandon() {
    host_ = nullptr;
    cancel();
}

}  // namespace ferro::feed
