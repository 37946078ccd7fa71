#include "tests/sim/simulation.h"

#include <cstdio>
#include <map>
#include <utility>

namespace ferro::sim {
namespace {

using std::chrono::milliseconds;

/// A world of this size comes to rest in far fewer; more means that something goes round for ever.
constexpr std::size_t kEventsToRest = 5000;

}  // namespace

std::string Outcome::to_string() const {
    char text[200];
    (void)std::snprintf(text,
                        sizeof text,
                        "seed %llu, scenario %s, %.3f virtual s, %llu events, trace %016llx",
                        static_cast<unsigned long long>(seed),
                        scenario.c_str(),
                        static_cast<double>(virtual_ms) / 1000.0,
                        static_cast<unsigned long long>(events),
                        static_cast<unsigned long long>(trace_hash));
    return text;
}

Simulation::Weather Simulation::draw_weather(Prng& random) {
    Weather weather;
    weather.one_by_one = random.chance(40);
    weather.cluster_ips = random.chance(40);
    const auto sometimes = [&](std::uint64_t upto) {
        return random.chance(50) ? 0 : 1 + random.below(upto);
    };
    weather.disk_full = sometimes(15);
    weather.lost_writes = sometimes(20);
    weather.controller_crash = sometimes(20);
    weather.speaker_crash = sometimes(10);
    weather.disconnect = sometimes(30);
    weather.slowness_ms = random.chance(30) ? 1 : 1 + random.below(80);
    if (random.chance(30)) {
        weather.tombstones = random.below(3);
    }
    if (random.chance(30)) {
        weather.chunk_bytes = 1 + random.below(40);
    }
    return weather;
}

Simulation::Simulation(std::uint64_t seed, std::size_t steps, Trace::Show show)
    : seed_(seed),
      steps_(steps),
      random_(seed),
      trace_(heap_, show),
      weather_(draw_weather(random_)),
      store_(weather_.one_by_one ? Keeping::by_life : Keeping::by_name),
      checker_(trace_,
               weather_.cluster_ips ? reference::Families::from_cluster_ips
                                    : reference::Families::from_spec),
      links_(3 + random_.below(3)) {
    edits_ = std::make_unique<Edits>(
        random_.split(), store_, trace_, links_.size(), weather_.cluster_ips);
}

Outcome Simulation::run() {
    edits_->begin();
    start_controller();
    for (std::size_t i = 0; i < links_.size(); ++i) {
        start_speaker(i);
    }
    Duration at{};
    for (std::size_t i = 0; i < steps_; ++i) {
        at += milliseconds(1 + random_.below(40));
        heap_.after(at, [this] { step(); });
    }
    heap_.after(at + milliseconds(50), [this] { heal(); });
    settle();
    Outcome outcome;
    outcome.seed = seed_;
    outcome.scenario = std::string(weather_.one_by_one ? "one-by-one" : "ledger") +
                       (weather_.cluster_ips ? "+clusterips" : "") +
                       (weather_.disk_full != 0 ? "+full" : "") +
                       (weather_.lost_writes != 0 ? "+lost" : "") +
                       (weather_.controller_crash != 0 ? "+crash" : "") +
                       (weather_.speaker_crash != 0 ? "+speakercrash" : "") +
                       (weather_.disconnect != 0 ? "+cut" : "");
    outcome.virtual_ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<milliseconds>(heap_.now().time_since_epoch()).count());
    outcome.events = heap_.happened();
    outcome.trace_hash = trace_.hash();
    outcome.violations = trace_.violations();
    return outcome;
}

Duration Simulation::soon() {
    return std::chrono::microseconds(50 + random_.below(1000 * weather_.slowness_ms));
}

void Simulation::step() {
    for (std::uint64_t i = 1 + (random_.chance(25) ? random_.below(4) : 0); i > 0; --i) {
        edits_->step();
    }
    fault();
    turn_soon();
}

void Simulation::fault() {
    if (random_.chance(weather_.disk_full)) {
        trace_.line("fault: the disk is full");
        store_.set_full(true);
        heap_.after(milliseconds(random_.below(200)), [this] {
            trace_.line("the disk has room");
            store_.set_full(false);
        });
    }
    if (random_.chance(weather_.controller_crash) && controller_ != nullptr) {
        crash_controller();
    }
    const std::size_t i = random_.below(links_.size());
    if (random_.chance(weather_.speaker_crash) && links_[i].process != nullptr) {
        crash_speaker(i);
    }
    if (random_.chance(weather_.disconnect)) {
        disconnect(random_.below(links_.size()));
    }
}

void Simulation::heal() {
    trace_.line("faults stop");
    healed_ = true;
    store_.set_full(false);
    edits_->repair();
    turn_soon();
}

// --- the controller ---

void Simulation::start_controller() {
    controller::ReconcilerOptions options;
    options.cluster_ips =
        weather_.cluster_ips ? pool::ClusterIps::required : pool::ClusterIps::families_suffice;
    trace_.line("controller: starts");
    controller_ = std::make_unique<ControllerProcess>(
        ++epochs_, weather_.tombstones, options, store_, checker_, codec_, trace_);
    turn_soon();
}

void Simulation::crash_controller() {
    trace_.line("fault: the controller crashes");
    controller_.reset();
    for (std::size_t i = 0; i < links_.size(); ++i) {
        disconnect(i);
    }
    heap_.after(soon(), [this] { start_controller(); });
}

void Simulation::turn_soon() {
    if (!std::exchange(turn_planned_, true)) {
        heap_.after(soon(), [this] { turn(); });
    }
}

void Simulation::turn() {
    turn_planned_ = false;
    if (controller_ == nullptr) {
        return;
    }
    const bool news = controller_->turn();
    submit(controller_->take_writes());
    if (news) {
        pump_all();
    }
    if (!controller_->reconciler().failed_writes().empty() &&
        !std::exchange(retry_planned_, true)) {
        heap_.after(milliseconds(20 + random_.below(100)), [this] {
            retry_planned_ = false;
            if (controller_ != nullptr) {
                controller_->retry_writes();
                turn_soon();
            }
        });
    }
}

void Simulation::submit(std::vector<model::ServiceStatus> batch) {
    if (batch.empty()) {
        return;
    }
    const std::uint64_t epoch = controller_->epoch();
    if (!weather_.one_by_one) {
        // The ledger writes at once; a crash before this event is one before the commit.
        heap_.after(soon(), [this, epoch, batch = std::move(batch)] { write(epoch, batch, 0); });
        return;
    }
    for (model::ServiceStatus& status : batch) {
        const std::uint64_t life = store_.life_of(status.service);
        std::vector<model::ServiceStatus> alone{std::move(status)};
        heap_.after(soon(),
                    [this, epoch, life, alone = std::move(alone)] { write(epoch, alone, life); });
    }
}

Result<void> Simulation::store_or_fail(const std::vector<model::ServiceStatus>& batch,
                                       std::uint64_t life) {
    if (!healed_ && random_.chance(weather_.lost_writes)) {
        return Error{ErrorCode::unavailable, "writing statuses: lost on the way"};
    }
    if (life != 0 && life != store_.life_of(batch[0].service)) {
        return Error{ErrorCode::conflict, "writing statuses: it is another service now"};
    }
    if (!store_.full()) {
        checker_.check_write(batch, controller_->picture(), store_);
    }
    return store_.write(batch);
}

/// `life`: of the service that a lone status was meant for; 0 where only the name counts.
void Simulation::write(std::uint64_t epoch,
                       const std::vector<model::ServiceStatus>& batch,
                       std::uint64_t life) {
    if (controller_ == nullptr || controller_->epoch() != epoch) {
        return;  // died with its process
    }
    const Result<void> outcome = store_or_fail(batch, life);
    for (const model::ServiceStatus& status : batch) {
        std::string texts;
        for (const std::string& ip : status.ips) {
            texts += " " + ip;
        }
        trace_.line((outcome ? "durable: " : "not durable: ") + status.service.to_string() + texts);
    }
    heap_.after(soon(), [this, epoch, batch, outcome] { done(epoch, batch, outcome); });
}

void Simulation::done(std::uint64_t epoch,
                      const std::vector<model::ServiceStatus>& batch,
                      const Result<void>& outcome) {
    if (controller_ == nullptr || controller_->epoch() != epoch) {
        return;
    }
    for (const model::ServiceStatus& status : batch) {
        controller_->write_done(status.service, outcome);
    }
    turn_soon();
}

// --- speakers and their feed ---

void Simulation::start_speaker(std::size_t i) {
    links_[i].process =
        std::make_unique<SpeakerProcess>("node-" + std::to_string(i), codec_, office_, trace_);
    heap_.after(soon(), [this, i] { connect(i); });
}

void Simulation::crash_speaker(std::size_t i) {
    trace_.line("fault: the speaker of node-" + std::to_string(i) + " crashes");
    links_[i].process.reset();
    links_[i].connection = 0;
    heap_.after(soon(), [this, i] { start_speaker(i); });
}

void Simulation::disconnect(std::size_t i) {
    if (links_[i].process == nullptr || links_[i].connection == 0) {
        return;
    }
    trace_.line("fault: the feed of node-" + std::to_string(i) + " is cut");
    links_[i].connection = 0;
    heap_.after(soon(), [this, i] { connect(i); });
}

void Simulation::connect(std::size_t i) {
    Link& link = links_[i];
    if (link.process == nullptr || link.connection != 0) {
        return;
    }
    if (controller_ == nullptr) {
        heap_.after(soon(), [this, i] { connect(i); });
        return;
    }
    link.connection = ++connections_;
    link.sending = false;
    link.cursor = controller::FeedCursor();
    greet(i, link.process->epoch() == controller_->epoch());
    pump(i);
}

void Simulation::greet(std::size_t i, bool known_epoch) {
    Link& link = links_[i];
    link.process->begin();
    link.cursor.start(
        controller_->log(), link.process->version(), known_epoch, link.process->holds_nothing());
    if (!link.cursor.asking()) {
        return;
    }
    trace_.line("node-" + std::to_string(i) + ": resumes by content");
    heap_.after(soon(), [this, i, connection = link.connection] {
        Link& asked = links_[i];
        if (asked.connection == connection && asked.cursor.asking()) {
            const auto digests = asked.process->digests();
            if (!asked.cursor.add_digests(digests) ||
                !asked.cursor.end_digests(controller_->log())) {
                trace_.violation("digests were asked for and are not taken");
            }
            pump(i);
        }
    });
}

void Simulation::pump_all() {
    for (std::size_t i = 0; i < links_.size(); ++i) {
        pump(i);
    }
}

void Simulation::pump(std::size_t i) {
    Link& link = links_[i];
    if (controller_ == nullptr || link.connection == 0 || link.sending) {
        return;
    }
    if (link.cursor.fell_behind(controller_->log())) {
        greet(i, false);
    }
    const auto chunk = link.cursor.next(controller_->log(), weather_.chunk_bytes);
    if (!chunk) {
        return;
    }
    FeedMessage message;
    message.objects.assign(chunk->objects.begin(), chunk->objects.end());
    for (const model::ObjectRef* ref : chunk->removed) {
        message.removed.push_back(*ref);
    }
    message.removed_by_hash = chunk->removed_by_hash;
    message.epoch = controller_->epoch();
    message.version = chunk->cursor;
    if (chunk->complete) {
        message.snapshot = controller_->snapshot(chunk->cursor);
    }
    link.sending = true;
    heap_.after(soon(), [this, i, connection = link.connection, message = std::move(message)] {
        Link& receiving = links_[i];
        if (receiving.connection == connection) {
            receiving.sending = false;
            receiving.process->receive(message);
            pump(i);
        }
    });
}

// --- the end ---

void Simulation::settle() {
    std::size_t left = kEventsToRest;
    while (heap_.run_next()) {
        if (healed_ && --left == 0) {
            trace_.violation("the cluster does not come to rest");
            return;
        }
    }
    check_rest();
    check_owners();
}

void Simulation::check_rest() {
    if (controller_ == nullptr) {
        trace_.violation("there is no controller");
        return;
    }
    for (const auto& [key, service] : store_.picture().all<model::Service>()) {
        if (service->load_balancer_class) {
            continue;
        }
        std::vector<std::string> texts;
        const auto held = checker_.holdings().find(key);
        if (held != checker_.holdings().end()) {
            for (const ip::Address address : held->second.addresses) {
                texts.push_back(address.to_string());
            }
        }
        if (store_.status_of(key).ips != texts) {
            trace_.violation(key.to_string() + " is at rest with another status than it holds");
        }
    }
    for (const Link& link : links_) {
        if (link.process == nullptr || link.process->epoch() != controller_->epoch() ||
            link.process->version() != controller_->log().head()) {
            trace_.violation("a speaker is at rest behind the controller");
            return;
        }
    }
}

/// Each service that the rules announce has one owner, and it knows.
void Simulation::check_owners() {
    const Snapshot state =
        controller_ == nullptr ? nullptr : controller_->snapshot(controller_->log().head());
    if (state == nullptr) {
        return;
    }
    for (const auto& [key, due] : office_.answers(state, state)) {
        std::size_t owners = 0;
        for (const Link& link : links_) {
            const auto own =
                link.process == nullptr ? std::nullopt : link.process->planner().own_verdict(key);
            if (own && own->layer2 == plan::Reason::announced) {
                ++owners;
            }
        }
        if (owners != (due.owner.empty() ? 0U : 1U)) {
            trace_.violation(key.to_string() + " has " + std::to_string(owners) +
                             " owners at rest");
        }
    }
}

}  // namespace ferro::sim
