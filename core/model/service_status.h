// What the controller writes about a service.
#pragma once

#include "core/model/object_ref.h"

#include <string>
#include <vector>

namespace ferro::model {

/// status.loadBalancer.ingress[].ip and the annotation metallb.io/ip-allocated-from-pool (spec 2.5
/// step 13). Empty `ips` clears both.
struct ServiceStatus {
    ServiceKey service;
    std::vector<std::string> ips;
    std::string pool;
    friend bool operator==(const ServiceStatus&, const ServiceStatus&) = default;
};

}  // namespace ferro::model
