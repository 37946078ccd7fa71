// Allocator: which service has which addresses, by every rule of MetalLB's allocator (compatible
// with metallb internal/allocator as of v0.16.1; docs/compat.md lists what differs).
//
// It knows pools (from a Configuration) and holdings: service -> pool, one or two addresses, ports,
// sharing terms. It is told to assign, allocate and release; every "no" is a Refusal with its
// evidence. It reads no status and writes none: controller/engine decides when to ask.
//
// The first free address of a pool is read off the runs of taken addresses (used_ranges.h), not
// searched for, so /8 and IPv6 /64 pools are as quick as a /24; a service with a sharing key also
// looks at the addresses held under its terms that come before it (shared_addresses.h).
//
// Everything is deterministic: where MetalLB walks a Go map in random order (unpinned pools, equal
// priorities), names decide.
//
// An address can be reserved: somebody has it whom the caller cannot see at present. Nobody is
// given such an address; who shares it may go on doing so.
//
// Whoever waits for an address is told where to look again: `take_freed` names what became free, or
// shareable, since it was last asked.
//
// Pure: no clock, no I/O. One thread at a time.
#pragma once

#include "core/config/configuration.h"
#include "core/pool/demand.h"
#include "core/pool/refusal.h"

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ferro::pool {

struct Allocation {
    PoolName pool;
    std::vector<ip::Address> addresses;  ///< one, or two of different families; order is kept
    friend bool operator==(const Allocation&, const Allocation&) = default;
};

/// An allocation, or why not.
using Outcome = tl::expected<Allocation, Refusal>;

/// What `set_pools` did to holdings, each list in key order.
struct PoolChanges {
    struct Released {
        model::ServiceKey service;
        Allocation lost;
    };

    struct Relabelled {
        model::ServiceKey service;
        PoolName from;
        PoolName to;
    };

    std::vector<Released> released;      ///< no pool contains its addresses any more
    std::vector<Relabelled> relabelled;  ///< the same addresses now lie in another pool
};

/// Reserved addresses, each with the services for which it is kept.
using Reservations = std::map<ip::Address, std::set<model::ServiceKey>>;

/// What `assign` is asked on the ground of.
enum class Basis : std::uint8_t {
    request,  ///< the service would like to have the addresses
    claim,    ///< it has them already: its status, written earlier, says so
};

/// Distinct addresses, not services. A reserved address counts as assigned, whether or not one of
/// its users can be seen: somebody has it. What Kubernetes' int64 cannot show is INT64_MAX (MetalLB
/// overflows, quirk Q26).
struct PoolCounters {
    std::int64_t total = 0;
    std::int64_t assigned_ipv4 = 0;
    std::int64_t assigned_ipv6 = 0;
    std::int64_t available_ipv4 = 0;
    std::int64_t available_ipv6 = 0;
    friend bool operator==(const PoolCounters&, const PoolCounters&) = default;
};

/// What may serve somebody who was refused before.
struct Freed {
    std::set<std::pair<PoolName, ip::Family>> gaps;  ///< an address of the pool is free again
    std::set<std::pair<PoolName, std::string>>
        shareable;                    ///< ports, or addresses, under these terms
    std::set<ip::Address> addresses;  ///< addresses whose users changed

    [[nodiscard]] bool empty() const {
        return gaps.empty() && shareable.empty() && addresses.empty();
    }
};

class Allocator {
  public:
    Allocator();
    ~Allocator();
    Allocator(Allocator&&) noexcept;
    Allocator& operator=(Allocator&&) noexcept;
    Allocator(const Allocator&) = delete;
    Allocator& operator=(const Allocator&) = delete;

    /// Takes new pools. Holdings stay where they are, change their pool's name, or are released.
    /// Whether a pool is still compatible with its holders is asked by the next `assign`.
    /// Cost: O(services log services).
    PoolChanges set_pools(std::shared_ptr<const config::Configuration> configuration);

    /// Whether there is at least one pool.
    [[nodiscard]] bool has_pools() const;

    /// Gives the service exactly these addresses, in this order, in place of what it holds. A
    /// refusal leaves what it holds. Asked for what it holds, it checks it again and takes over
    /// changed ports and terms. A reserved address is refused (address_in_use, with those for whom
    /// it is kept) unless the service is one of them, holds it under the same sharing terms, or
    /// claims it and has sharing terms: the terms and ports of who cannot be seen are not known.
    /// Errors: not_in_a_pool, pool_incompatible, too_many_addresses, same_family_twice,
    /// address_in_use, port_in_use.
    [[nodiscard]] Outcome assign(const Demand& demand,
                                 const std::vector<ip::Address>& addresses,
                                 Basis basis = Basis::request);

    /// The first fit over the pools that the service may use automatically: pinned ones by
    /// priority, then the others by name (MetalLB promises no order among those). The service must
    /// hold nothing (CHECK). Errors: no_free_address.
    [[nodiscard]] Outcome allocate(const Demand& demand);

    /// The first fit in one pool, autoAssign or not. The service must hold nothing (CHECK). Errors:
    /// unknown_pool, pool_incompatible, pool_exhausted, family_not_in_pool, no_dual_stack_room.
    [[nodiscard]] Outcome allocate_from(const Demand& demand, const PoolName& pool);

    /// Adds an address of the other family from the same pool, behind the one that the service
    /// holds (CHECK: exactly one). Errors: pool_exhausted, family_not_in_pool.
    [[nodiscard]] Outcome add_family(const Demand& demand);

    /// Replaces all reservations; they outlast `set_pools` and may lie outside of all pools. Who
    /// holds a reserved address keeps it, but shares it with nobody new. Cost: O(n log n) in the
    /// old and new reservations; without any, none on the other calls.
    void set_reserved(Reservations reserved);

    [[nodiscard]] const Reservations& reserved() const;

    /// False when it held nothing.
    bool release(const model::ServiceKey& service);

    [[nodiscard]] std::optional<Allocation> find(const model::ServiceKey& service) const;

    /// Who holds an address, in key order.
    [[nodiscard]] std::vector<model::ServiceKey> users_of(ip::Address address) const;

    /// The pools in which `allocate` would look, in its order.
    [[nodiscard]] std::vector<PoolName> automatic_pools(const Demand& demand) const;

    [[nodiscard]] bool has_free_address(const PoolName& pool, ip::Family family) const;

    /// Per pool, in name order.
    [[nodiscard]] std::map<PoolName, PoolCounters> counters() const;

    /// How many services hold something.
    [[nodiscard]] std::size_t size() const;

    /// What was freed since the last call. Whatever `set_pools` frees is not listed: all must be
    /// asked again after it anyway.
    [[nodiscard]] Freed take_freed();

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace ferro::pool
