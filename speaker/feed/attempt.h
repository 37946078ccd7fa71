// One connection of the feed client, from dialling to its end. Only for this folder's .cc files: it
// brings gRPC.
//
// Each attempt has a channel of its own and reads the certificate files anew, so a rotated
// certificate is used by the next connection and no backoff of gRPC's own stands between ours. gRPC
// tells of finished operations by tags on a completion queue; the event thread carries them onto
// the loop, so everything here runs there. An operation in flight holds its attempt alive.
#pragma once

#include "core/base/result.h"
#include "proto/feed.grpc.pb.h"
#include "speaker/feed/feed_client.h"

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>

namespace ferro::feed {

class Attempt;

/// A tag: which operation of which attempt.
struct AttemptOperation {
    using Done = void (Attempt::*)(bool ok);

    explicit AttemptOperation(Done what) : done(what) {}

    Done done;
    std::shared_ptr<Attempt> attempt;  // set while in flight
};

/// What an attempt tells the client.
class AttemptHost {
  public:
    virtual ~AttemptHost() = default;
    /// The stream is open: the next message to write is Hello.
    virtual void opened() = 0;
    /// False ends the attempt.
    virtual bool received(const v1::ControllerMessage& message) = 0;
    /// The last message is through; there is room for one.
    virtual void writable() = 0;
    /// It is over. Said once; nothing is said afterwards.
    virtual void closed(const grpc::Status& status) = 0;
};

class Attempt : public std::enable_shared_from_this<Attempt> {
  public:
    /// *Errors*: invalid_input for certificate files that cannot be read.
    static Result<std::shared_ptr<Attempt>> dial(AttemptHost& host,
                                                 grpc::CompletionQueue& queue,
                                                 const FeedClientOptions& options);

    /// Whether write() may be called.
    [[nodiscard]] bool has_room() const {
        return open_ && host_ != nullptr && write_.attempt == nullptr;
    }

    void write(const v1::SpeakerMessage& message);

    /// Ends it without another word to the host.
    void abandon();

    /// Ends it; closed() will follow with CANCELLED.
    void cancel() { context_.TryCancel(); }

  private:
    void* tag(AttemptOperation& operation);
    void on_opened(bool ok);
    void on_read(bool ok);
    void on_written(bool ok);
    void on_finished(bool ok);
    void finish();

    AttemptHost* host_ = nullptr;  // null once it is abandoned or closed
    std::shared_ptr<grpc::Channel> channel_;
    std::unique_ptr<v1::Feed::Stub> stub_;
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::SpeakerMessage, v1::ControllerMessage>>
        stream_;
    AttemptOperation open_op_{&Attempt::on_opened};
    AttemptOperation read_{&Attempt::on_read};
    AttemptOperation write_{&Attempt::on_written};
    AttemptOperation finish_{&Attempt::on_finished};
    v1::ControllerMessage in_;
    grpc::Status status_;
    bool open_ = false;
    bool finishing_ = false;
};

}  // namespace ferro::feed
