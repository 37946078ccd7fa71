// MacAddress: the 48-bit hardware address of an Ethernet interface.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace ferro::layer2 {

struct MacAddress {
    std::array<std::uint8_t, 6> bytes{};

    static constexpr MacAddress broadcast() { return {{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}}; }

    /// "52:54:00:12:34:56"
    [[nodiscard]] std::string to_string() const;

    friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

}  // namespace ferro::layer2
