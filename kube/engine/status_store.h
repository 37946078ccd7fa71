// StatusStore: where the statuses of services live when there is no API server to hold them. The
// manifest folder's source asks it at start for what was written before, and gives it each batch of
// new statuses; the ledger implements it on disk.
//
// Threads: loop only.
#pragma once

#include "core/base/result.h"
#include "core/model/service_status.h"

#include <vector>

namespace ferro::kube {

class StatusStore {
  public:
    virtual ~StatusStore() = default;

    /// Every status that stands in the store, one per service, in key order. A cleared status
    /// (empty `ips`) does not come back. Called once, before the first `write`. Errors:
    /// unavailable, corrupt, permission_denied, conflict (somebody else holds the store).
    virtual Result<std::vector<model::ServiceStatus>> load() = 0;

    /// Makes the whole batch durable, or nothing of it: when this returns success the statuses
    /// survive a power cut, and when it fails the store is as before. A status with empty `ips`
    /// removes the service's entry; of two statuses for one service the later counts. Errors:
    /// resource_exhausted (disk full), unavailable, corrupt.
    virtual Result<void> write(const std::vector<model::ServiceStatus>& statuses) = 0;
};

}  // namespace ferro::kube
