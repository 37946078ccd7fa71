// ControllerProcess: the controller as main wires it, in memory: source -> parse -> Reconciler ->
// statuses -> source, and picture -> FeedView -> FeedLog. Destroying it is a crash: only the Store
// stays.
#pragma once

#include "controller/engine/feed_log.h"
#include "controller/engine/feed_view.h"
#include "controller/engine/reconciler.h"
#include "core/model/picture.h"
#include "tests/sim/checker.h"
#include "tests/sim/codec.h"
#include "tests/sim/store.h"
#include "tests/sim/trace.h"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace ferro::sim {

/// What a version of the feed holds.
using Snapshot = std::shared_ptr<const model::Picture>;

class ControllerProcess {
  public:
    ControllerProcess(std::uint64_t epoch,
                      std::size_t tombstones,
                      controller::ReconcilerOptions options,
                      Store& store,
                      Checker& checker,
                      Codec& codec,
                      Trace& trace);

    /// Takes in what the source shows, decides, and tells the feed. True when there is a new
    /// version.
    bool turn();

    /// What the last turns want written.
    [[nodiscard]] std::vector<model::ServiceStatus> take_writes();

    void write_done(const model::ServiceKey& service, const Result<void>& outcome);
    void retry_writes();

    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

    [[nodiscard]] const controller::FeedLog& log() const { return log_; }

    [[nodiscard]] const controller::Reconciler& reconciler() const { return reconciler_; }

    [[nodiscard]] const model::Picture& picture() const { return picture_; }

    [[nodiscard]] Snapshot snapshot(controller::FeedVersion version) const;

  private:
    void tell_reconciler(const std::vector<model::Change>& changes);
    bool tell_feed(const std::vector<model::Change>& changes);

    std::uint64_t epoch_;
    Store& store_;
    Checker& checker_;
    Codec& codec_;
    Trace& trace_;
    model::Picture picture_;
    controller::Reconciler reconciler_;
    controller::FeedView view_{""};
    controller::FeedLog log_;
    model::Picture shown_;  ///< what the feed's head holds
    std::map<controller::FeedVersion, Snapshot> snapshots_;
    std::vector<model::ServiceStatus> writes_;
    bool synchronised_ = false;
};

}  // namespace ferro::sim
