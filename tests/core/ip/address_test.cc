// Address text as Go's netip reads and prints it.
#include "core/ip/address.h"

#include "core/base/prng.h"

#include <gtest/gtest.h>

#include <iterator>
#include <string>

namespace ferro::ip {
namespace {

std::string round_trip(const std::string& text) {
    const auto parsed = Address::parse(text);
    return parsed ? parsed->to_string() : "refused";
}

TEST(Address, PrintsTheCanonicalForm) {
    EXPECT_EQ(round_trip("192.168.1.240"), "192.168.1.240");
    EXPECT_EQ(round_trip("FC00:F853:0CCD:E799:0000:0000:0000:0000"), "fc00:f853:ccd:e799::");
    EXPECT_EQ(round_trip("1:0:0:2:0:0:0:3"), "1:0:0:2::3");
    EXPECT_EQ(round_trip("1:0:2:3:4:5:6:7"), "1:0:2:3:4:5:6:7");
    EXPECT_EQ(round_trip("::"), "::");
    EXPECT_EQ(round_trip("::1.2.3.4"), "::102:304");
    EXPECT_EQ(round_trip("::ffff:10.0.0.1"), "10.0.0.1");
}

TEST(Address, RefusesWhatGoRefuses) {
    for (const char* text : {"",
                             "1.2.3",
                             "1.2.3.4.5",
                             "01.2.3.4",
                             "256.1.1.1",
                             "1..2.3",
                             ":1",
                             "1:",
                             "::1::",
                             "1:2:3:4:5:6:7:8:9",
                             "12345::",
                             "fe80::1%eth0",
                             "1.2.3.4 ",
                             "hello",
                             "::1.2.3",
                             "1:2:3:4:5:6:7::8",
                             "1.2.3.4:"}) {
        EXPECT_EQ(round_trip(text), "refused") << text;
    }
}

TEST(Address, TakesTheWholeOfRfc4291) {
    EXPECT_EQ(round_trip("::ffff:0:1"), "0.0.0.1");
    EXPECT_EQ(round_trip("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
    EXPECT_EQ(round_trip("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
    EXPECT_EQ(round_trip("::2:3:4:5:6:7:8"), "0:2:3:4:5:6:7:8");
    EXPECT_EQ(round_trip("0:0:1:0:0:0:1:0"), "0:0:1::1:0");
    EXPECT_EQ(round_trip("1:0:0:2:3:0:0:4"), "1::2:3:0:0:4");
    EXPECT_EQ(round_trip("000a::"), "a::");
}

/// Every byte put at every place of good texts: what is accepted prints and reads back as itself.
TEST(Address, WhatIsAcceptedReadsBackAfterAnyOneByteChange) {
    for (const std::string& good : {std::string("10.255.0.9"),
                                    std::string("::ffff:1.2.3.4"),
                                    std::string("fe80::1:0:0:a"),
                                    std::string("1:2:3:4:5:6:7:8")}) {
        for (std::size_t at = 0; at < good.size(); ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text = good;
                text[at] = static_cast<char>(byte);
                const auto parsed = Address::parse(text);
                if (parsed) {
                    const auto again = Address::parse(parsed->to_string());
                    ASSERT_TRUE(again) << text;
                    ASSERT_EQ(*again, *parsed) << text;
                }
            }
        }
    }
}

TEST(Address, RandomNumbersReadBackFromTheirTexts) {
    Prng prng(4);
    for (int round = 0; round < 20000; ++round) {
        const Address ipv4 = Address::from_ipv4(static_cast<std::uint32_t>(prng.next()));
        ASSERT_EQ(Address::parse(ipv4.to_string()).value(), ipv4);
        ASSERT_EQ(Address::from_bytes(ipv4.ipv4_bytes()), ipv4);
        // Groups are often zero, so that compression is seen.
        U128 number{prng.next(), prng.next()};
        for (unsigned group = 0; group < 8; ++group) {
            if (prng.chance(50)) {
                const U128 hole = group < 4 ? U128{0xFFFFULL << (16U * group), 0}
                                            : U128{0, 0xFFFFULL << (16U * (group - 4))};
                number = number & ~hole;
            }
        }
        const Address ipv6 = Address::from_ipv6(number);
        if (number.hi != 0 || (number.lo >> 32U) != 0xFFFFU) {
            ASSERT_EQ(Address::parse(ipv6.to_string()).value(), ipv6) << ipv6.to_string();
        }
        ASSERT_EQ(Address::from_bytes(ipv6.ipv6_bytes()), ipv6);
    }
}

TEST(Address, IsOrderedIpv4FirstThenByNumber) {
    const char* const ascending[] = {
        "0.0.0.0", "9.0.0.0", "10.0.0.0", "255.255.255.255", "::", "::1", "fc00::", "ffff::"};
    for (std::size_t i = 1; i < std::size(ascending); ++i) {
        EXPECT_LT(*Address::parse(ascending[i - 1]), *Address::parse(ascending[i]));
    }
}

TEST(Address, HasNeighboursWithinItsFamily) {
    EXPECT_EQ(Address::parse("10.0.0.255")->successor()->to_string(), "10.0.1.0");
    EXPECT_EQ(Address::parse("fc00::ffff:ffff:ffff:ffff")->successor()->to_string(),
              "fc00:0:0:1::");
    EXPECT_EQ(Address::parse("fc00:0:0:1::")->predecessor()->to_string(),
              "fc00::ffff:ffff:ffff:ffff");
    EXPECT_EQ(Address::parse("255.255.255.255")->successor(), std::nullopt);
    EXPECT_EQ(Address::parse("0.0.0.0")->predecessor(), std::nullopt);
    EXPECT_EQ(Address::parse("::")->predecessor(), std::nullopt);
    EXPECT_EQ(Address::parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")->successor(), std::nullopt);
}

TEST(Address, KnowsTheBuggyAndTheLinkLocalOnes) {
    EXPECT_TRUE(Address::parse("10.0.0.0")->is_buggy());
    EXPECT_TRUE(Address::parse("10.0.0.255")->is_buggy());
    EXPECT_FALSE(Address::parse("10.0.0.1")->is_buggy());
    EXPECT_FALSE(Address::parse("fc00::")->is_buggy());
    EXPECT_TRUE(Address::parse("fe80::1")->is_link_local_ipv6());
    EXPECT_TRUE(Address::parse("febf::1")->is_link_local_ipv6());
    EXPECT_FALSE(Address::parse("fec0::1")->is_link_local_ipv6());
}

TEST(U128, PrintsDecimalDigits) {
    EXPECT_EQ(to_string(U128{0}), "0");
    EXPECT_EQ(to_string(U128::power_of_two(64)), "18446744073709551616");
    EXPECT_EQ(to_string(U128::max()), "340282366920938463463374607431768211455");
}

}  // namespace
}  // namespace ferro::ip
