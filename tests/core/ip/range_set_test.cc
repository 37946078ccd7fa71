// RangeSet against the obvious: a table of single addresses. Edits are drawn from a seed, in small
// spaces at the ends of both families, where arithmetic likes to wrap.
#include "core/ip/range_set.h"

#include "core/base/prng.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace ferro::ip {
namespace {

Range range(const std::string& text) {
    const std::size_t dash = text.find('-');
    return Range(*Address::parse(text.substr(0, dash)), *Address::parse(text.substr(dash + 1)));
}

std::string text(const RangeSet& set) {
    std::string joined;
    for (const Range& each : set.ranges()) {
        joined +=
            (joined.empty() ? "" : " ") + each.first().to_string() + "-" + each.last().to_string();
    }
    return joined;
}

TEST(RangeSet, MergesRangesThatTouch) {
    RangeSet set;
    set.insert(range("10.0.0.1-10.0.0.2"));
    set.insert(range("10.0.0.4-10.0.0.5"));
    EXPECT_EQ(text(set), "10.0.0.1-10.0.0.2 10.0.0.4-10.0.0.5");
    set.insert(*Address::parse("10.0.0.3"));
    EXPECT_EQ(text(set), "10.0.0.1-10.0.0.5");
    EXPECT_EQ(set.size(Family::ipv4), U128{5});
}

TEST(RangeSet, SplitsARangeWhenItsMiddleIsErased) {
    RangeSet set;
    set.insert(range("10.0.0.1-10.0.0.9"));
    set.erase(range("10.0.0.4-10.0.0.6"));
    EXPECT_EQ(text(set), "10.0.0.1-10.0.0.3 10.0.0.7-10.0.0.9");
    set.erase(range("0.0.0.0-255.255.255.255"));
    EXPECT_TRUE(set.empty());
    EXPECT_EQ(set.size(Family::ipv4), U128{0});
}

TEST(RangeSet, NeverJoinsTheLastIpv4WithTheFirstIpv6) {
    RangeSet set;
    set.insert(range("255.255.255.255-255.255.255.255"));
    set.insert(range("::-::"));
    EXPECT_EQ(set.range_count(), 2U);
    EXPECT_EQ(set.next_free_at_or_after(*Address::parse("255.255.255.255")), std::nullopt);
    EXPECT_EQ(set.next_free_at_or_after(*Address::parse("::")), Address::parse("::1").value());
}

TEST(RangeSet, HoldsWholeFamilies) {
    RangeSet set;
    set.insert(Prefix::parse("::/0")->range());
    set.insert(Prefix::parse("0.0.0.0/0")->range());
    EXPECT_EQ(set.size(Family::ipv6), U128::max());
    EXPECT_EQ(set.size(Family::ipv4), U128{1ULL << 32U});
    EXPECT_EQ(set.first_gap(Prefix::parse("fc00::/7")->range()), std::nullopt);
    set.erase(*Address::parse("::"));
    EXPECT_EQ(set.size(Family::ipv6), U128::max());
    EXPECT_EQ(set.first_gap(Prefix::parse("::/0")->range()), Address::parse("::").value());
    set.erase(Prefix::parse("::/0")->range());
    EXPECT_EQ(set.size(Family::ipv6), U128{0});
}

TEST(RangeSet, FindsTheFirstGapInsideARangeOnly) {
    RangeSet set;
    set.insert(range("10.0.0.1-10.0.0.4"));
    EXPECT_EQ(set.first_gap(range("10.0.0.2-10.0.0.9")), Address::parse("10.0.0.5").value());
    EXPECT_EQ(set.first_gap(range("10.0.0.2-10.0.0.4")), std::nullopt);
    EXPECT_EQ(set.first_gap(range("10.0.0.9-10.0.0.9")), Address::parse("10.0.0.9").value());
}

/// The slow and obvious set: one flag for each of 64 addresses that start at `base`.
class Flags {
  public:
    explicit Flags(Address base) : base_(base) {}

    [[nodiscard]] Address at(std::uint64_t index) const {
        return Address::from_number(base_.family(), base_.number() + U128{index});
    }

    void set(std::uint64_t first, std::uint64_t last, bool value) {
        for (std::uint64_t i = first; i <= last; ++i) {
            flags_.at(i) = value;
        }
    }

    void expect_same(const RangeSet& set) const {
        std::uint64_t count = 0;
        for (std::uint64_t i = 0; i < kSize; ++i) {
            count += flags_.at(i) ? 1U : 0U;
            ASSERT_EQ(set.contains(at(i)), flags_.at(i)) << at(i).to_string();
            ASSERT_EQ(set.first_gap(Range(at(i), at(kSize - 1))), free_from(i));
        }
        ASSERT_EQ(set.size(base_.family()), U128{count});
        ASSERT_EQ(set.range_count(), runs());
    }

    void expect_same_answers(const RangeSet& set, std::uint64_t first, std::uint64_t last) const {
        std::uint64_t inside = 0;
        for (std::uint64_t i = first; i <= last; ++i) {
            inside += flags_.at(i) ? 1U : 0U;
        }
        const Range range(at(first), at(last));
        ASSERT_EQ(set.contains(range), inside == last - first + 1);
        ASSERT_EQ(set.overlaps(range), inside > 0);
    }

    static constexpr std::uint64_t kSize = 64;

  private:
    [[nodiscard]] std::optional<Address> free_from(std::uint64_t index) const {
        for (std::uint64_t i = index; i < kSize; ++i) {
            if (!flags_.at(i)) {
                return at(i);
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::size_t runs() const {
        std::size_t count = 0;
        for (std::uint64_t i = 0; i < kSize; ++i) {
            count += flags_.at(i) && (i == 0 || !flags_.at(i - 1)) ? 1U : 0U;
        }
        return count;
    }

    Address base_;
    std::array<bool, kSize> flags_{};
};

TEST(RangeSet, AgreesWithATableOfFlagsUnderRandomEdits) {
    const char* const bases[] = {"0.0.0.0",
                                 "255.255.255.192",
                                 "10.0.0.224",
                                 "::",
                                 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffc0",
                                 "fc00::ffff:ffff:ffff:ffe0"};
    for (const char* base : bases) {
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            Prng prng(seed);
            Flags flags(*Address::parse(base));
            RangeSet set;
            for (int step = 0; step < 60; ++step) {
                const std::uint64_t a = prng.below(Flags::kSize);
                const std::uint64_t b = std::min(a + prng.below(12), Flags::kSize - 1);
                const bool adds = prng.chance(60);
                flags.set(a, b, adds);
                const Range edit(flags.at(a), flags.at(b));
                adds ? set.insert(edit) : set.erase(edit);
                flags.expect_same(set);
                const std::uint64_t c = prng.below(Flags::kSize);
                flags.expect_same_answers(set, c, std::min(c + prng.below(12), Flags::kSize - 1));
            }
            ASSERT_FALSE(testing::Test::HasFailure()) << base << " seed " << seed;
        }
    }
}

/// Two sets of the same addresses are equal, whatever the edits that led there.
TEST(RangeSet, DependsOnItsAddressesOnly) {
    for (unsigned bits = 0; bits < 256; ++bits) {
        RangeSet upwards;
        RangeSet carved;
        carved.insert(range("10.0.0.0-10.0.0.7"));
        for (std::uint32_t i = 0; i < 8; ++i) {
            const Address address = Address::from_ipv4(0x0A000000 + i);
            if (((bits >> i) & 1U) != 0) {
                upwards.insert(address);
            } else {
                carved.erase(address);
            }
        }
        ASSERT_EQ(upwards, carved) << bits;
    }
}

}  // namespace
}  // namespace ferro::ip
