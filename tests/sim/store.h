// Store: the folder of manifests and the durable statuses beside it, as ManifestSource shows them:
// a status lies over its service, and a write that is durable comes back as a changed service. It
// outlives every crash. It can be full, and it can be slow to say what became of a write.
#pragma once

#include "core/base/result.h"
#include "core/model/picture.h"
#include "core/model/service_status.h"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace ferro::sim {

/// What becomes of the status of a service that is deleted and made again before anybody looked.
enum class Keeping {
    by_name,  ///< a ledger beside a folder: the name is all that it knows, the status stays
    by_life,  ///< an API server: the new service is another one, and both steps are shown
};

class Store {
  public:
    explicit Store(Keeping keeping) : keeping_(keeping) {}

    // --- the user's side ---

    /// Puts or replaces an object; what it says in its status is not looked at.
    void put(model::Object object);
    void remove(const model::ObjectRef& ref);

    // --- the controller's side ---

    /// What changed since the last time, as the source would deliver it.
    [[nodiscard]] std::vector<model::Change> take_changes();

    /// From now on everything counts as changed: a new controller begins.
    void show_everything();

    /// All of it, or nothing.
    Result<void> write(const std::vector<model::ServiceStatus>& statuses);

    void set_full(bool full) { full_ = full; }

    [[nodiscard]] bool full() const { return full_; }

    [[nodiscard]] bool has_changes() const { return !changed_.empty(); }

    // --- looking ---

    /// Everything as it stands, statuses laid over.
    [[nodiscard]] const model::Picture& picture() const { return picture_; }

    /// Empty when there is none.
    [[nodiscard]] model::ServiceStatus status_of(const model::ServiceKey& service) const;

    /// Every status that was ever durable for the present life of the service.
    [[nodiscard]] bool was_durable(const model::ServiceKey& service,
                                   const std::vector<std::string>& ips) const;

    /// Counts how often a service of this name was created.
    [[nodiscard]] std::uint64_t life_of(const model::ServiceKey& service) const {
        const auto found = lives_.find(service);
        return found == lives_.end() ? 0 : found->second;
    }

    [[nodiscard]] const std::map<model::ServiceKey, model::ServiceStatus>& statuses() const {
        return statuses_;
    }

  private:
    void show(model::Object object);
    void show_service(const model::ServiceKey& service);

    void forget_gone();

    Keeping keeping_;
    bool full_ = false;
    model::Picture picture_;
    std::map<model::ObjectRef, model::ObjectPtr> objects_;  ///< the same
    std::map<model::ServiceKey, model::Service> bare_;      ///< without statuses
    std::map<model::ServiceKey, model::ServiceStatus> statuses_;
    std::map<model::ServiceKey, std::set<std::vector<std::string>>> ever_;
    std::map<model::ServiceKey, std::uint64_t> lives_;
    std::set<model::ObjectRef> changed_;
    std::set<model::ObjectRef> gone_;  ///< services deleted since somebody looked
};

}  // namespace ferro::sim
