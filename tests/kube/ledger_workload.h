// The batches that the ledger's tests write: from a seed and a number, so that a checker in another
// process can make the same batch again.
#pragma once

#include "core/base/prng.h"
#include "core/model/service_status.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ferro::kube {

inline model::ServiceStatus allocation(std::uint64_t number, std::uint64_t address) {
    model::ServiceStatus status;
    status.service = {"ns" + std::to_string(number % 7), "service-" + std::to_string(number)};
    status.ips = {"10." + std::to_string(address >> 16U & 0xFFU) + "." +
                  std::to_string(address >> 8U & 0xFFU) + "." + std::to_string(address & 0xFFU)};
    if (address % 5 == 0) {
        status.ips.push_back("2001:db8::" + std::to_string(address % 9999));
    }
    status.pool = "pool-" + std::to_string(address % 3);
    return status;
}

/// 1 to 20 statuses for 200 services: three in four give or change an address, the rest take it
/// away.
inline std::vector<model::ServiceStatus> batch_number(std::uint64_t seed, std::uint64_t number) {
    Prng prng(seed * 1000003 + number);
    std::vector<model::ServiceStatus> batch(1 + prng.below(20));
    for (model::ServiceStatus& status : batch) {
        status = allocation(prng.below(200), prng.below(1U << 24U));
        if (prng.chance(25)) {
            status.ips.clear();
            status.pool.clear();
        }
    }
    return batch;
}

/// What stands in a store after the batch, told in the most obvious way.
inline void apply_batch(std::map<model::ServiceKey, model::ServiceStatus>& state,
                        const std::vector<model::ServiceStatus>& batch) {
    for (const model::ServiceStatus& status : batch) {
        if (status.ips.empty()) {
            state.erase(status.service);
        } else {
            state[status.service] = status;
        }
    }
}

inline std::vector<model::ServiceStatus> listed(
    const std::map<model::ServiceKey, model::ServiceStatus>& state) {
    std::vector<model::ServiceStatus> statuses;
    for (const auto& [key, status] : state) {
        statuses.push_back(status);
    }
    return statuses;
}

}  // namespace ferro::kube
