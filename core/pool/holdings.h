// Holdings: the allocator's books. Pools with their address spaces, who holds which address, which
// ports are taken on it, and what is shared under which terms. It keeps them consistent and knows
// no rule of choice (allocator.cc does).
#pragma once

#include "core/pool/address_space.h"
#include "core/pool/allocator.h"
#include "core/pool/shared_addresses.h"

#include <unordered_map>

namespace ferro::pool {

/// One pool: its configuration, its addresses, and what is shared in it.
struct PoolState {
    explicit PoolState(const config::Pool& pool)
        : config(&pool),
          space(pool.prefixes, pool.avoid_buggy_ips ? BuggyAddresses::avoid : BuggyAddresses::use) {
    }

    using SharedByTerms = std::unordered_map<std::string, SharedAddresses>;

    const config::Pool* config;
    AddressSpace space;
    std::array<SharedByTerms, 2> shared;  ///< per family
};

/// What one service holds.
struct Holding {
    const model::ServiceKey* service = nullptr;  ///< the key of its entry in the books
    PoolState* pool = nullptr;
    std::vector<ip::Address> addresses;
    std::string terms;
    std::vector<PortCode> ports;  ///< sorted, each once
};

class Holdings {
  public:
    /// An address somewhere in a pool.
    struct Place {
        PoolState* pool = nullptr;
        Position position;
    };

    PoolChanges set_pools(std::shared_ptr<const config::Configuration> configuration);

    /// A reserved address is taken in its pool, with or without users, and stands in no list of
    /// shared ones.
    void set_reserved(Reservations reserved);

    [[nodiscard]] const Reservations& reserved() const { return reserved_; }

    [[nodiscard]] std::map<PoolName, PoolState>& pools() { return pools_; }

    [[nodiscard]] const std::map<PoolName, PoolState>& pools() const { return pools_; }

    /// Nothing when no pool contains it, or when its pool avoids it.
    [[nodiscard]] std::optional<Place> place_of(ip::Address address) const;

    [[nodiscard]] const Holding* find(const model::ServiceKey& service) const;

    /// All users of an address; empty when it is free.
    [[nodiscard]] std::vector<const Holding*> users_of(ip::Address address) const;

    /// The holder of `port` on an address that is held under sharing terms, or null.
    [[nodiscard]] const Holding* port_holder(ip::Address address, PortCode port) const;

    /// The first address of the pool and family that is free or that `demand` may share.
    [[nodiscard]] std::optional<ip::Address> first_usable(PoolState& pool,
                                                          ip::Family family,
                                                          const std::string& terms,
                                                          const std::vector<PortCode>& ports);

    /// Books the addresses, of which all must be usable by the service (CHECK: in the pool) and the
    /// service must hold nothing (CHECK).
    void record(const model::ServiceKey& service,
                PoolState& pool,
                std::vector<ip::Address> addresses,
                std::string terms,
                std::vector<PortCode> ports);

    bool release(const model::ServiceKey& service);

    [[nodiscard]] std::vector<PortCode> codes_of(const std::vector<model::ServicePort>& ports);
    [[nodiscard]] model::ServicePort port_of(PortCode code) const;

    [[nodiscard]] std::size_t size() const { return by_service_.size(); }

    Freed freed;

  private:
    /// One address in use. `ports` is kept only where somebody may share.
    struct Use {
        std::vector<const Holding*> users;
        std::vector<std::pair<PortCode, const Holding*>> ports;  ///< sorted by code
    };

    struct Segment {
        ip::Range range;
        PoolState* pool = nullptr;
        std::uint32_t run = 0;
    };

    void index_segments();
    [[nodiscard]] PoolState* pool_holding_all(const std::vector<ip::Address>& addresses) const;

    [[nodiscard]] bool is_reserved(ip::Address address) const {
        return !reserved_.empty() && reserved_.contains(address);
    }

    void begin_reservation(ip::Address address);
    void end_reservation(ip::Address address);
    static void list_shared(const Place& place, ip::Family family, const std::string& terms);
    static void unlist_shared(const Place& place, ip::Family family, const std::string& terms);
    void book(const Holding& holding);
    void unbook(const Holding& holding, ip::Address address);

    std::shared_ptr<const config::Configuration> configuration_;
    std::map<PoolName, PoolState> pools_;
    std::vector<Segment> segments_;  ///< sorted by first address
    std::unordered_map<model::ServiceKey, Holding> by_service_;
    std::unordered_map<ip::Address, Use> uses_;
    Reservations reserved_;
    std::vector<std::string> protocols_{"TCP", "UDP", "SCTP"};
};

}  // namespace ferro::pool
