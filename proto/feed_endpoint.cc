#include "proto/feed_endpoint.h"

#include "core/ip/address.h"
#include "core/ip/prefix.h"

#include <charconv>

namespace ferro::feed {
namespace {

Error refused(std::string_view text) {
    return Error{ErrorCode::invalid_input,
                 "feed address '" + std::string(text) +
                     "': expected unix:PATH or HOST:PORT, with an IPv6 host in brackets"};
}

}  // namespace

Result<FeedEndpoint> FeedEndpoint::parse(std::string_view text) {
    constexpr std::string_view kUnix = "unix:";
    FeedEndpoint endpoint;
    if (text.starts_with(kUnix)) {
        endpoint.path = text.substr(kUnix.size());
        // sun_path holds 108 bytes with its final zero.
        if (endpoint.path.empty() || endpoint.path.size() > 107) {
            return refused(text);
        }
        return endpoint;
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return refused(text);
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const bool has_colon = host.find(':') != std::string_view::npos;
    const auto [end, error] = std::from_chars(port.begin(), port.end(), endpoint.port);
    if (host.empty() || has_colon != bracketed || error != std::errc{} || end != port.end()) {
        return refused(text);
    }
    endpoint.transport = Transport::tcp;
    endpoint.host = host;
    return endpoint;
}

bool FeedEndpoint::is_loopback() const {
    if (host == "localhost") {
        return true;
    }
    const auto address = ip::Address::parse(host);
    if (!address) {
        return false;
    }
    return address->is_ipv4() ? (address->ipv4() >> 24U) == 127 : address->number() == ip::U128{1};
}

std::string FeedEndpoint::to_string() const {
    if (transport == Transport::unix_socket) {
        return "unix:" + path;
    }
    const bool bracketed = host.find(':') != std::string::npos;
    return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<void> check_transport(const FeedEndpoint& endpoint, const TlsFiles& tls, PlainTcp plain) {
    const bool complete = !tls.certificate.empty() && !tls.key.empty() && !tls.authority.empty();
    if (!tls.empty() && !complete) {
        return Error{ErrorCode::invalid_input,
                     "mutual TLS needs all of certificate, key and certificate authority"};
    }
    if (endpoint.transport == FeedEndpoint::Transport::unix_socket || complete ||
        endpoint.is_loopback() || plain == PlainTcp::anywhere) {
        return {};
    }
    return Error{ErrorCode::invalid_input,
                 "the feed on " + endpoint.to_string() +
                     " would be readable and writable by anybody on the network: give a "
                     "certificate, key and "
                     "authority, use a Unix socket or loopback, or say --feed-insecure"};
}

}  // namespace ferro::feed
