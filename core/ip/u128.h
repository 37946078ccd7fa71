// A 128-bit unsigned integer, as wide as an IPv6 address: enough arithmetic for ranges, no more.
// (The compiler's own
// __int128 is an extension that -Wpedantic refuses and that has no hash or printing.)
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <string>

namespace ferro::ip {

struct U128 {
    std::uint64_t hi = 0;
    std::uint64_t lo = 0;

    constexpr U128() = default;

    constexpr U128(std::uint64_t high, std::uint64_t low) : hi(high), lo(low) {}

    // NOLINTNEXTLINE(google-explicit-constructor): a small number is a U128.
    constexpr U128(std::uint64_t low) : lo(low) {}

    static constexpr U128 max() { return {UINT64_MAX, UINT64_MAX}; }

    /// 2^exponent; exponent in [0, 127].
    static constexpr U128 power_of_two(unsigned exponent) {
        return exponent >= 64 ? U128{1ULL << (exponent - 64U), 0} : U128{0, 1ULL << exponent};
    }

    /// The lowest `count` bits set; count in [0, 128].
    static constexpr U128 low_mask(unsigned count) {
        return count >= 128 ? max() : power_of_two(count) - U128{1};
    }

    friend constexpr auto operator<=>(const U128&, const U128&) = default;

    /// Wraps modulo 2^128, as all of these do.
    friend constexpr U128 operator+(U128 a, U128 b) {
        const std::uint64_t low = a.lo + b.lo;
        return {a.hi + b.hi + (low < a.lo ? 1U : 0U), low};
    }

    friend constexpr U128 operator-(U128 a, U128 b) {
        return {a.hi - b.hi - (a.lo < b.lo ? 1U : 0U), a.lo - b.lo};
    }

    friend constexpr U128 operator&(U128 a, U128 b) { return {a.hi & b.hi, a.lo & b.lo}; }

    friend constexpr U128 operator|(U128 a, U128 b) { return {a.hi | b.hi, a.lo | b.lo}; }

    friend constexpr U128 operator~(U128 a) { return {~a.hi, ~a.lo}; }

    /// Number of zero bits below the lowest one; 128 for zero.
    [[nodiscard]] constexpr unsigned trailing_zeros() const {
        return static_cast<unsigned>(lo != 0 ? std::countr_zero(lo) : 64 + std::countr_zero(hi));
    }

    /// Number of zero bits above the highest one; 128 for zero.
    [[nodiscard]] constexpr unsigned leading_zeros() const {
        return static_cast<unsigned>(hi != 0 ? std::countl_zero(hi) : 64 + std::countl_zero(lo));
    }
};

/// Decimal digits.
std::string to_string(U128 value);

/// The value, or 2^63-1 when it is larger: what an int64 counter of Kubernetes can show (MetalLB
/// overflows, quirk Q26).
constexpr std::int64_t saturate_to_int64(U128 value) {
    return value.hi != 0 || value.lo > static_cast<std::uint64_t>(INT64_MAX)
               ? INT64_MAX
               : static_cast<std::int64_t>(value.lo);
}

}  // namespace ferro::ip
