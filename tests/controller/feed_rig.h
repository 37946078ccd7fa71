// A controller's feed and speakers in one process on one loop, with a record of every state that
// the controller ever committed: what a speaker holds after any delivery must be one of them.
#pragma once

#include "controller/feed/feed_server.h"
#include "runtime/clock.h"
#include "runtime/loop.h"
#include "speaker/feed/feed_client.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferro::test {

using Objects = std::map<model::ObjectRef, model::Object>;

inline model::Object service_object(const std::string& name, const std::string& value) {
    model::Service service;
    service.meta.key = {.namespace_name = "default", .name = name};
    service.meta.annotations["value"] = value;
    service.type = model::ServiceType::load_balancer;
    return service;
}

/// Runs the loop until `condition` or the deadline.
template <typename Condition>
bool run_until(runtime::Loop& loop,
               Condition&& condition,
               std::chrono::milliseconds timeout = std::chrono::seconds{20}) {
    const Instant deadline = runtime::monotonic_now() + timeout;
    while (!condition()) {
        if (runtime::monotonic_now() > deadline) {
            return false;
        }
        loop.context().run_one_for(std::chrono::milliseconds{5});
    }
    return true;
}

/// The controller's side: a server and the truth.
class TestController {
  public:
    TestController(runtime::Loop& loop, controller::FeedServerOptions options)
        : loop_(loop), options_(std::move(options)) {
        restart();
    }

    /// A new process: a new epoch, the same objects.
    void restart() {
        server_.reset();
        auto started = controller::FeedServer::start(
            loop_, options_, [this](const NodeName&) { ++speaker_changes; });
        ASSERT_TRUE(started) << started.error().context;
        server_ = std::move(*started);
        committed_.clear();
        for (const auto& [ref, object] : objects_) {
            server_->put(object);
        }
        commit();
    }

    void stop() { server_.reset(); }

    void put(const std::string& name, const std::string& value) {
        const model::Object object = service_object(name, value);
        objects_[model::ref_of(object)] = object;
        if (server_ != nullptr) {
            server_->put(object);
        }
    }

    void remove(const std::string& name) {
        const auto ref = model::ref_of(service_object(name, ""));
        objects_.erase(ref);
        if (server_ != nullptr) {
            server_->remove(ref);
        }
    }

    void commit() {
        const auto version = server_->commit();
        if (keep_history) {
            committed_[{server_->epoch(), version}] = objects_;
        }
    }

    [[nodiscard]] bool ever_committed(const Objects& objects) const {
        for (const auto& [version, state] : committed_) {
            if (state == objects) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] const Objects& objects() const { return objects_; }

    controller::FeedServer& server() { return *server_; }

    bool keep_history = true;
    int speaker_changes = 0;

  private:
    runtime::Loop& loop_;
    controller::FeedServerOptions options_;
    std::unique_ptr<controller::FeedServer> server_;
    Objects objects_;
    std::map<std::pair<std::uint64_t, controller::FeedVersion>, Objects> committed_;
};

/// The speaker's side: a client and what it was given.
class TestSpeaker {
  public:
    TestSpeaker(runtime::Loop& loop, feed::FeedClientOptions options) {
        feed::FeedClientEvents events;
        events.on_changes = [this](const std::vector<model::Change>& changes,
                                   kube::Delivery delivery) { take(changes, delivery); };
        events.for_each_held = [this](const std::function<void(const model::ObjectRef&)>& visit) {
            for (const auto& [ref, object] : objects) {
                visit(ref);
            }
        };
        events.full_report = [this] { return full_report; };
        events.on_link = [this](bool connected, const std::string& reason) {
            connected ? ++links_up : ++links_down;
            last_reason = reason;
        };
        auto started = feed::FeedClient::start(loop, std::move(options), std::move(events));
        EXPECT_TRUE(started) << started.error().context;
        client = std::move(*started);
    }

    void take(const std::vector<model::Change>& changes, kube::Delivery delivery) {
        EXPECT_EQ(delivery == kube::Delivery::first_synchronisation, batches.empty());
        for (const model::Change& change : changes) {
            if (change.object == nullptr) {
                EXPECT_EQ(objects.erase(change.ref), 1U)
                    << change.ref.to_string() << " was not there";
                continue;
            }
            const auto [place, added] = objects.insert_or_assign(change.ref, *change.object);
            EXPECT_EQ(model::ref_of(place->second), change.ref);
        }
        batches.push_back(changes.size());
        if (on_batch) {
            on_batch();
        }
    }

    Objects objects;
    std::vector<std::size_t> batches;  // sizes
    feed::FullReport full_report;
    int links_up = 0;
    int links_down = 0;
    std::string last_reason;
    std::function<void()> on_batch;
    std::unique_ptr<feed::FeedClient> client;
};

}  // namespace ferro::test
