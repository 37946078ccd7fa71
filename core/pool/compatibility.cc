#include "core/pool/compatibility.h"

namespace ferro::pool {

bool is_compatible(const config::Pool& pool, const model::Service& service) {
    if (!pool.allocation) {
        return true;
    }
    const config::PoolAllocation& allocation = *pool.allocation;
    if (!allocation.namespaces.empty() &&
        !allocation.namespaces.contains(service.meta.key.namespace_name)) {
        return false;
    }
    return allocation.service_selectors.empty() ||
           model::any_matches(allocation.service_selectors, service.meta.labels);
}

bool is_pinned_for_all(const config::PoolAllocation& allocation) {
    return allocation.namespaces.empty() && !allocation.has_namespace_selectors &&
           allocation.service_selectors.empty();
}

bool comes_before(const config::PoolAllocation& a, const config::PoolAllocation& b) {
    const bool a_set = a.priority > 0;
    const bool b_set = b.priority > 0;
    return a_set && b_set ? a.priority < b.priority : a_set && !b_set;
}

}  // namespace ferro::pool
