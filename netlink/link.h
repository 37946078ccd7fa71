// Link: one network interface as the kernel tells it, with the addresses it holds. What the speaker
// needs to decide where it answers (spec 3.8), and nothing of libnl.
#pragma once

#include "core/base/ids.h"
#include "core/ip/address.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ferro::netlink {

using MacAddress = std::array<std::uint8_t, 6>;

/// "02:00:00:00:00:01"
std::string to_string(const MacAddress& mac);

struct InterfaceAddress {
    ip::Address address;
    std::uint8_t prefix_length = 0;
    /// IPv6: duplicate address detection has not finished, or found a duplicate. Such an address
    /// cannot be used as a source yet.
    bool tentative = false;
    friend auto operator<=>(const InterfaceAddress&, const InterfaceAddress&) = default;
};

struct Link {
    InterfaceIndex index;
    std::string name;
    /// Nothing when the hardware address is not one of six bytes (tunnels).
    std::optional<MacAddress> mac;
    bool up = false;         ///< IFF_UP: switched on
    bool running = false;    ///< IFF_RUNNING: and it has a carrier
    bool no_arp = false;     ///< IFF_NOARP
    bool broadcast = false;  ///< IFF_BROADCAST
    bool loopback = false;   ///< IFF_LOOPBACK
    /// The bridge, bond or VRF it is a member of.
    std::optional<InterfaceIndex> master;
    /// "bridge", "veth", "vlan" ..; empty for hardware.
    std::string kind;
    /// Ascending, without duplicates.
    std::vector<InterfaceAddress> addresses;

    /// Whether it has a usable address in fe80::/10: a tentative one does not count.
    [[nodiscard]] bool has_ipv6_link_local() const;

    friend bool operator==(const Link&, const Link&) = default;
};

}  // namespace ferro::netlink
