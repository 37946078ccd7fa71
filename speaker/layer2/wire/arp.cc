#include "speaker/layer2/wire/arp.h"

#include "core/base/check.h"

#include <algorithm>

namespace ferro::layer2 {

namespace {

constexpr std::uint16_t kEtherTypeArp = 0x0806;
constexpr std::uint16_t kEtherTypeVlan = 0x8100;
constexpr std::uint16_t kEtherTypeServiceVlan = 0x88a8;
constexpr std::uint16_t kHardwareEthernet = 1;
constexpr std::uint16_t kProtocolIpv4 = 0x0800;

// Callers have checked that the bytes are there.
std::uint16_t read_u16(std::span<const std::uint8_t> frame, std::size_t at) {
    return static_cast<std::uint16_t>((frame[at] << 8U) | frame[at + 1]);
}

MacAddress read_mac(std::span<const std::uint8_t> frame, std::size_t at) {
    MacAddress mac;
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at), 6, mac.bytes.begin());
    return mac;
}

ip::Address read_ipv4(std::span<const std::uint8_t> frame, std::size_t at) {
    return ip::Address::from_ipv4((static_cast<std::uint32_t>(read_u16(frame, at)) << 16U) |
                                  read_u16(frame, at + 2));
}

void write_u16(ArpFrameBytes& bytes, std::size_t at, std::uint16_t value) {
    bytes[at] = static_cast<std::uint8_t>(value >> 8U);
    bytes[at + 1] = static_cast<std::uint8_t>(value & 0xFFU);
}

void write_mac(ArpFrameBytes& bytes, std::size_t at, const MacAddress& mac) {
    std::copy(mac.bytes.begin(), mac.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

void write_ipv4(ArpFrameBytes& bytes, std::size_t at, ip::Address address) {
    CHECK(address.is_ipv4(), "ARP carries IPv4 addresses; engines hand over no others");
    write_u16(bytes, at, static_cast<std::uint16_t>(address.ipv4() >> 16U));
    write_u16(bytes, at + 2, static_cast<std::uint16_t>(address.ipv4() & 0xFFFFU));
}

ArpFrame announcement(ip::Address address, MacAddress mac, std::uint16_t operation) {
    return ArpFrame{.ethernet_destination = MacAddress::broadcast(),
                    .ethernet_source = mac,
                    .operation = operation,
                    .sender_mac = mac,
                    .sender_ip = address,
                    .target_mac = MacAddress::broadcast(),
                    .target_ip = address};
}

}  // namespace

const char* to_string(ParseError error) {
    switch (error) {
        case ParseError::too_short:
            return "too_short";
        case ParseError::vlan_tagged:
            return "vlan_tagged";
        case ParseError::not_arp:
            return "not_arp";
        case ParseError::not_ethernet:
            return "not_ethernet";
        case ParseError::not_ipv4:
            return "not_ipv4";
        case ParseError::address_lengths:
            return "address_lengths";
    }
    return "unknown";
}

tl::expected<ArpFrame, ParseError> parse_arp(std::span<const std::uint8_t> frame) {
    if (frame.size() < kArpMeaningSize) {
        return tl::unexpected(ParseError::too_short);
    }
    const std::uint16_t ether_type = read_u16(frame, 12);
    if (ether_type == kEtherTypeVlan || ether_type == kEtherTypeServiceVlan) {
        return tl::unexpected(ParseError::vlan_tagged);
    }
    if (ether_type != kEtherTypeArp) {
        return tl::unexpected(ParseError::not_arp);
    }
    if (read_u16(frame, 14) != kHardwareEthernet) {
        return tl::unexpected(ParseError::not_ethernet);
    }
    if (read_u16(frame, 16) != kProtocolIpv4) {
        return tl::unexpected(ParseError::not_ipv4);
    }
    if (frame[18] != 6 || frame[19] != 4) {
        return tl::unexpected(ParseError::address_lengths);
    }
    return ArpFrame{.ethernet_destination = read_mac(frame, 0),
                    .ethernet_source = read_mac(frame, 6),
                    .operation = read_u16(frame, 20),
                    .sender_mac = read_mac(frame, 22),
                    .sender_ip = read_ipv4(frame, 28),
                    .target_mac = read_mac(frame, 32),
                    .target_ip = read_ipv4(frame, 38)};
}

ArpFrameBytes build_arp(const ArpFrame& frame) {
    ArpFrameBytes bytes{};
    write_mac(bytes, 0, frame.ethernet_destination);
    write_mac(bytes, 6, frame.ethernet_source);
    write_u16(bytes, 12, kEtherTypeArp);
    write_u16(bytes, 14, kHardwareEthernet);
    write_u16(bytes, 16, kProtocolIpv4);
    bytes[18] = 6;
    bytes[19] = 4;
    write_u16(bytes, 20, frame.operation);
    write_mac(bytes, 22, frame.sender_mac);
    write_ipv4(bytes, 28, frame.sender_ip);
    write_mac(bytes, 32, frame.target_mac);
    write_ipv4(bytes, 38, frame.target_ip);
    return bytes;
}

ArpFrame reply_to(const ArpFrame& request, MacAddress mac) {
    return ArpFrame{.ethernet_destination = request.sender_mac,
                    .ethernet_source = mac,
                    .operation = kArpReply,
                    .sender_mac = mac,
                    .sender_ip = request.target_ip,
                    .target_mac = request.sender_mac,
                    .target_ip = request.sender_ip};
}

ArpFrame gratuitous_request(ip::Address address, MacAddress mac) {
    return announcement(address, mac, kArpRequest);
}

ArpFrame gratuitous_reply(ip::Address address, MacAddress mac) {
    ArpFrame frame = announcement(address, mac, kArpReply);
    frame.target_mac = mac;
    return frame;
}

}  // namespace ferro::layer2
