// The annotations of spec 2.6: the metallb.io key wins over the legacy one whenever it is present,
// even when it is empty.
#pragma once

#include "core/model/labels.h"

#include <optional>
#include <string>
#include <string_view>

namespace ferro::model {

inline constexpr std::string_view kAnnotationPrefix = "metallb.io/";
inline constexpr std::string_view kLegacyAnnotationPrefix = "metallb.universe.tf/";

inline constexpr std::string_view kAddressPool = "address-pool";
inline constexpr std::string_view kLoadBalancerIps = "loadBalancerIPs";
inline constexpr std::string_view kAllowSharedIp = "allow-shared-ip";
/// Written by the controller, never read from the legacy key.
inline constexpr std::string_view kIpAllocatedFromPool = "metallb.io/ip-allocated-from-pool";

/// The value under metallb.io/NAME, else under metallb.universe.tf/NAME, else nothing.
std::optional<std::string> annotation(const Labels& annotations, std::string_view name);

/// Label that excludes a node from announcing when present with any value, "false" included (quirk
/// Q22, copied).
inline constexpr std::string_view kExcludeFromLoadBalancers =
    "node.kubernetes.io/exclude-from-external-load-balancers";

inline constexpr std::string_view kServiceNameLabel = "kubernetes.io/service-name";

}  // namespace ferro::model
