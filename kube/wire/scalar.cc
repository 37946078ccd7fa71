#include "kube/wire/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

namespace ferro::kube {
namespace {

constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 11> kTrues{
    "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
constexpr std::array<std::string_view, 11> kFalses{
    "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 12> kNotFinite{".inf",
                                                      ".Inf",
                                                      ".INF",
                                                      "+.inf",
                                                      "+.Inf",
                                                      "+.INF",
                                                      "-.inf",
                                                      "-.Inf",
                                                      "-.INF",
                                                      ".nan",
                                                      ".NaN",
                                                      ".NAN"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& words, std::string_view text) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

/// Go's strconv.ParseInt(text, 0, 64): a sign, then 0x, 0o, 0b, 0 (octal) or decimal digits.
std::optional<std::int64_t> parse_integer(std::string_view text) {
    const bool negative = !text.empty() && text.front() == '-';
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        text.remove_prefix(1);
    }
    int base = 10;
    if (text.size() > 1 && text.front() == '0') {
        const char mark = text[1];
        base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
        text.remove_prefix(mark >= '0' && mark <= '9' ? 1 : 2);
    }
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, base);
    if (text.empty() || error != std::errc{} || stop != end) {
        return std::nullopt;
    }
    const auto limit = static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1U : 0U);
    if (value > limit) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(negative ? ~value + 1 : value);
}

/// go-yaml's form of a float: digits with at most one point, and an exponent.
std::optional<double> parse_float(std::string_view text) {
    std::string_view rest = text;
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
        rest.remove_prefix(1);
    }
    if (rest.empty() || rest.find_first_not_of("0123456789.eE+-") != std::string_view::npos ||
        (rest.front() != '.' && (rest.front() < '0' || rest.front() > '9')) ||
        (rest.front() == '.' && (rest.size() < 2 || rest[1] < '0' || rest[1] > '9'))) {
        return std::nullopt;
    }
    double value = 0;
    const char* const end = rest.data() + rest.size();
    const auto [stop, error] = std::from_chars(rest.data(), end, value);
    if (stop != end || error != std::errc{}) {
        return std::nullopt;
    }
    return text.front() == '-' ? -value : value;
}

void resolve_number(std::string_view text, Node& node) {
    std::string digits(text);
    std::erase(digits, '_');
    if (const auto integer = parse_integer(digits)) {
        node.type = NodeType::integer;
        node.integer = *integer;
        return;
    }
    const auto number = parse_float(digits);
    if (!number) {
        return;
    }
    node.type = NodeType::number;
    // On the way to JSON Go writes 5.0 as 5, which then is a whole number for the API server.
    constexpr double kExact = 9007199254740992.0;  // 2^53
    if (std::abs(*number) <= kExact && std::trunc(*number) == *number) {
        node.type = NodeType::integer;
        node.integer = static_cast<std::int64_t>(*number);
    }
}

}  // namespace

void resolve_plain(std::string_view text, Node& node) {
    node.text = std::string(text);
    node.type = NodeType::string;
    if (one_of(kNulls, text)) {
        node.type = NodeType::null;
    } else if (one_of(kTrues, text) || one_of(kFalses, text)) {
        node.type = NodeType::boolean;
        node.boolean = one_of(kTrues, text);
    } else if (one_of(kNotFinite, text)) {
        node.type = NodeType::number;
    } else if (const char first = text.front();
               (first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.') {
        resolve_number(text, node);
    }
}

}  // namespace ferro::kube
