// The client's own part: when to connect, what to make of what comes, how old the state is. A
// connection's life is in attempt.cc, the gathering of batches in receiver.cc, what is to be said
// in outbox.cc.
#include "speaker/feed/feed_client.h"

#include "core/base/check.h"
#include "core/base/prng.h"
#include "runtime/clock.h"
#include "runtime/event_thread.h"
#include "runtime/log.h"
#include "runtime/random.h"
#include "speaker/feed/attempt.h"
#include "speaker/feed/outbox.h"
#include "speaker/feed/receiver.h"

#include <grpc/support/log.h>
#include <malloc.h>

#include <algorithm>
#include <utility>

namespace ferro::feed {

struct FeedClient::State final : AttemptHost {
    State(runtime::Loop& on, FeedClientOptions given, FeedClientEvents tell)
        : options(std::move(given)),
          events(std::move(tell)),
          receiver({.staged_bytes = options.staged_bytes_max}, events.for_each_held),
          prng(runtime::random_number()),
          backoff(options.backoff_min),
          retry(on, [this] { connect(); }),
          deadline(on, [this] { give_up(); }),
          thread(
              on,
              [this](runtime::ForeignEvent& event) { return queue.Next(&event.tag, &event.ok); },
              [](runtime::ForeignEvent event) {
                  auto* operation = static_cast<AttemptOperation*>(event.tag);
                  const auto attempt_held = std::exchange(operation->attempt, nullptr);
                  ((*attempt_held).*(operation->done))(event.ok);
              },
              [](runtime::ForeignEvent event) {
                  static_cast<AttemptOperation*>(event.tag)->attempt.reset();
              }) {}

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ~State() override {
        if (attempt != nullptr) {
            attempt->abandon();
            attempt.reset();
        }
        queue.Shutdown();
    }

    void connect();
    void give_up();
    void lost(grpc::StatusCode code, const std::string& reason);
    void flush();
    bool handle(const v1::Start& start);
    bool handle(const v1::Part& part);
    void deliver();

    // AttemptHost
    void opened() override;
    bool received(const v1::ControllerMessage& message) override;

    void writable() override { flush(); }

    void closed(const grpc::Status& status) override {
        lost(status.error_code(), status.error_message());
    }

    FeedClientOptions options;
    FeedClientEvents events;
    FeedClientCounters counters;
    FeedReceiver receiver;
    Outbox outbox;
    Prng prng;
    Duration backoff;
    bool level = false;
    bool loss_told = false;
    bool delivered_once = false;
    std::string failure;  // why we ended the attempt ourselves
    Instant level_since;
    Instant lost_since;
    std::shared_ptr<Attempt> attempt;
    runtime::Timer retry;
    runtime::Timer deadline;
    // The queue outlives the thread that waits on it and everything that is in flight: those are
    // below it.
    grpc::CompletionQueue queue;
    runtime::EventThread thread;
};

/// What gRPC complains about we say ourselves, once per loss and with gRPC's reason; the rest is
/// for debugging. Process-wide, as gRPC's setting is.
static void log_complaint(gpr_log_func_args* args) {
    runtime::log_debug("gRPC says", {{"event", "feedTransport"}, {"error", args->message}});
}

void FeedClient::State::connect() {
    ++counters.attempts;
    failure.clear();
    auto dialled = Attempt::dial(*this, queue, options);
    if (!dialled) {
        lost(grpc::StatusCode::FAILED_PRECONDITION, dialled.error().context);
        return;
    }
    attempt = std::move(*dialled);
    deadline.arm(runtime::monotonic_now() + options.attempt_timeout);
}

void FeedClient::State::give_up() {
    failure = "the controller did not answer in time";
    if (attempt != nullptr) {
        attempt->cancel();
    }
}

void FeedClient::State::opened() {
    outbox.open(receiver.epoch(), receiver.version());
    flush();
}

void FeedClient::State::flush() {
    if (attempt == nullptr || !attempt->has_room()) {
        return;
    }
    v1::SpeakerMessage message;
    if (outbox.next(options.node.value, options.version, events.full_report, message)) {
        attempt->write(message);
    }
    counters.full_reports = outbox.full_reports();
}

bool FeedClient::State::received(const v1::ControllerMessage& message) {
    if (message.has_start()) {
        return handle(message.start());
    }
    if (message.has_part()) {
        return handle(message.part());
    }
    return true;  // something that a newer controller says
}

bool FeedClient::State::handle(const v1::Start& start) {
    deadline.cancel();  // from here on the keepalive watches
    switch (start.mode()) {
        case v1::RESUME_LATER:
            return true;
        case v1::RESUME_DELTAS:
            receiver.begin(start.epoch());
            return true;
        case v1::RESUME_BY_CONTENT:
            receiver.begin(start.epoch());
            outbox.ask_digests(receiver.digests());
            flush();
            return true;
        default:
            ++counters.protocol_errors;
            failure = "the controller wants to resume in a way that this speaker does not know";
            return false;
    }
}

bool FeedClient::State::handle(const v1::Part& part) {
    const auto whole = receiver.add(part);
    if (!whole) {
        ++counters.protocol_errors;
        failure = whole.error().context;
        return false;
    }
    if (*whole) {
        deliver();
    }
    return true;
}

void FeedClient::State::deliver() {
    const auto changes = receiver.take_batch();
    ++counters.batches;
    counters.changes += changes.size();
    // Gathering a large batch takes a multiple of what is kept of it, and glibc would not give it
    // back: of 20,000 objects that the taker did not keep, 20 MB stayed resident without this and 1
    // MB with it (release build).
    const bool large = changes.size() > 1'000;
    if (!std::exchange(level, true)) {
        ++counters.connections;
        level_since = runtime::monotonic_now();
        if (std::exchange(loss_told, false)) {
            runtime::log_info("the feed is back", {{"event", "feedRestored"}});
        }
        if (events.on_link) {
            events.on_link(true, {});
        }
    }
    outbox.applied(receiver.version());
    const bool first = !std::exchange(delivered_once, true);
    if (first || !changes.empty()) {
        events.on_changes(changes,
                          first ? kube::Delivery::first_synchronisation : kube::Delivery::update);
    }
    if (large) {
        malloc_trim(0);
    }
    flush();
}

void FeedClient::State::lost(grpc::StatusCode code, const std::string& reason) {
    const Instant now = runtime::monotonic_now();
    attempt.reset();
    deadline.cancel();
    const bool was_level = std::exchange(level, false);
    if (was_level) {
        lost_since = now;
    }
    // A connection that held for a while was a good one. One that breaks at once, again and again,
    // keeps its backoff.
    if (was_level && now - level_since > options.backoff_max) {
        backoff = options.backoff_min;
    }
    const std::string why = failure.empty() ? reason : failure;
    if (!std::exchange(loss_told, true)) {
        runtime::log_warn(
            "the feed is lost, the last state stands",
            {{"event", "feedLost"}, {"error", why}, {"controller", options.endpoint.to_string()}});
    }
    if (was_level && events.on_link) {
        events.on_link(false, why);
    }
    // Refused, or replaced by another speaker of our name: trying hard would only make the two push
    // each other out.
    const bool refused = code != grpc::StatusCode::UNAVAILABLE &&
                         code != grpc::StatusCode::CANCELLED && code != grpc::StatusCode::OK;
    const Duration wait = refused ? options.backoff_max : backoff;
    backoff = std::min(backoff * 2, options.backoff_max);
    // Half to all of it, so that a thousand speakers do not come back in one moment.
    const auto half = static_cast<std::uint64_t>(wait.count() / 2);
    retry.arm(now + Duration(static_cast<Duration::rep>(half + prng.below(half + 1))));
}

FeedClient::FeedClient(std::unique_ptr<State> state) : state_(std::move(state)) {}

FeedClient::~FeedClient() = default;

Result<std::unique_ptr<FeedClient>> FeedClient::start(runtime::Loop& loop,
                                                      FeedClientOptions options,
                                                      FeedClientEvents events) {
    CHECK(events.on_changes && events.for_each_held, "the taker of the feed is wired");
    TRY_VOID(check_transport(options.endpoint, options.tls, options.plain));
    if (options.node.empty()) {
        return Error{ErrorCode::invalid_input, "the feed needs this node's name"};
    }
    gpr_set_log_function(&log_complaint);
    auto state = std::make_unique<State>(loop, std::move(options), std::move(events));
    state->retry.arm(runtime::monotonic_now());
    return std::unique_ptr<FeedClient>(new FeedClient(std::move(state)));
}

void FeedClient::report(const ReportChanges& changes) {
    if (state_->attempt == nullptr) {
        return;
    }
    if (!state_->outbox.report(changes, state_->options.pending_max)) {
        ++state_->counters.reports_replaced;
    }
    state_->flush();
}

std::optional<Duration> FeedClient::age(Instant now) const {
    if (!state_->delivered_once) {
        return std::nullopt;
    }
    return state_->level ? Duration{0} : now - state_->lost_since;
}

bool FeedClient::connected() const {
    return state_->level;
}

std::uint64_t FeedClient::version() const {
    return state_->receiver.version();
}

FeedClientCounters FeedClient::counters() const {
    FeedClientCounters counters = state_->counters;
    counters.unchanged_objects = state_->receiver.counters().unchanged;
    counters.unknown_kinds = state_->receiver.counters().unknown_kinds;
    counters.unresolved_names = state_->receiver.counters().unresolved_names;
    return counters;
}

}  // namespace ferro::feed
