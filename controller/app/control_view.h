// ControlView: what ferroctl asks, read off the controller's parts. Nothing is kept here, so it is
// always what the parts say now.
//
// Threads: loop only.
#pragma once

#include "controller/app/controller.h"
#include "controller/control/control_server.h"
#include "controller/feed/feed_server.h"
#include "core/base/instant.h"
#include "core/plan/explanation.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ferro::controller {

struct ControlViewSources {
    const Controller* controller = nullptr;
    const FeedServer* feed = nullptr;  ///< may be null
    /// When each service got the addresses that it has.
    std::function<std::map<model::ServiceKey, WallTime>()> allocated_since;
    std::string source;         ///< "manifests"
    std::string source_detail;  ///< the folder
    Instant started{};
    /// Said once at start, about the ledger; empty = nothing to say.
    std::string ledger_condition;
};

class ControlView final : public ControlBackend {
  public:
    explicit ControlView(ControlViewSources sources) : sources_(std::move(sources)) {}

    std::vector<control::Service> services() override;
    std::vector<control::Pool> pools() override;
    control::Speakers speakers() override;
    std::vector<control::Finding> findings() override;
    std::vector<control::Explanation> explain(const std::string& query) override;
    control::Version version() override;

  private:
    /// What speakers say of each service.
    struct OnTheWire {
        std::vector<control::Announcer> announcers;
        std::string problem;  ///< of the owner's speaker
        std::string problem_word;
    };

    using Wire = std::map<model::ServiceKey, OnTheWire>;

    [[nodiscard]] Wire wire() const;
    [[nodiscard]] control::Service service_row(
        const model::Service& service,
        const Wire& wire,
        const std::map<model::ServiceKey, WallTime>& since) const;
    void judge(control::Service& row, const plan::Verdict& verdict, const Wire& wire) const;
    [[nodiscard]] std::vector<model::ServiceKey> matching(const std::string& query) const;
    [[nodiscard]] control::Explanation explain_service(
        const model::ServiceKey& key,
        const Wire& wire,
        const std::map<model::ServiceKey, WallTime>& since) const;
    [[nodiscard]] control::Gate speaker_gate(const control::Service& row,
                                             const plan::Verdict& verdict) const;

    ControlViewSources sources_;
};

}  // namespace ferro::controller
