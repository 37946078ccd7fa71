// Source: where objects come from and where the status of services goes. The daemons do not know
// which one they have: a manifest folder with a ledger, the Kubernetes API, or the controller's
// feed.
//
// A source delivers changes on the loop. Its first delivery is the whole picture
// (Delivery::first_synchronisation); nothing is published by anybody before that. Objects are
// checked for shape only; what they mean is for core/config and core/pool.
//
// Threads: loop only.
#pragma once

#include "core/base/result.h"
#include "core/model/finding.h"
#include "core/model/objects.h"
#include "core/model/service_status.h"

#include <functional>
#include <vector>

namespace ferro::kube {

enum class Delivery { first_synchronisation, update };

struct SourceEvents {
    /// Statuses of services that may exist but cannot be seen at present (their file cannot be
    /// read); replaces the earlier list, empty at first. Their addresses must not be given to
    /// others. on_changes follows in the same turn, with the services that came into view, or
    /// empty: act upon both together. May be left unset by who gives no addresses.
    std::function<void(const std::vector<model::ServiceStatus>&)> on_reserved;
    /// Objects that appeared, changed or went, in one turn. A status write comes back here as a
    /// changed Service, as from an API server.
    std::function<void(const std::vector<model::Change>&, Delivery)> on_changes;
    /// All present findings of the source; replaces the earlier list.
    std::function<void(const std::vector<model::Finding>&)> on_findings;
};

class Source {
  public:
    virtual ~Source() = default;

    /// Begins to deliver. Called once.
    virtual Result<void> start(SourceEvents events) = 0;

    /// Where the object stands, for findings about it that others make; nothing when the source has
    /// no places.
    [[nodiscard]] virtual model::Location location_of(const model::ObjectRef& ref) const = 0;

    /// Makes the statuses durable and then, for each, calls `done` with the outcome. Until `done`
    /// said yes an address must not be announced or printed. Errors: resource_exhausted (disk
    /// full), conflict (somebody else wrote), unavailable.
    virtual void write_statuses(
        const std::vector<model::ServiceStatus>& statuses,
        std::function<void(const model::ServiceKey&, const Result<void>&)> done) = 0;
};

}  // namespace ferro::kube
