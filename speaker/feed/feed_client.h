// FeedClient: a speaker's connection to its controller, for as long as the process lives.
//
// It delivers changes in whole batches, and says back what the speaker announces. When the
// connection breaks it comes back by itself (50 ms to 2 s between attempts, with jitter), and what
// it then delivers is exactly the difference to what it had delivered before, also when the
// controller was restarted or another replica answers. Without a connection nothing is delivered
// and nothing withdrawn: the last state stands, and age() says how old it is.
//
// *Memory*: 16 bytes for each object; the objects are the taker's. One message in flight in each
// direction.
//
// Threads: all on the loop. Inside, one thread waits on gRPC's completion queue and posts; gRPC has
// some of its own.
#pragma once

#include "core/base/ids.h"
#include "core/base/instant.h"
#include "core/base/result.h"
#include "core/model/objects.h"
#include "kube/engine/source.h"
#include "proto/feed_endpoint.h"
#include "proto/feed_report.h"
#include "runtime/loop.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferro::feed {

struct FeedClientOptions {
    FeedEndpoint endpoint;
    TlsFiles tls;
    PlainTcp plain = PlainTcp::loopback_only;
    /// The name that the controller's certificate must hold; empty = the endpoint's host.
    std::string server_name;
    NodeName node;
    std::string version;  ///< of this program
    Duration backoff_min = std::chrono::milliseconds{50};
    Duration backoff_max = std::chrono::seconds{2};
    /// An attempt that the controller has not answered by then is given up.
    Duration attempt_timeout = std::chrono::seconds{5};
    Duration keepalive_time = std::chrono::seconds{2};
    Duration keepalive_timeout = std::chrono::seconds{2};
    /// A report of more changes than this that could not be sent yet is replaced by a full one.
    std::size_t pending_max = 20'000;
    std::size_t staged_bytes_max = std::size_t{512} * 1024 * 1024;
};

/// None of these may destroy the client.
struct FeedClientEvents {
    /// A whole batch. The first delivery is the whole picture, even if it is empty; later ones are
    /// never empty.
    std::function<void(const std::vector<model::Change>&, kube::Delivery)> on_changes;
    /// Names every object that the taker holds: asked when a controller that does not know our
    /// version says that some are gone, which it can do by hash only.
    std::function<void(const std::function<void(const model::ObjectRef&)>&)> for_each_held;
    /// Everything that the speaker announces now: asked for at each connection. May be missing.
    std::function<FullReport()> full_report;
    /// The feed is level with the controller, or is lost: once per change, `reason` in a few words.
    /// May be missing.
    std::function<void(bool connected, const std::string& reason)> on_link;
};

struct FeedClientCounters {
    std::uint64_t attempts = 0;
    std::uint64_t connections = 0;  ///< that delivered a whole batch
    std::uint64_t batches = 0;
    std::uint64_t changes = 0;
    std::uint64_t unchanged_objects = 0;  ///< sent again though we held them
    std::uint64_t unknown_kinds = 0;
    std::uint64_t unresolved_names = 0;
    std::uint64_t protocol_errors = 0;
    std::uint64_t full_reports = 0;
    std::uint64_t reports_replaced = 0;  ///< pending changes given up for a full report
};

class FeedClient {
  public:
    /// Begins to connect. *Errors*: invalid_input (transport rules). An unreachable controller or a
    /// bad certificate is no error here but a reason to try again.
    static Result<std::unique_ptr<FeedClient>> start(runtime::Loop& loop,
                                                     FeedClientOptions options,
                                                     FeedClientEvents events);

    ~FeedClient();
    FeedClient(const FeedClient&) = delete;
    FeedClient& operator=(const FeedClient&) = delete;

    /// What changed since the last call. Sent when the connection takes it; newer changes of an
    /// announcement overtake older ones. Without a connection it is dropped, for a new one begins
    /// with `full_report`.
    void report(const ReportChanges& changes);

    /// How old the last delivered state may be: 0 while level with the controller, else since when
    /// it was not. Nothing before the first delivery.
    [[nodiscard]] std::optional<Duration> age(Instant now) const;

    [[nodiscard]] bool connected() const;

    /// Of the last delivered batch.
    [[nodiscard]] std::uint64_t version() const;

    [[nodiscard]] FeedClientCounters counters() const;

  private:
    struct State;
    explicit FeedClient(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ferro::feed
