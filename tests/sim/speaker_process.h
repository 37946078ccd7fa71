// SpeakerProcess: a speaker as main wires it, in memory: batches of the feed -> Picture -> parse ->
// Planner. After each batch its verdicts are compared with the reference election. Destroying it is
// a crash: nothing stays.
#pragma once

#include "core/config/configuration.h"
#include "core/model/digest.h"
#include "core/plan/plan.h"
#include "tests/sim/codec.h"
#include "tests/sim/controller_process.h"
#include "tests/sim/reference_election.h"
#include "tests/sim/trace.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferro::sim {

/// One piece of a batch on its way, copied out of the log.
struct FeedMessage {
    std::vector<std::string> objects;
    std::vector<model::ObjectRef> removed;
    std::vector<std::uint64_t> removed_by_hash;
    std::uint64_t epoch = 0;
    controller::FeedVersion version = 0;
    Snapshot snapshot;  ///< what the speaker must hold once the batch is whole; null: not whole yet
};

/// Remembers the reference's answers: all speakers of one version ask the same.
class ElectionOffice {
  public:
    using Answers = std::map<model::ServiceKey, reference::Announcement>;

    const Answers& answers(const Snapshot& state, const Snapshot& configuration);
    bool is_valid(const Snapshot& configuration);
    const reference::Pools& pools(const Snapshot& configuration);

  private:
    std::map<std::pair<const void*, const void*>, Answers> answers_;
    std::map<const void*, bool> valid_;
    std::map<const void*, reference::Pools> pools_;
    std::vector<Snapshot> kept_;  ///< so that no address is used twice
};

class SpeakerProcess {
  public:
    SpeakerProcess(const std::string& node, Codec& codec, ElectionOffice& office, Trace& trace);

    /// A connection begins: what was gathered is void.
    void begin() { staged_.clear(); }

    void receive(const FeedMessage& message);

    [[nodiscard]] std::vector<model::Digest> digests() const;

    [[nodiscard]] bool holds_nothing() const { return held_.empty(); }

    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

    [[nodiscard]] controller::FeedVersion version() const { return version_; }

    [[nodiscard]] const plan::Planner& planner() const { return planner_; }

    [[nodiscard]] const NodeName& node() const { return node_; }

    [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }

    [[nodiscard]] const Snapshot& configuration() const { return configuration_; }

  private:
    void apply();
    void configure();
    void check();
    void check_verdict(const model::ServiceKey& service, const reference::Announcement& due);

    NodeName node_;
    Codec& codec_;
    ElectionOffice& office_;
    Trace& trace_;
    model::Picture picture_;
    plan::Planner planner_;
    std::map<std::uint64_t, std::optional<std::string>> staged_;  ///< by hash of the name
    std::map<std::uint64_t, std::string> held_;
    std::uint64_t epoch_ = 0;
    controller::FeedVersion version_ = 0;
    Snapshot snapshot_;
    Snapshot configuration_;  ///< the last one with a valid configuration
};

}  // namespace ferro::sim
