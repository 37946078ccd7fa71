// FeedServer: serves the feed to speakers over gRPC and keeps what they report.
//
// Call it on the loop: put and remove what changed, then commit; each connected speaker is sent
// what it lacks, as fast as it takes it. Nothing goes out before the first commit, so commit only
// whole pictures.
//
// *Node names*: with TLS, a speaker is who its certificate says (common name or a DNS name). On a
// Unix socket and on plain TCP its word counts. Of two speakers with one node name the newest is
// served and the other one ended: a speaker that was restarted, or whose network came back, must
// not wait until the keepalive notices that its old connection is dead.
//
// *Bounds*: one message in flight per speaker and direction, of at most chunk_bytes plus one
// object; sessions_max connections; digests of a resuming speaker are bounded in FeedCursor; a
// report is bounded per speaker. Each limit has a counter.
//
// Threads: all on the loop. Inside, one thread waits on gRPC's completion queue and posts; gRPC has
// some of its own.
#pragma once

#include "controller/engine/feed_log.h"
#include "core/base/ids.h"
#include "core/base/instant.h"
#include "core/base/result.h"
#include "core/model/objects.h"
#include "proto/feed_endpoint.h"
#include "proto/feed_report.h"
#include "runtime/loop.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ferro::controller {

struct FeedServerOptions {
    feed::FeedEndpoint endpoint;
    feed::TlsFiles tls;
    feed::PlainTcp plain = feed::PlainTcp::loopback_only;
    std::string version;  ///< of this program, for the other side's logs
    /// 0 = draw one. Every process must have its own.
    std::uint64_t epoch = 0;
    FeedLog::Limits log;
    std::size_t chunk_bytes = std::size_t{256} * 1024;
    std::size_t sessions_max = 10'000;
    /// Announcements kept of one speaker; more than that are refused with the stream.
    std::size_t announcements_max = 200'000;
    /// A connection that has not said Hello by then is ended.
    Duration hello_timeout = std::chrono::seconds{10};
    /// A peer that answers no ping for this long after this long of silence is gone.
    Duration keepalive_time = std::chrono::seconds{2};
    Duration keepalive_timeout = std::chrono::seconds{2};
};

/// What is known of a speaker. Kept, with `connected` false, after its stream ended.
struct SpeakerState {
    bool connected = false;
    std::string peer;  ///< where it connects from, in gRPC's words: "ipv4:10.0.0.1:45678"
    std::string speaker_version;
    WallTime since;                   ///< of the last change of `connected`
    Instant heard;                    ///< of its last report
    FeedVersion applied_version = 0;  ///< the newest that it said it has applied
    std::map<feed::AnnouncementKey, feed::Announcement> announced;
    std::vector<feed::Problem> problems;
};

struct FeedServerCounters {
    std::uint64_t sessions_opened = 0;
    std::uint64_t sessions_replaced = 0;  ///< ended for a newer one of the same node
    std::uint64_t refused_identity = 0;   ///< node name not in the certificate, or none given
    std::uint64_t refused_protocol = 0;   ///< broken or unexpected messages
    std::uint64_t refused_limit = 0;      ///< sessions_max, announcements_max, digests
    std::uint64_t hello_timeouts = 0;
    std::uint64_t resumed_deltas = 0;
    std::uint64_t resumed_by_content = 0;
    std::uint64_t fell_behind = 0;  ///< resumed by content in mid-stream
    std::uint64_t parts_sent = 0;
    std::uint64_t objects_sent = 0;
    std::uint64_t changes_coalesced = 0;  ///< never sent, since a newer state overtook them
};

class FeedServer {
  public:
    /// `on_speaker` runs after a speaker came, went or reported, never from within a call into this
    /// class.
    using OnSpeaker = std::function<void(const NodeName&)>;

    /// Listens. *Errors*: invalid_input (transport rules, unreadable or mismatched certificate
    /// files), conflict (somebody listens there), unavailable.
    static Result<std::unique_ptr<FeedServer>> start(runtime::Loop& loop,
                                                     FeedServerOptions options,
                                                     OnSpeaker on_speaker = {});

    /// Ends all streams; speakers keep their last state.
    ~FeedServer();

    FeedServer(const FeedServer&) = delete;
    FeedServer& operator=(const FeedServer&) = delete;

    void put(const model::Object& object);
    void remove(const model::ObjectRef& ref);

    /// Sends what was gathered and returns its version.
    FeedVersion commit();

    [[nodiscard]] FeedVersion head() const;
    [[nodiscard]] std::uint64_t epoch() const;

    /// Of a TCP endpoint: the port, also when the endpoint said 0.
    [[nodiscard]] std::uint16_t port() const;

    [[nodiscard]] const std::map<NodeName, SpeakerState>& speakers() const;

    /// Drops what is known of a speaker that is not connected (its node is gone).
    void forget(const NodeName& node);

    [[nodiscard]] FeedServerCounters counters() const;

  private:
    struct State;
    explicit FeedServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ferro::controller
