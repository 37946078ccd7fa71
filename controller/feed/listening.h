// Opening the port: gRPC's settings, credentials, and what can be said about a failure. Only for
// this folder's .cc files: it brings gRPC.
#pragma once

#include "controller/feed/feed_server.h"
#include "proto/feed.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <memory>

namespace ferro::controller {

struct Listening {
    std::unique_ptr<grpc::Server> server;
    std::unique_ptr<grpc::ServerCompletionQueue> queue;
    int port = 0;
};

/// *Errors*: as FeedServer::start.
Result<Listening> listen_for_feed(const FeedServerOptions& options,
                                  feed::v1::Feed::AsyncService& service);

}  // namespace ferro::controller
