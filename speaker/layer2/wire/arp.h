// ARP for IPv4 over Ethernet (RFC 826), the way frames lie on the wire:
//
//   0  6 destination   6  6 source   12  2 EtherType 0x0806
//   14 2 hardware 1    16 2 protocol 0x0800   18 1 length 6   19 1 length 4   20 2 operation
//   22 6 sender MAC    28 4 sender IP         32 6 target MAC              38 4 target IP
//
// and 18 bytes of zeros up to Ethernet's smallest frame (60 bytes without its checksum). Parsing
// takes frames from anybody: it reads nothing beyond the span and says in one word what is wrong.
// Building always gives a whole 60-byte frame.
#pragma once

#include "core/ip/address.h"
#include "speaker/layer2/wire/mac.h"

#include <tl/expected.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ferro::layer2 {

/// Why bytes are not an ARP frame for IPv4 over Ethernet.
enum class ParseError : std::uint8_t {
    too_short,        ///< fewer than the 42 bytes that carry meaning
    vlan_tagged,      ///< 802.1Q or 802.1ad tag in place: it belongs to the VLAN's own interface
    not_arp,          ///< another EtherType
    not_ethernet,     ///< hardware type other than 1
    not_ipv4,         ///< protocol type other than 0x0800
    address_lengths,  ///< not 6 and 4
};

/// The enumerator's word.
const char* to_string(ParseError error);

/// Other operations (RARP, InARP ...) are kept as their number.
inline constexpr std::uint16_t kArpRequest = 1;
inline constexpr std::uint16_t kArpReply = 2;

inline constexpr std::size_t kArpFrameSize = 60;
/// The part of a frame that carries meaning: 14 bytes of Ethernet, 28 of ARP.
inline constexpr std::size_t kArpMeaningSize = 42;

using ArpFrameBytes = std::array<std::uint8_t, kArpFrameSize>;

struct ArpFrame {
    MacAddress ethernet_destination;
    MacAddress ethernet_source;
    std::uint16_t operation = 0;
    MacAddress sender_mac;
    ip::Address sender_ip;
    MacAddress target_mac;
    ip::Address target_ip;

    friend bool operator==(const ArpFrame&, const ArpFrame&) = default;
};

/// Reads a frame as a packet socket delivers it, Ethernet header first. Bytes behind the meaning
/// (padding) are not looked at, as RFC 826 wants.
tl::expected<ArpFrame, ParseError> parse_arp(std::span<const std::uint8_t> frame);

/// The frame's bytes, padded with zeros. All addresses must be IPv4.
ArpFrameBytes build_arp(const ArpFrame& frame);

/// The answer to `request`: `mac` has the address that was asked for. Sent to the sender's hardware
/// address *in the ARP payload*, as MetalLB does (spec 3.9).
ArpFrame reply_to(const ArpFrame& request, MacAddress mac);

/// "`address` is at `mac`", to everybody, as a request: target hardware address broadcast, exactly
/// MetalLB's bytes (spec A.4).
ArpFrame gratuitous_request(ip::Address address, MacAddress mac);

/// The same as a reply. Its target hardware address is the sender's own, where MetalLB has
/// broadcast: Linux counts a reply as gratuitous only in this form (arp_is_garp in net/ipv4/arp.c),
/// and only a gratuitous one replaces a neighbour entry that is younger than a second (locktime).
/// Measured in spec/frr.md section 3 and shown by tests/netns.
ArpFrame gratuitous_reply(ip::Address address, MacAddress mac);

}  // namespace ferro::layer2
