// Controller: carries what the source delivers to the parts that think, and what they say to the
// parts that act. No decision is made here: config checks, the reconciler gives addresses, the
// planner says who announces, the feed view says what speakers see.
//
//   source --changes--> picture --> config --> reconciler --statuses--> source (ledger) --echo as
//   changes--> ...
//                          |                       |
//                          +--> planner            +--> log, metrics
//                          +--> feed view --> feed server
//
// An address becomes visible (feed, ferroctl) only through the echo of its written status, so
// nothing is seen that is not durable.
//
// Threads: loop only.
#pragma once

#include "controller/engine/feed_view.h"
#include "controller/engine/reconciler.h"
#include "controller/feed/feed_server.h"
#include "core/base/instant.h"
#include "core/config/parse.h"
#include "core/model/picture.h"
#include "core/plan/plan.h"
#include "kube/engine/source.h"
#include "runtime/loop.h"
#include "runtime/memory.h"
#include "runtime/metrics.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ferro::controller {

struct ControllerSettings {
    std::string own_namespace;
    std::string load_balancer_class;
    pool::ClusterIps cluster_ips = pool::ClusterIps::families_suffice;
    bool keep_foreign_status = false;
};

class Controller {
  public:
    /// `feed` may be null: then nobody is told.
    Controller(runtime::Loop& loop,
               kube::Source& source,
               FeedServer* feed,
               runtime::Metrics& metrics,
               const ControllerSettings& settings);

    /// Starts the source.
    Result<void> start();

    [[nodiscard]] bool synchronised() const { return synchronised_; }

    [[nodiscard]] const std::string& own_namespace() const { return settings_.own_namespace; }

    [[nodiscard]] const model::Picture& picture() const { return picture_; }

    [[nodiscard]] const config::Configuration* configuration() const {
        return configuration_.get();
    }

    [[nodiscard]] const plan::Planner& planner() const { return planner_; }

    [[nodiscard]] const Reconciler& reconciler() const { return reconciler_; }

    /// The source's findings and the configuration's, with the source's locations where it has
    /// them.
    [[nodiscard]] std::vector<model::Finding> findings() const;

    /// When the picture last changed; zero before the first synchronisation.
    [[nodiscard]] Instant picture_changed() const { return picture_changed_; }

    /// What is wrong with the daemon itself, a sentence each.
    [[nodiscard]] std::vector<std::string> conditions() const;

  private:
    void on_changes(const std::vector<model::Change>& changes, kube::Delivery delivery);
    void read_configuration();
    void tell_services(const std::vector<model::ObjectRef>& changed);
    void tell_feed(const std::vector<model::ObjectRef>& changed);
    void pump();
    void log_events();
    void write_done(const model::ServiceKey& service, const Result<void>& outcome);
    void register_metrics();

    runtime::Loop& loop_;
    kube::Source& source_;
    FeedServer* feed_;
    runtime::Metrics& metrics_;
    ControllerSettings settings_;
    model::Picture picture_;
    FeedView feed_view_;
    Reconciler reconciler_;
    plan::Planner planner_;
    std::shared_ptr<const config::Configuration> configuration_;  ///< of everything; the planner's
    std::shared_ptr<const config::Configuration> pools_;  ///< of pools alone; the reconciler's
    bool pools_stale_ = false;
    std::vector<model::Finding> source_findings_;
    std::vector<model::Finding> config_findings_;
    bool synchronised_ = false;
    bool pumping_ = false;
    Instant picture_changed_{};
    runtime::Timer retry_;
    bool retry_armed_ = false;
    runtime::Timer answered_;
    runtime::MemoryKeeper memory_;
    std::uint64_t failed_rounds_ = 0;
    runtime::Counter updates_;
    runtime::Counter update_errors_;
    runtime::Gauge config_loaded_;
    runtime::Gauge config_stale_;
};

}  // namespace ferro::controller
