// Address text as Go's netip reads and prints it.
#include "core/ip/address.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace ferro::ip
