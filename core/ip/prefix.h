// Prefix (CIDR) and Range (first..last, inclusive), and the way between them.
#pragma once

#include "core/base/result.h"
#include "core/ip/address.h"

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::ip {

/// First and last address, inclusive, of one family, first <= last.
class Range {
  public:
    /// 0.0.0.0 alone.
    constexpr Range() = default;

    /// `first` and `last` must be of one family and in order (CHECK): parse text with parse_range.
    Range(Address first, Address last);

    [[nodiscard]] constexpr Address first() const { return first_; }

    [[nodiscard]] constexpr Address last() const { return last_; }

    [[nodiscard]] constexpr Family family() const { return first_.family(); }

    [[nodiscard]] constexpr bool contains(Address address) const {
        return first_ <= address && address <= last_;
    }

    [[nodiscard]] constexpr bool overlaps(const Range& other) const {
        return first_ <= other.last_ && other.first_ <= last_;
    }

    /// Number of addresses; saturates at 2^128-1 for ::/0.
    [[nodiscard]] U128 size() const;

    friend constexpr auto operator<=>(const Range&, const Range&) = default;

  private:
    Address first_;
    Address last_;
};

/// A network in CIDR form; host bits are zero.
class Prefix {
  public:
    /// 0.0.0.0/0
    constexpr Prefix() = default;

    /// Host bits of `address` are dropped, as MetalLB does (10.0.0.5/24 is 10.0.0.0/24). `length`
    /// must fit the family (CHECK).
    Prefix(Address address, unsigned length);

    /// As Go's net.ParseCIDR, which MetalLB uses: address, first slash, decimal length without sign
    /// (leading zeros are taken). Host bits are dropped. ::ffff:10.0.0.0/120 is 10.0.0.0/24.
    /// Errors: invalid_input with MetalLB's wording "invalid CIDR".
    static Result<Prefix> parse(std::string_view text);

    [[nodiscard]] constexpr Address address() const { return address_; }

    [[nodiscard]] constexpr unsigned length() const { return length_; }

    [[nodiscard]] constexpr Family family() const { return address_.family(); }

    [[nodiscard]] Range range() const;

    [[nodiscard]] bool contains(Address address) const { return range().contains(address); }

    /// "192.168.10.0/24"
    [[nodiscard]] std::string to_string() const;

    friend constexpr auto operator<=>(const Prefix&, const Prefix&) = default;

  private:
    Address address_;
    unsigned length_ = 0;
};

/// The minimal list of prefixes that covers exactly `range`, ascending.
std::vector<Prefix> prefixes_of(const Range& range);

/// The text forms of a pool item (spec 8.4): a CIDR, or `start-end` with white space allowed
/// around both ends. Ends of two families in ascending order (compared as 16 bytes, so that IPv4
/// stands at ::ffff:0:0/96) give an empty list: MetalLB accepts that as an empty pool (quirk Q34);
/// core/config adds a finding. Errors: invalid_input, with MetalLB's wording ("invalid CIDR",
/// "invalid IP range").
Result<std::vector<Prefix>> parse_pool_item(std::string_view text);

}  // namespace ferro::ip
