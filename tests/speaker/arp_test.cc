// The ARP codec: the byte-exact vectors of the specification (A.4), and what hostile or foreign
// frames are called. Frames are written in hex words as the specification prints them.
#include "speaker/layer2/wire/arp.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::layer2 {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Hex words to bytes; blanks are for the reader.
Bytes bytes_of(std::string_view hex) {
    Bytes bytes;
    std::string digits;
    for (const char c : hex) {
        if (std::isxdigit(static_cast<unsigned char>(c)) != 0) {
            digits += c;
        }
    }
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

Bytes padded(std::string_view hex) {
    Bytes bytes = bytes_of(hex);
    bytes.resize(kArpFrameSize, 0);
    return bytes;
}

Bytes built(const ArpFrame& frame) {
    const ArpFrameBytes bytes = build_arp(frame);
    return {bytes.begin(), bytes.end()};
}

const MacAddress kMac{{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}};
const MacAddress kClientMac{{0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f}};
const ip::Address kVip = ip::Address::from_ipv4(0xc0a801f0);     // 192.168.1.240
const ip::Address kClient = ip::Address::from_ipv4(0xc0a80123);  // 192.168.1.35

const char* const kRequestHex =
    "ffffffffffff 0a0b0c0d0e0f 0806 0001 0800 06 04 0001 0a0b0c0d0e0f c0a80123 000000000000 "
    "c0a801f0";

TEST(MacAddress, PrintsPairsInLowerCase) {
    EXPECT_EQ(kMac.to_string(), "52:54:00:12:34:56");
    EXPECT_EQ(MacAddress::broadcast().to_string(), "ff:ff:ff:ff:ff:ff");
}

TEST(Arp, GratuitousRequestHasTheSpecifiedBytes) {
    EXPECT_EQ(built(gratuitous_request(kVip, kMac)),
              padded("ffffffffffff 525400123456 0806 0001 0800 06 04 0001 525400123456 c0a801f0 "
                     "ffffffffffff c0a801f0"));
}

// Differs from MetalLB's vector in one field: its target hardware address is broadcast
// (docs/compat.md).
TEST(Arp, GratuitousReplyNamesTheSenderAsTargetSoThatLinuxBelievesIt) {
    EXPECT_EQ(built(gratuitous_reply(kVip, kMac)),
              padded("ffffffffffff 525400123456 0806 0001 0800 06 04 0002 525400123456 c0a801f0 "
                     "525400123456 c0a801f0"));
}

TEST(Arp, ReplyHasTheSpecifiedBytes) {
    const auto request = parse_arp(bytes_of(kRequestHex));
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(built(reply_to(*request, kMac)),
              padded("0a0b0c0d0e0f 525400123456 0806 0001 0800 06 04 0002 525400123456 c0a801f0 "
                     "0a0b0c0d0e0f c0a80123"));
}

TEST(Arp, ParsesEveryField) {
    const auto request = parse_arp(padded(kRequestHex));
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->ethernet_destination, MacAddress::broadcast());
    EXPECT_EQ(request->ethernet_source, kClientMac);
    EXPECT_EQ(request->operation, kArpRequest);
    EXPECT_EQ(request->sender_mac, kClientMac);
    EXPECT_EQ(request->sender_ip, kClient);
    EXPECT_EQ(request->target_mac, MacAddress{});
    EXPECT_EQ(request->target_ip, kVip);
}

TEST(Arp, ReadsBackWhatItBuilds) {
    for (const ArpFrame& frame : {gratuitous_request(kVip, kMac), gratuitous_reply(kVip, kMac)}) {
        const auto parsed = parse_arp(build_arp(frame));
        ASSERT_TRUE(parsed.has_value());
        EXPECT_EQ(*parsed, frame);
    }
}

TEST(Arp, RepliesToThePayloadsSenderNotToTheEthernetSource) {
    auto request = parse_arp(bytes_of(kRequestHex));
    ASSERT_TRUE(request.has_value());
    request->ethernet_source = MacAddress{{2, 0, 0, 0, 0, 9}};
    EXPECT_EQ(reply_to(*request, kMac).ethernet_destination, kClientMac);
}

TEST(Arp, IgnoresWhatFollowsTheMeaning) {
    Bytes long_frame = bytes_of(kRequestHex);
    long_frame.resize(1500, 0xaa);
    EXPECT_TRUE(parse_arp(long_frame).has_value());
}

// Every prefix of a good frame is either too short or whole.
TEST(Arp, EveryShorterFrameIsTooShort) {
    const Bytes frame = bytes_of(kRequestHex);
    ASSERT_EQ(frame.size(), kArpMeaningSize);
    for (std::size_t size = 0; size < frame.size(); ++size) {
        const auto parsed = parse_arp(std::span(frame).first(size));
        ASSERT_FALSE(parsed.has_value());
        EXPECT_EQ(parsed.error(), ParseError::too_short);
    }
    EXPECT_TRUE(parse_arp(frame).has_value());
}

TEST(Arp, NamesWhatIsForeign) {
    struct Case {
        const char* sentence;
        std::size_t at;
        Bytes bytes;
        ParseError error;
    };

    const std::vector<Case> cases = {
        {"an 802.1Q tag", 12, {0x81, 0x00}, ParseError::vlan_tagged},
        {"an 802.1ad tag", 12, {0x88, 0xa8}, ParseError::vlan_tagged},
        {"an IPv4 packet", 12, {0x08, 0x00}, ParseError::not_arp},
        {"InfiniBand hardware", 14, {0x00, 0x20}, ParseError::not_ethernet},
        {"another protocol", 16, {0x86, 0xdd}, ParseError::not_ipv4},
        {"a hardware address of 8 bytes", 18, {8}, ParseError::address_lengths},
        {"a protocol address of 16 bytes", 19, {16}, ParseError::address_lengths},
    };
    for (const Case& c : cases) {
        Bytes frame = padded(kRequestHex);
        std::copy(c.bytes.begin(), c.bytes.end(), frame.begin() + static_cast<long>(c.at));
        const auto parsed = parse_arp(frame);
        ASSERT_FALSE(parsed.has_value()) << c.sentence;
        EXPECT_STREQ(to_string(parsed.error()), to_string(c.error)) << c.sentence;
    }
}

}  // namespace
}  // namespace ferro::layer2
