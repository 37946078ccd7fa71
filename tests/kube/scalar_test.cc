// Words: what YAML 1.1 makes of unquoted ones, Go's durations, near names.
#include "kube/wire/scalar.h"

#include "kube/wire/go_duration.h"
#include "kube/wire/near_name.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace ferro::kube {
namespace {

Node resolved(std::string_view text) {
    Node node;
    resolve_plain(text, node);
    return node;
}

TEST(ResolvePlain, KnowsTheBooleansOfYaml11) {
    for (const char* word : {"y", "Yes", "on", "TRUE"}) {
        EXPECT_EQ(resolved(word).type, NodeType::boolean) << word;
        EXPECT_TRUE(resolved(word).boolean) << word;
    }
    for (const char* word : {"n", "No", "off", "FALSE"}) {
        EXPECT_EQ(resolved(word).type, NodeType::boolean) << word;
        EXPECT_FALSE(resolved(word).boolean) << word;
    }
    EXPECT_EQ(resolved("yEs").type, NodeType::string);
}

TEST(ResolvePlain, ReadsNumbersAsGoDoes) {
    const std::pair<const char*, std::int64_t> whole[] = {{"0", 0},
                                                          {"+5", 5},
                                                          {"-12", -12},
                                                          {"010", 8},
                                                          {"08", 8},
                                                          {"0o10", 8},
                                                          {"0x1F", 31},
                                                          {"0b101", 5},
                                                          {"1_000", 1000},
                                                          {"5.0", 5},
                                                          {"1e3", 1000},
                                                          {"-9223372036854775808", INT64_MIN}};
    for (const auto& [text, value] : whole) {
        EXPECT_EQ(resolved(text).type, NodeType::integer) << text;
        EXPECT_EQ(resolved(text).integer, value) << text;
    }
    for (const char* text : {"1.5", ".5", "9223372036854775808", ".inf", "-.INF", ".NaN"}) {
        EXPECT_EQ(resolved(text).type, NodeType::number) << text;
    }
}

TEST(ResolvePlain, LeavesTheRestAsStrings) {
    for (const char* text : {"65000:100",
                             "10.0.0.1",
                             "10.0.0.0/24",
                             "2024-01-01",
                             "1.2.3",
                             "-",
                             "+",
                             ".",
                             "0x",
                             "1e400",
                             "1:30",
                             "-a",
                             "infinity"}) {
        EXPECT_EQ(resolved(text).type, NodeType::string) << text;
        EXPECT_EQ(resolved(text).text, text);
    }
}

TEST(GoDuration, TakesWhatParseDurationTakes) {
    const std::pair<const char*, std::int64_t> good[] = {{"90s", 90'000},
                                                         {"1m30s", 90'000},
                                                         {"1.5h", 5'400'000},
                                                         {"0", 0},
                                                         {"-0", 0},
                                                         {"1500us", 1},
                                                         {"-2s", -2'000},
                                                         {"+.5s", 500},
                                                         {"1.s", 1'000},
                                                         {"3\xC2\xB5s", 0},
                                                         {"2540400h", 9'145'440'000'000}};
    for (const auto& [text, value] : good) {
        EXPECT_EQ(parse_go_duration_ms(text), value) << text;
    }
    for (const char* text :
         {"", "90", "s", ".s", "1d", "1 s", "--1s", "1s ", "9999999999h", "3000000h", "1.2.3s"}) {
        EXPECT_EQ(parse_go_duration_ms(text), std::nullopt) << text;
    }
}

TEST(NearestName, IsTheOneWithFewestEditsWithinAThird) {
    EXPECT_EQ(nearest_name("adresses", {"addresses", "autoAssign"}), "addresses");
    EXPECT_EQ(nearest_name("AUTOASSIGN", {"addresses", "autoAssign"}), "autoAssign");
    EXPECT_EQ(nearest_name("psec", {"spec", "status"}), "spec");
    EXPECT_EQ(nearest_name("Pod", {"Node", "Service"}), "");
    EXPECT_EQ(nearest_name("", {"spec"}), "");
    EXPECT_EQ(nearest_name(std::string(1000, 'a'), {"spec"}), "");
}

}  // namespace
}  // namespace ferro::kube
