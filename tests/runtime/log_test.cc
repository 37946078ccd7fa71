// Log lines: MetalLB's shape, and one line of valid JSON whatever the texts hold.
#include "runtime/log.h"

#include <gtest/gtest.h>
#include <iconv.h>

#include <array>
#include <string>

namespace ferro::runtime {
namespace {

// What the call writes to stdout.
template <typename Call>
std::string written(Call call) {
    testing::internal::CaptureStdout();
    call();
    return testing::internal::GetCapturedStdout();
}

// Every digit becomes 9, so that lines compare: "log_test.cc:99", "9999-99-99T99:99:99Z".
std::string without_place_and_time(std::string line) {
    const auto mask = [&](const std::string& key, const std::string& shape, const char* word) {
        const std::size_t begin = line.find(key) + key.size();
        const std::size_t end = line.find('"', begin);
        std::string value = line.substr(begin, end - begin);
        for (char& c : value) {
            c = c >= '0' && c <= '9' ? '9' : c;
        }
        EXPECT_EQ(value, shape);
        line.replace(begin, end - begin, word);
    };
    mask("\"caller\":\"", "log_test.cc:99", "PLACE");
    mask("\"ts\":\"", "9999-99-99T99:99:99Z", "TIME");
    return line;
}

bool is_utf8(std::string text) {
    const iconv_t converter = ::iconv_open("UTF-32LE", "UTF-8");
    std::string out(4 * text.size() + 4, '\0');
    char* from = text.data();
    char* to = out.data();
    std::size_t from_left = text.size();
    std::size_t to_left = out.size();
    const bool ok =
        ::iconv(converter, &from, &from_left, &to, &to_left) != static_cast<std::size_t>(-1);
    ::iconv_close(converter);
    return ok && from_left == 0;
}

TEST(Log, WritesOneSortedJsonObjectALine) {
    const std::string line = written([] {
        log_info("service has IP, announcing",
                 {{"service", "default/web"}, {"event", "serviceAnnounced"}, {"ips", "10.0.0.1"}});
    });
    EXPECT_EQ(without_place_and_time(line),
              "{\"caller\":\"PLACE\",\"event\":\"serviceAnnounced\",\"ips\":\"10.0.0.1\","
              "\"level\":\"info\",\"msg\":\"service has IP, announcing\","
              "\"service\":\"default/web\",\"ts\":\"TIME\"}\n");
}

TEST(Log, EscapesWhatJsonWantsEscaped) {
    const std::string line =
        written([] { log_warn("a\"b\\c\nd\te\x01\x7F", {{"key \"k\"", "v"}}); });
    EXPECT_EQ(without_place_and_time(line),
              "{\"caller\":\"PLACE\",\"key \\\"k\\\"\":\"v\",\"level\":\"warn\","
              "\"msg\":\"a\\\"b\\\\c\\nd\\u0009e\\u0001\\u007f\",\"ts\":\"TIME\"}\n");
}

TEST(Log, ReplacesBytesThatAreNotUtf8AndKeepsTheRest) {
    const auto message_of = [](const std::string& text) {
        const std::string line = written([&] { log_info(text); });
        const std::size_t at = line.find("\"msg\":\"") + 7;
        return line.substr(at, line.find('"', at) - at);
    };
    EXPECT_EQ(message_of("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80"),
              "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80");
    EXPECT_EQ(message_of("a\xFF"
                         "b"),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(message_of("cut\xE2\x82"), "cut\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(message_of("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "overlong";
    EXPECT_EQ(message_of("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "surrogate";
}

TEST(Log, StaysOneLineOfUtf8ForEveryPairOfBytes) {
    std::string text;
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            text += static_cast<char>(first);
            text += static_cast<char>(second);
        }
    }
    const std::string line = written([&] { log_error("bytes", {{"reason", text}}); });
    EXPECT_TRUE(is_utf8(line));
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    for (const char c : line.substr(0, line.size() - 1)) {
        EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    }
}

TEST(Log, DropsLinesBelowTheLevel) {
    set_log_level(LogLevel::warn);
    EXPECT_EQ(written([] { log_info("quiet"); }), "");
    EXPECT_NE(written([] { log_warn("loud"); }), "");
    EXPECT_FALSE(log_enabled(LogLevel::info));
    set_log_level(LogLevel::none);
    EXPECT_EQ(written([] { log_error("quiet"); }), "");
    set_log_level(LogLevel::info);
}

TEST(Log, KnowsMetallbsLevelWords) {
    EXPECT_EQ(parse_log_level("all").value(), LogLevel::debug);
    EXPECT_EQ(parse_log_level("none").value(), LogLevel::none);
    EXPECT_EQ(parse_log_level("INFO").error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace ferro::runtime
