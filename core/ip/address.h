// Address: an IPv4 or IPv6 address as a value of 17 significant bytes, ordered IPv4 first, then by
// number. Parsed and printed as Go's netip.Addr does, since MetalLB's objects, its hash input and
// its texts are made by Go.
#pragma once

#include "core/base/result.h"
#include "core/ip/u128.h"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ferro::ip {

enum class Family : std::uint8_t { ipv4, ipv6 };

/// "ipv4" or "ipv6": MetalLB's words.
const char* to_string(Family family);

/// 32 or 128.
constexpr unsigned bits_of(Family family) {
    return family == Family::ipv4 ? 32U : 128U;
}

class Address {
  public:
    /// 0.0.0.0
    constexpr Address() = default;

    static constexpr Address from_ipv4(std::uint32_t number) {
        return {Family::ipv4, U128{number}};
    }

    static constexpr Address from_ipv6(U128 number) { return {Family::ipv6, number}; }

    /// Network byte order.
    static Address from_bytes(const std::array<std::uint8_t, 4>& bytes);
    static Address from_bytes(const std::array<std::uint8_t, 16>& bytes);

    /// `number` must fit the family.
    static constexpr Address from_number(Family family, U128 number) { return {family, number}; }

    /// Accepts what netip.ParseAddr accepts: dotted quads without leading zeros, RFC 4291 text with
    /// or without an embedded IPv4 tail. Differs in two ways, both MetalLB's (it parses with
    /// net.ParseIP): a zone ("%eth0") is refused, and an IPv4-mapped IPv6 address (::ffff:10.0.0.1)
    /// is that IPv4 address. Errors: invalid_input, naming the text and the reason.
    static Result<Address> parse(std::string_view text);

    [[nodiscard]] constexpr Family family() const { return family_; }

    [[nodiscard]] constexpr bool is_ipv4() const { return family_ == Family::ipv4; }

    [[nodiscard]] constexpr bool is_ipv6() const { return family_ == Family::ipv6; }

    [[nodiscard]] constexpr U128 number() const { return number_; }

    /// Only for IPv4.
    [[nodiscard]] constexpr std::uint32_t ipv4() const {
        return static_cast<std::uint32_t>(number_.lo);
    }

    [[nodiscard]] std::array<std::uint8_t, 4> ipv4_bytes() const;
    [[nodiscard]] std::array<std::uint8_t, 16> ipv6_bytes() const;

    /// Dotted quad, or RFC 5952 text (lower case, longest run of zeros compressed, first of
    /// equals).
    [[nodiscard]] std::string to_string() const;

    /// The next higher address of the family; nothing after its last.
    [[nodiscard]] constexpr std::optional<Address> successor() const {
        if (number_ == U128::low_mask(bits_of(family_))) {
            return std::nullopt;
        }
        return Address(family_, number_ + U128{1});
    }

    /// The next lower address of the family; nothing before its first.
    [[nodiscard]] constexpr std::optional<Address> predecessor() const {
        if (number_ == U128{}) {
            return std::nullopt;
        }
        return Address(family_, number_ - U128{1});
    }

    /// IPv4 whose last octet is 0 or 255: what `avoidBuggyIPs` leaves out (spec 2.7). Never true
    /// for IPv6.
    [[nodiscard]] constexpr bool is_buggy() const {
        return is_ipv4() && ((number_.lo & 0xFFU) == 0 || (number_.lo & 0xFFU) == 0xFFU);
    }

    /// fe80::/10
    [[nodiscard]] constexpr bool is_link_local_ipv6() const {
        return is_ipv6() && (number_.hi >> 54U) == 0x3FAU;
    }

    friend constexpr auto operator<=>(const Address&, const Address&) = default;

  private:
    constexpr Address(Family family, U128 number) : family_(family), number_(number) {}

    Family family_ = Family::ipv4;
    U128 number_;
};

}  // namespace ferro::ip

template <>
struct std::hash<ferro::ip::Address> {
    std::size_t operator()(const ferro::ip::Address& address) const noexcept {
        // Fibonacci mixing: pool addresses are consecutive, and an identity hash would cluster in
        // power-of-two tables.
        const std::uint64_t mixed =
            (address.number().hi ^ (address.number().lo * 0x9E3779B97F4A7C15ULL)) *
            0xBF58476D1CE4E5B9ULL;
        return static_cast<std::size_t>(mixed ^ (mixed >> 32U));
    }
};
