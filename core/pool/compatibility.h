// Which services may use which pool (spec 2.7 "Pool compatibility with a service").
#pragma once

#include "core/config/configuration.h"
#include "core/model/objects.h"

namespace ferro::pool {

/// Whether the service may hold addresses of the pool at all, be it by request or automatically.
bool is_compatible(const config::Pool& pool, const model::Service& service);

/// Whether the pool names neither namespaces nor services: then its pin holds for everybody. A pool
/// whose namespaceSelectors match no namespace at present is not such a pool, yet it is open to
/// every explicit request (quirk Q6, copied).
bool is_pinned_for_all(const config::PoolAllocation& allocation);

/// Order of pinned pools: positive priorities ascending, the rest (0 = unset) after them.
bool comes_before(const config::PoolAllocation& a, const config::PoolAllocation& b);

}  // namespace ferro::pool
