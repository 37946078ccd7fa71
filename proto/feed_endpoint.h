// Where a feed is served and how it is guarded: one text form and one set of rules for both ends.
//
// Threads: any; no state.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace ferro::feed {

enum class PlainTcp : std::uint8_t {
    loopback_only,
    anywhere,  ///< `--feed-insecure`: said out loud
};

/// Paths of PEM files; all three or none.
struct TlsFiles {
    std::string certificate;
    std::string key;
    std::string authority;

    [[nodiscard]] bool empty() const {
        return certificate.empty() && key.empty() && authority.empty();
    }
};

/// `unix:PATH` or `HOST:PORT` ("[::1]:7473" for IPv6).
struct FeedEndpoint {
    enum class Transport : std::uint8_t { unix_socket, tcp };

    Transport transport = Transport::unix_socket;
    std::string path;  ///< of a Unix socket
    std::string host;  ///< without brackets
    std::uint16_t port = 0;

    /// *Errors*: invalid_input, naming the text and both forms.
    static Result<FeedEndpoint> parse(std::string_view text);

    /// "localhost", 127.0.0.0/8 or ::1. Other names do not count, whatever they resolve to.
    [[nodiscard]] bool is_loopback() const;

    /// As parsed.
    [[nodiscard]] std::string to_string() const;
};

/// Whether an endpoint may be used so. A Unix socket is guarded by file permissions and takes no
/// TLS. *Errors*: invalid_input: some but not all TLS files; plain TCP that leaves the host and was
/// not asked for.
Result<void> check_transport(const FeedEndpoint& endpoint, const TlsFiles& tls, PlainTcp plain);

}  // namespace ferro::feed
