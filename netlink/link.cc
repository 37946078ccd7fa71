#include "netlink/link.h"

#include <algorithm>

namespace ferro::netlink {

std::string to_string(const MacAddress& mac) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : mac) {
        if (!text.empty()) {
            text += ':';
        }
        text += kHex[byte >> 4U];
        text += kHex[byte & 0xFU];
    }
    return text;
}

bool Link::has_ipv6_link_local() const {
    return std::any_of(addresses.begin(), addresses.end(), [](const InterfaceAddress& held) {
        return held.address.is_link_local_ipv6() && !held.tentative;
    });
}

}  // namespace ferro::netlink
