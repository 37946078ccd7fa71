// Who answers for a service, once more and plainly: spec 3.3 to 3.7, sharing nothing with
// core/plan, core/config and core/election (the digest is OpenSSL's).
#pragma once

#include "core/model/picture.h"
#include "tests/sim/reference_pools.h"

#include <set>
#include <string>

namespace ferro::sim::reference {

struct Announcement {
    std::string owner;  ///< empty: nobody answers
    bool all_interfaces = false;
    std::set<std::string> interfaces;
    friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// Whether a speaker accepts the configuration that the picture holds.
bool is_valid(const model::Picture& picture);

/// The announcement of one service of `picture` under the configuration in `configuration` (another
/// picture when the present configuration is not valid).
Announcement announce(const model::Picture& picture,
                      const model::Picture& configuration,
                      const Pools& pools,
                      const model::Service& service);

/// Whether the addresses of the service lie in one pool.
bool has_pool(const Pools& pools, const model::Service& service);

}  // namespace ferro::sim::reference
