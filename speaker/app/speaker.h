// Speaker: carries the feed's changes to the plan and the plan's differences to the wire, and
// reports what stands there.
//
//   feed --changes--> picture --> config --> planner --verdict changes--> layer 2 driver --> packet
//   thread
//                                                                            | events
//                              report to the controller, log, metrics <------+
//
// Nothing is announced before the first whole batch; when the feed is lost the last state stands.
//
// Threads: loop only.
#pragma once

#include "core/base/ids.h"
#include "core/base/instant.h"
#include "core/config/parse.h"
#include "core/model/picture.h"
#include "core/plan/plan.h"
#include "kube/engine/source.h"
#include "netlink/link_monitor.h"
#include "proto/feed_report.h"
#include "runtime/loop.h"
#include "runtime/metrics.h"
#include "speaker/layer2/io/interface_exclusion.h"
#include "speaker/layer2/io/responder.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ferro::speaker {

struct SpeakerSettings {
    NodeName node;
    std::string own_namespace;
    std::string load_balancer_class;
    bool ignore_exclude_lb = false;
};

class Speaker {
  public:
    /// `report` is told what changed on the wire. Errors: no packet socket (CAP_NET_RAW), no
    /// netlink.
    static Result<std::unique_ptr<Speaker>> start(
        runtime::Loop& loop,
        runtime::Metrics& metrics,
        const SpeakerSettings& settings,
        layer2::InterfaceExclusion exclusion,
        std::function<void(const feed::ReportChanges&)> report);

    ~Speaker();
    Speaker(const Speaker&) = delete;
    Speaker& operator=(const Speaker&) = delete;

    /// A whole batch of the source.
    void on_changes(const std::vector<model::Change>& changes, kube::Delivery delivery);

    /// Everything that the speaker announces now.
    [[nodiscard]] feed::FullReport full_report() const;

    /// Names every object of the picture.
    void for_each_held(const std::function<void(const model::ObjectRef&)>& visit) const;

    /// True once the first plan stands on the wire.
    [[nodiscard]] bool ready() const { return ready_; }

    /// Ends answering, and says so.
    void stop();

  private:
    Speaker(runtime::Loop& loop,
            runtime::Metrics& metrics,
            const SpeakerSettings& settings,
            layer2::InterfaceExclusion exclusion,
            std::function<void(const feed::ReportChanges&)> report);

    void links_changed();
    void read_configuration(plan::Changes& changes);
    void announce(const model::ServiceKey& service, const plan::NodeVerdict& verdict);
    void carry_out(const plan::Changes& changes);
    /// What happened to these bears on announcing though the verdict is the same: their gratuitous
    /// bursts begin anew (T081).
    void announce_again(const std::vector<model::ServiceKey>& refreshed);
    void on_event(const layer2::Event& event);
    void announced(const layer2::Event& event);
    void withdrawn(const layer2::Event& event);
    void announce_failed(const layer2::Event& event);
    /// Sends what the events of this turn add up to, once, after them.
    void report_soon();
    void send_report();
    [[nodiscard]] std::vector<feed::Problem> problems() const;
    [[nodiscard]] feed::Announcement announcement_of(const feed::AnnouncementKey& key,
                                                     WallTime since) const;
    void register_metrics();

    runtime::Loop& loop_;
    runtime::Metrics& metrics_;
    SpeakerSettings settings_;
    layer2::InterfaceExclusion exclusion_;
    std::function<void(const feed::ReportChanges&)> report_;
    model::Picture picture_;
    plan::Planner planner_;
    std::shared_ptr<const config::Configuration> configuration_;
    std::unique_ptr<layer2::Responder> responder_;
    std::unique_ptr<netlink::LinkMonitor> links_;
    std::map<feed::AnnouncementKey, WallTime> announced_;  ///< on the wire now, since when
    std::map<std::pair<model::ServiceKey, ip::Address>, layer2::AnnounceResult> failed_;
    std::unordered_map<model::ServiceKey, plan::Reason> withdraw_reasons_;  ///< not logged yet
    feed::ReportChanges pending_;
    bool failed_changed_ = false;
    bool config_stale_now_ = false;
    bool report_due_ = false;
    bool ready_ = false;
    std::shared_ptr<bool> alive_ =
        std::make_shared<bool>(true);  ///< what was posted to the loop looks at it
    runtime::Counter updates_;
    runtime::Counter update_errors_;
    runtime::Gauge config_loaded_;
    runtime::Gauge config_stale_;
};

}  // namespace ferro::speaker
