// The server's own part: listening, who may come in, what is known of speakers. A stream's life is
// in session.cc.
#include "controller/feed/feed_server.h"

#include "controller/feed/listening.h"
#include "controller/feed/session.h"
#include "core/base/check.h"
#include "proto/feed_objects.h"
#include "runtime/clock.h"
#include "runtime/event_thread.h"
#include "runtime/log.h"
#include "runtime/random.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ferro::controller {

struct FeedServer::State final : SessionHost {
    State(runtime::Loop& on, FeedServerOptions given, OnSpeaker tell)
        : loop(on),
          options(std::move(given)),
          on_speaker(std::move(tell)),
          feed_log(options.log),
          hello_timer(loop, [this] { end_silent_sessions(); }) {
        if (options.epoch == 0) {
            options.epoch = runtime::random_number();
        }
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() override;

    Result<void> listen();
    void await_speaker();
    void end_silent_sessions();
    void tell(const NodeName& node) const;

    // SessionHost
    void accepted(const std::shared_ptr<Session>& session) override;
    grpc::Status admit(const std::shared_ptr<Session>& session) override;
    grpc::Status reported(Session& session, feed::ReportChanges report, bool full) override;
    void applied(Session& session, FeedVersion version) override;
    void ended(Session& session) override;

    void sent(const FeedChunk& chunk, std::uint64_t coalesced) override {
        ++counters.parts_sent;
        counters.objects_sent += chunk.objects.size();
        counters.changes_coalesced += coalesced;
    }

    void resuming(bool by_content, bool fell_behind) override {
        ++(by_content ? counters.resumed_by_content : counters.resumed_deltas);
        counters.fell_behind += fell_behind ? 1 : 0;
    }

    void refused_digests() override { ++counters.refused_limit; }

    void refused_protocol() override { ++counters.refused_protocol; }

    [[nodiscard]] const FeedLog& log() const override { return feed_log; }

    [[nodiscard]] std::uint64_t epoch() const override { return options.epoch; }

    [[nodiscard]] const std::string& version() const override { return options.version; }

    [[nodiscard]] std::size_t chunk_bytes() const override { return options.chunk_bytes; }

    [[nodiscard]] std::size_t announcements_max() const override {
        return options.announcements_max;
    }

    runtime::Loop& loop;
    FeedServerOptions options;
    OnSpeaker on_speaker;
    FeedLog feed_log;
    FeedServerCounters counters;
    std::map<NodeName, SpeakerState> speakers;
    std::map<NodeName, Session*> by_node;
    std::set<std::shared_ptr<Session>> sessions;
    bool hello_timer_armed = false;
    runtime::Timer hello_timer;

    feed::v1::Feed::AsyncService service;
    std::unique_ptr<grpc::ServerCompletionQueue> queue;
    std::unique_ptr<grpc::Server> server;
    std::unique_ptr<runtime::EventThread> events;
    int port = 0;
};

FeedServer::State::~State() {
    if (server == nullptr) {
        return;
    }
    on_speaker = {};
    // A deadline in the past: cancel what is in flight instead of waiting for speakers, whose
    // streams never end.
    server->Shutdown(std::chrono::system_clock::time_point());
    queue->Shutdown();
    events.reset();
    by_node.clear();
    sessions.clear();
}

Result<void> FeedServer::State::listen() {
    TRY(auto listening, listen_for_feed(options, service));
    server = std::move(listening.server);
    queue = std::move(listening.queue);
    port = listening.port;
    events = std::make_unique<runtime::EventThread>(
        loop,
        [completions = queue.get()](runtime::ForeignEvent& event) {
            return completions->Next(&event.tag, &event.ok);
        },
        [](runtime::ForeignEvent event) {
            auto* operation = static_cast<Operation*>(event.tag);
            const auto session = std::exchange(operation->session, nullptr);
            ((*session).*(operation->done))(event.ok);
        },
        [](runtime::ForeignEvent event) { static_cast<Operation*>(event.tag)->session.reset(); });
    await_speaker();
    return {};
}

void FeedServer::State::await_speaker() {
    std::make_shared<Session>(*this, service, *queue)->accept();
}

void FeedServer::State::accepted(const std::shared_ptr<Session>& session) {
    await_speaker();
    ++counters.sessions_opened;
    sessions.insert(session);
    if (sessions.size() > options.sessions_max) {
        ++counters.refused_limit;
        session->end(
            {grpc::StatusCode::RESOURCE_EXHAUSTED, "this controller serves no more speakers"});
        return;
    }
    if (!std::exchange(hello_timer_armed, true)) {
        hello_timer.arm(session->accepted_at() + options.hello_timeout);
    }
}

void FeedServer::State::end_silent_sessions() {
    hello_timer_armed = false;
    const Instant now = runtime::monotonic_now();
    std::vector<std::shared_ptr<Session>> late;
    std::optional<Instant> oldest;
    for (const auto& session : sessions) {
        if (session->named()) {
            continue;
        }
        if (session->accepted_at() + options.hello_timeout <= now) {
            late.push_back(session);
        } else if (!oldest || session->accepted_at() < *oldest) {
            oldest = session->accepted_at();
        }
    }
    for (const auto& session : late) {
        ++counters.hello_timeouts;
        session->end({grpc::StatusCode::DEADLINE_EXCEEDED, "no Hello came"});
    }
    if (oldest) {
        hello_timer_armed = true;
        hello_timer.arm(*oldest + options.hello_timeout);
    }
}

grpc::Status FeedServer::State::admit(const std::shared_ptr<Session>& session) {
    const NodeName& node = session->node();
    if (const auto names = session->proven_names();
        names && std::find(names->begin(), names->end(), node.value) == names->end()) {
        ++counters.refused_identity;
        runtime::log_warn(
            "a speaker's certificate is not of the node that it says it is",
            {{"event", "feedRefused"}, {"node", node.value}, {"peer", session->peer()}});
        return {grpc::StatusCode::PERMISSION_DENIED,
                "the certificate is not of node '" + node.value +
                    "': neither its common name nor one of its DNS names says so"};
    }
    const auto older = by_node.find(node);
    if (older != by_node.end()) {
        ++counters.sessions_replaced;
        runtime::log_warn(
            "a newer connection replaces a speaker's feed",
            {{"event", "feedReplaced"}, {"node", node.value}, {"peer", session->peer()}});
        Session* replaced = older->second;
        by_node.erase(older);
        replaced->end(
            {grpc::StatusCode::ABORTED, "a newer connection of this node replaced this one"});
    }
    by_node[node] = session.get();
    SpeakerState& speaker = speakers[node];
    speaker.connected = true;
    speaker.peer = session->peer();
    speaker.speaker_version = session->speaker_version();
    speaker.since = runtime::wall_now();
    speaker.applied_version = 0;
    runtime::log_info("a speaker is connected",
                      {{"event", "feedConnected"}, {"node", node.value}, {"peer", speaker.peer}});
    tell(node);
    return grpc::Status::OK;
}

grpc::Status FeedServer::State::reported(Session& session, feed::ReportChanges report, bool full) {
    SpeakerState& speaker = speakers[session.node()];
    speaker.heard = runtime::monotonic_now();
    if (full) {
        speaker.announced.clear();
    }
    for (const feed::AnnouncementKey& key : report.withdrawn) {
        speaker.announced.erase(key);
    }
    for (feed::Announcement& announcement : report.announced) {
        speaker.announced.insert_or_assign(announcement.key, announcement);
    }
    if (report.problems) {
        speaker.problems = std::move(*report.problems);
    } else if (full) {
        speaker.problems.clear();
    }
    tell(session.node());
    if (speaker.announced.size() > options.announcements_max) {
        ++counters.refused_limit;
        return {grpc::StatusCode::RESOURCE_EXHAUSTED,
                "more announcements than this controller keeps"};
    }
    return grpc::Status::OK;
}

void FeedServer::State::applied(Session& session, FeedVersion version) {
    SpeakerState& speaker = speakers[session.node()];
    speaker.heard = runtime::monotonic_now();
    speaker.applied_version = std::min(version, feed_log.head());
    tell(session.node());
}

void FeedServer::State::ended(Session& session) {
    sessions.erase(session.shared_from_this());
    const auto current = by_node.find(session.node());
    if (current == by_node.end() || current->second != &session) {
        return;  // never admitted, or replaced by a newer one
    }
    by_node.erase(current);
    SpeakerState& speaker = speakers[session.node()];
    speaker.connected = false;
    speaker.since = runtime::wall_now();
    runtime::log_info("a speaker is gone",
                      {{"event", "feedDisconnected"}, {"node", session.node().value}});
    tell(session.node());
}

void FeedServer::State::tell(const NodeName& node) const {
    if (on_speaker) {
        on_speaker(node);
    }
}

FeedServer::FeedServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

FeedServer::~FeedServer() = default;

Result<std::unique_ptr<FeedServer>> FeedServer::start(runtime::Loop& loop,
                                                      FeedServerOptions options,
                                                      OnSpeaker on_speaker) {
    auto state = std::make_unique<State>(loop, std::move(options), std::move(on_speaker));
    if (auto listening = state->listen(); !listening) {
        return listening.error().in("serving the feed");
    }
    return std::unique_ptr<FeedServer>(new FeedServer(std::move(state)));
}

void FeedServer::put(const model::Object& object) {
    state_->feed_log.put(model::ref_of(object), feed::encode_object(object));
}

void FeedServer::remove(const model::ObjectRef& ref) {
    state_->feed_log.remove(ref);
}

FeedVersion FeedServer::commit() {
    const FeedVersion before = state_->feed_log.head();
    const FeedVersion version = state_->feed_log.commit();
    if (version != before) {
        for (const auto& session : state_->sessions) {
            session->pump();
        }
    }
    return version;
}

FeedVersion FeedServer::head() const {
    return state_->feed_log.head();
}

std::uint64_t FeedServer::epoch() const {
    return state_->options.epoch;
}

std::uint16_t FeedServer::port() const {
    return static_cast<std::uint16_t>(state_->port);
}

const std::map<NodeName, SpeakerState>& FeedServer::speakers() const {
    return state_->speakers;
}

void FeedServer::forget(const NodeName& node) {
    const auto found = state_->speakers.find(node);
    if (found != state_->speakers.end() && !found->second.connected) {
        state_->speakers.erase(found);
    }
}

FeedServerCounters FeedServer::counters() const {
    return state_->counters;
}

}  // namespace ferro::controller
