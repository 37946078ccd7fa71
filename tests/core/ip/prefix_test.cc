// CIDR and range text as MetalLB reads it (Go's net.ParseCIDR, net.ParseIP and a 16-byte compare),
// and the minimal prefixes of a range. The expected values follow from the rules in spec 8.4.
#include "core/ip/prefix.h"

#include "core/base/prng.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace ferro::ip {
namespace {

std::string cidr(const std::string& text) {
    const auto parsed = Prefix::parse(text);
    return parsed ? parsed->to_string() : "refused";
}

/// The prefixes of a pool item, separated by blanks.
std::string item(const std::string& text) {
    const auto parsed = parse_pool_item(text);
    if (!parsed) {
        return "refused";
    }
    std::string joined;
    for (const Prefix& prefix : *parsed) {
        joined += (joined.empty() ? "" : " ") + prefix.to_string();
    }
    return joined;
}

Address ipv4(std::uint32_t number) {
    return Address::from_ipv4(number);
}

TEST(Prefix, ReadsWhatGoReads) {
    const std::pair<const char*, const char*> cases[] = {
        {"192.168.10.0/24", "192.168.10.0/24"},
        {"10.0.0.5/24", "10.0.0.0/24"},
        {"10.0.0.5/32", "10.0.0.5/32"},
        {"1.2.3.4/0", "0.0.0.0/0"},
        {"10.0.0.0/008", "10.0.0.0/8"},
        {"FC00::1/64", "fc00::/64"},
        {"::/0", "::/0"},
        {"::1/128", "::1/128"},
        {"::ffff:10.0.0.5/120", "10.0.0.0/24"},
        {"::ffff:10.0.0.5/96", "0.0.0.0/0"},
        {"::ffff:10.0.0.5/90", "::ffc0:0:0/90"},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(cidr(text), expected) << text;
    }
}

TEST(Prefix, RefusesWhatGoRefuses) {
    for (const char* text : {"",
                             "/",
                             "10.0.0.1",
                             "10.0.0.0/",
                             "10.0.0.0/33",
                             "10.0.0.0/-1",
                             "10.0.0.0/+8",
                             "10.0.0.0/8 ",
                             " 10.0.0.0/8",
                             "10.0.0.0/8/8",
                             "10.0.0/8",
                             "10.0.0.0/0x8",
                             "10.0.0.0/99999999999999999999",
                             "::/129",
                             "::ffff:10.0.0.0/129",
                             "fe80::1%eth0/64",
                             "hello/8"}) {
        const auto parsed = Prefix::parse(text);
        EXPECT_FALSE(parsed) << text;
        if (!parsed) {
            EXPECT_EQ(parsed.error().code, ErrorCode::invalid_input);
            EXPECT_EQ(parsed.error().context.rfind("invalid CIDR", 0), 0U)
                << parsed.error().context;
        }
    }
}

TEST(PoolItem, ReadsRangesWithBlanksAndExpandsThemMinimally) {
    const std::pair<const char*, const char*> cases[] = {
        {"192.168.1.240-192.168.1.250", "192.168.1.240/29 192.168.1.248/31 192.168.1.250/32"},
        {"10.0.0.1 - 10.0.0.1", "10.0.0.1/32"},
        {" 10.0.0.0\t-\n10.0.0.255 ", "10.0.0.0/24"},
        {"0.0.0.0-255.255.255.255", "0.0.0.0/0"},
        {"::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"},
        {"fc00::-fc00::2", "fc00::/127 fc00::2/128"},
        {"::ffff:10.0.0.1-10.0.0.2", "10.0.0.1/32 10.0.0.2/32"},
        {"1.2.3.0/24", "1.2.3.0/24"},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(item(text), expected) << text;
    }
}

TEST(PoolItem, ComparesEndsOfTwoFamiliesAsSixteenBytes) {
    // 10.0.0.1 is ::ffff:10.0.0.1 there: above ::1, below fc00::.
    EXPECT_EQ(item("10.0.0.1-fc00::1"), "");
    EXPECT_EQ(item("::1-10.0.0.1"), "");
    EXPECT_EQ(item("10.0.0.1-::1"), "refused");
    EXPECT_EQ(item("fc00::1-10.0.0.1"), "refused");
    EXPECT_EQ(item("::ffff:0:1:0-10.0.0.1"), "refused");
    EXPECT_EQ(item("::fffe:0:0-0.0.0.0"), "");
}

TEST(PoolItem, RefusesBackwardAndBrokenRanges) {
    for (const char* text : {"-",
                             "10.0.0.1-",
                             "-10.0.0.1",
                             "10.0.0.2-10.0.0.1",
                             "fc00::2-fc00::1",
                             "10.0.0.1-10.0.0.2-10.0.0.3",
                             "10.0.0.0/24-10.0.1.0",
                             "10.0.0.1 10.0.0.2",
                             "10.0.0.1"}) {
        EXPECT_EQ(item(text), "refused") << text;
    }
}

/// Every range of a space of 64 addresses: the prefixes follow each other without a gap, from first
/// to last, and no two of them could be one.
TEST(PrefixesOf, AreMinimalAndExactForEveryRangeOfASmallSpace) {
    const std::uint32_t base = 0x0A0000C0;
    for (std::uint32_t first = 0; first < 64; ++first) {
        for (std::uint32_t last = first; last < 64; ++last) {
            const auto prefixes = prefixes_of(Range(ipv4(base + first), ipv4(base + last)));
            std::uint32_t next = base + first;
            for (std::size_t i = 0; i < prefixes.size(); ++i) {
                ASSERT_EQ(prefixes[i].range().first().ipv4(), next);
                next = prefixes[i].range().last().ipv4() + 1;
                const bool mergeable = i > 0 && prefixes[i].length() == prefixes[i - 1].length() &&
                                       Prefix(prefixes[i].address(), prefixes[i].length() - 1)
                                           .contains(prefixes[i - 1].address());
                ASSERT_FALSE(mergeable) << first << "-" << last;
            }
            ASSERT_EQ(next, base + last + 1);
        }
    }
}

TEST(PrefixesOf, CoverRandomIpv6RangesExactly) {
    Prng prng(6);
    for (int round = 0; round < 2000; ++round) {
        const U128 a{prng.next() >> prng.below(64), prng.next() >> prng.below(64)};
        const U128 b{prng.next() >> prng.below(64), prng.next() >> prng.below(64)};
        const Range range(Address::from_ipv6(std::min(a, b)), Address::from_ipv6(std::max(a, b)));
        const auto prefixes = prefixes_of(range);
        ASSERT_LE(prefixes.size(), 254U);
        Address next = range.first();
        for (const Prefix& prefix : prefixes) {
            ASSERT_EQ(prefix.range().first(), next);
            ASSERT_EQ(prefix.address(), prefix.range().first());
            next = prefix.range().last().successor().value_or(next);
        }
        ASSERT_EQ(prefixes.back().range().last(), range.last());
    }
}

TEST(Range, CountsItsAddressesAndSaturates) {
    EXPECT_EQ(Prefix::parse("10.0.0.0/8")->range().size(), U128{1U << 24U});
    EXPECT_EQ(Prefix::parse("fc00::/64")->range().size(), U128::power_of_two(64));
    EXPECT_EQ(Prefix::parse("::/0")->range().size(), U128::max());
    EXPECT_EQ(saturate_to_int64(Prefix::parse("fc00::/65")->range().size()), INT64_MAX);
    EXPECT_EQ(saturate_to_int64(Prefix::parse("fc00::/66")->range().size()),
              std::int64_t{1} << 62U);
}

}  // namespace
}  // namespace ferro::ip
