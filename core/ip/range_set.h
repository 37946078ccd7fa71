// RangeSet: a set of addresses of both families, kept as sorted ranges that neither overlap nor
// touch (10.0.0.1-10.0.0.2 and 10.0.0.3 are one range). Since neighbours are merged, the address
// after a range is free, and the next free address is one search away however full the set is.
//
// Costs: n is the number of ranges, not of addresses.
#pragma once

#include "core/ip/prefix.h"

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

namespace ferro::ip {

class RangeSet {
  public:
    /// Adds all addresses of `range`, those already there included. O(log n) and the ranges
    /// swallowed.
    void insert(const Range& range);

    void insert(Address address) { insert(Range(address, address)); }

    /// Removes all addresses of `range`, as far as they are there. O(log n) and the ranges removed.
    void erase(const Range& range);

    void erase(Address address) { erase(Range(address, address)); }

    /// O(log n), as the three below.
    [[nodiscard]] bool contains(Address address) const;

    /// Every address of `range`.
    [[nodiscard]] bool contains(const Range& range) const;

    /// At least one address of `range`.
    [[nodiscard]] bool overlaps(const Range& range) const;

    /// The lowest address >= `address` of its family that is not in the set, or nothing when the
    /// set holds all up to the family's last.
    [[nodiscard]] std::optional<Address> next_free_at_or_after(Address address) const;

    /// The lowest address inside `within` that is not in the set.
    [[nodiscard]] std::optional<Address> first_gap(const Range& within) const;

    /// Number of addresses of a family, O(1); saturates at 2^128-1 when all of IPv6 is there.
    [[nodiscard]] U128 size(Family family) const;

    [[nodiscard]] bool empty() const { return last_by_first_.empty(); }

    [[nodiscard]] std::size_t range_count() const { return last_by_first_.size(); }

    /// Ascending, IPv4 first. O(n).
    [[nodiscard]] std::vector<Range> ranges() const;

    friend bool operator==(const RangeSet& a, const RangeSet& b) {
        return a.last_by_first_ == b.last_by_first_;
    }

  private:
    using Index = std::map<Address, Address>;

    /// The range with the greatest first <= `address`, of any family; end() when there is none.
    [[nodiscard]] Index::const_iterator at_or_before(Address address) const;

    void put(Address first, Address last);
    Index::iterator remove(Index::const_iterator at);
    U128& count(Family family);

    Index last_by_first_;
    U128 ipv4_count_;
    U128 ipv6_count_;  ///< modulo 2^128
};

}  // namespace ferro::ip
