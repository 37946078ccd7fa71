// One speaker's stream, from acceptance to its end. Only for this folder's .cc files: it brings
// gRPC.
//
// gRPC tells of finished operations by tags on a completion queue; the event thread carries them
// onto the loop, so everything here runs there. An operation in flight holds its session alive.
//
//   accepting --> reading Hello --> serving --> ending (Finish in flight) --> gone
#pragma once

#include "controller/engine/feed_cursor.h"
#include "controller/engine/feed_log.h"
#include "core/base/ids.h"
#include "core/base/instant.h"
#include "proto/feed.grpc.pb.h"
#include "proto/feed_report.h"

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferro::controller {

class Session;

/// A tag: which operation of which session.
struct Operation {
    using Done = void (Session::*)(bool ok);

    explicit Operation(Done what) : done(what) {}

    Done done;
    std::shared_ptr<Session> session;  // set while in flight
};

/// What a session needs of the server. The server outlives its sessions' turns on the loop.
class SessionHost {
  public:
    virtual ~SessionHost() = default;
    virtual void accepted(const std::shared_ptr<Session>& session) = 0;
    /// The session has named itself. Not OK refuses it.
    virtual grpc::Status admit(const std::shared_ptr<Session>& session) = 0;
    /// A whole report, or a whole piece of changes. Not OK ends the session.
    virtual grpc::Status reported(Session& session, feed::ReportChanges report, bool full) = 0;
    virtual void applied(Session& session, FeedVersion version) = 0;
    virtual void sent(const FeedChunk& chunk, std::uint64_t coalesced) = 0;
    virtual void resuming(bool by_content, bool fell_behind) = 0;
    virtual void refused_digests() = 0;
    virtual void refused_protocol() = 0;
    virtual void ended(Session& session) = 0;
    [[nodiscard]] virtual const FeedLog& log() const = 0;
    [[nodiscard]] virtual std::uint64_t epoch() const = 0;
    [[nodiscard]] virtual const std::string& version() const = 0;
    [[nodiscard]] virtual std::size_t chunk_bytes() const = 0;
    [[nodiscard]] virtual std::size_t announcements_max() const = 0;
};

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(SessionHost& host,
            feed::v1::Feed::AsyncService& service,
            grpc::ServerCompletionQueue& queue);

    /// Waits for a speaker.
    void accept();

    /// There may be something new to send.
    void pump();

    /// Ends the stream. If a message is stuck in it the peer gets CANCELLED instead of `status`.
    void end(const grpc::Status& status);

    [[nodiscard]] const NodeName& node() const { return node_; }

    [[nodiscard]] const std::string& speaker_version() const { return speaker_version_; }

    [[nodiscard]] std::string peer() const { return context_.peer(); }

    [[nodiscard]] bool named() const { return !node_.empty(); }

    [[nodiscard]] bool is_ending() const { return ending_; }

    [[nodiscard]] Instant accepted_at() const { return accepted_at_; }

    /// Names that the peer's certificate proves; nothing when the transport proves none.
    [[nodiscard]] std::optional<std::vector<std::string>> proven_names() const;

  private:
    void* tag(Operation& operation);
    void on_accepted(bool ok);
    void on_read(bool ok);
    void on_written(bool ok);
    void on_finished(bool ok);

    grpc::Status handle(const feed::v1::SpeakerMessage& message);
    grpc::Status handle(const feed::v1::Hello& hello);
    grpc::Status handle(const feed::v1::Digests& digests);
    grpc::Status handle(const feed::v1::Report& report);
    grpc::Status broken(const std::string& why);
    void send_start();
    void send(const FeedChunk& chunk);
    void write(const feed::v1::ControllerMessage& message);

    SessionHost& host_;
    feed::v1::Feed::AsyncService& service_;
    grpc::ServerCompletionQueue& queue_;
    grpc::ServerContext context_;
    grpc::ServerAsyncReaderWriter<feed::v1::ControllerMessage, feed::v1::SpeakerMessage> stream_;
    Operation accept_{&Session::on_accepted};
    Operation read_{&Session::on_read};
    Operation write_{&Session::on_written};
    Operation finish_{&Session::on_finished};

    feed::v1::SpeakerMessage in_;
    Instant accepted_at_;
    NodeName node_;
    std::string speaker_version_;
    FeedCursor cursor_;
    std::uint64_t coalesced_seen_ = 0;
    // What the speaker said in Hello, until the log has a first commit to compare with.
    std::uint64_t hello_epoch_ = 0;
    FeedVersion hello_version_ = 0;
    bool start_owed_ = false;
    bool wait_told_ = false;
    bool ending_ = false;
    std::optional<grpc::Status> end_status_;  // to be sent when the message in flight is through
    feed::ReportChanges gathered_;            // pieces of a report that says `more`
    bool gathering_full_ = false;
};

}  // namespace ferro::controller
