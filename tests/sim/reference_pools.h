// The rules of allocation once more, as plainly as they can be said: pools are lists of addresses,
// questions are loops over them. Written from the description of MetalLB's behaviour (spec 2.5 to
// 2.7 and 8.4) and docs/compat.md, sharing nothing with core/config and core/pool, so that an error
// has to be made twice to stay hidden. Slow, and only for pools of some dozens of addresses.
#pragma once

#include "core/ip/address.h"
#include "core/model/picture.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ferro::sim::reference {

using Addresses = std::vector<ip::Address>;
using ServicePtr = std::shared_ptr<const model::Service>;

struct Pin {
    int priority = 0;
    std::set<std::string> namespaces;
    bool has_namespace_selectors = false;
    std::vector<model::LabelSelector> service_selectors;
};

struct Pool {
    std::string name;
    Addresses addresses;  ///< in the order in which they are given
    bool auto_assign = true;
    bool avoid_buggy_ips = false;
    std::optional<Pin> pin;

    [[nodiscard]] bool contains(ip::Address address) const;
    /// It contains it and may give it.
    [[nodiscard]] bool offers(ip::Address address) const;
};

/// In name order.
using Pools = std::vector<Pool>;

/// The pools of the picture, or nothing when one mistake in them refuses them all.
std::optional<Pools> read_pools(const model::Picture& picture);

/// What somebody holds, and the service as it was when it was last looked at.
struct Held {
    std::string pool;
    Addresses addresses;
    friend bool operator==(const Held&, const Held&) = default;
};

using Holdings = std::map<model::ServiceKey, Held>;
using Services = std::map<model::ServiceKey, ServicePtr>;

/// Where services take their families from when they have no clusterIPs.
enum class Families { from_cluster_ips, from_spec };

/// Whether two services may be on one address together.
bool may_share(const model::Service& a, const model::Service& b);

class Rules {
  public:
    Rules(const Pools& pools, const Services& services, Families families)
        : pools_(pools), services_(services), families_(families) {}

    enum class Answer {
        keep,
        keep_as_it_is,  ///< its request is invalid: nothing is added either
        lose,
    };

    struct Verdict {
        Answer answer = Answer::lose;
        const char* reason = "";
    };

    /// Whether a service may keep what it holds, were it alone in the world: other services are not
    /// looked at.
    [[nodiscard]] Verdict may_keep(const model::Service& service, const Addresses& held) const;

    /// What a service without an address is to be given while the others hold `holdings` (an entry
    /// of its own is passed over). Nothing: it has to wait, or asks for what cannot be.
    [[nodiscard]] std::optional<Held> give(const model::Service& service,
                                           const Holdings& holdings) const;

    /// The second address for one that holds one and would like two.
    [[nodiscard]] std::optional<ip::Address> second(const model::Service& service,
                                                    const Held& held,
                                                    const Holdings& holdings) const;

    /// The requested addresses in the order in which they are written; no value: invalid.
    [[nodiscard]] std::optional<Addresses> requested(const model::Service& service) const;

    [[nodiscard]] const Pool* pool_of(const Addresses& addresses) const;

  private:
    enum class Wants { ipv4, ipv6, both, nothing };

    [[nodiscard]] Wants wants(const model::Service& service) const;
    [[nodiscard]] std::optional<ip::Address> first(const Pool& pool,
                                                   ip::Family family,
                                                   const model::Service& service,
                                                   const Holdings& holdings) const;
    [[nodiscard]] Addresses offer(const Pool& pool,
                                  const model::Service& service,
                                  const Holdings& holdings) const;
    [[nodiscard]] std::optional<Held> choose(const std::vector<const Pool*>& pools,
                                             const model::Service& service,
                                             const Holdings& holdings) const;
    [[nodiscard]] bool usable(ip::Address address,
                              const model::Service& service,
                              const Holdings& holdings) const;

    const Pools& pools_;
    const Services& services_;
    Families families_;
};

}  // namespace ferro::sim::reference
