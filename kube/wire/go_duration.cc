#include "kube/wire/go_duration.h"

#include <array>
#include <utility>

namespace ferro::kube {
namespace {

using Unit = std::pair<std::string_view, std::int64_t>;

// Longest first, so that "ms" is not taken for "m". The micro sign has two code points.
constexpr std::array<Unit, 8> kUnits{{{"\xC2\xB5s", 1'000},
                                      {"\xCE\xBCs", 1'000},
                                      {"ns", 1},
                                      {"us", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", 1'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"h", 3'600'000'000'000}}};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes a unit off the front; its nanoseconds, or 0.
std::int64_t take_unit(std::string_view& text) {
    for (const auto& [name, nanoseconds] : kUnits) {
        if (text.starts_with(name)) {
            text.remove_prefix(name.size());
            return nanoseconds;
        }
    }
    return 0;
}

}  // namespace

std::optional<std::int64_t> parse_go_duration_ms(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) {
        text.remove_prefix(1);
    }
    if (text == "0") {
        return 0;
    }
    if (text.empty()) {
        return std::nullopt;
    }
    constexpr std::int64_t kMax = INT64_MAX;
    std::int64_t total = 0;
    while (!text.empty()) {
        std::int64_t whole = 0;
        bool any = false;
        while (!text.empty() && is_digit(text.front())) {
            const std::int64_t digit = text.front() - '0';
            if (whole > (kMax - digit) / 10) {
                return std::nullopt;
            }
            whole = whole * 10 + digit;
            any = true;
            text.remove_prefix(1);
        }
        // Digits beyond 10^-15 of a unit cannot make a nanosecond of an hour.
        std::int64_t fraction = 0;
        std::int64_t scale = 1;
        if (text.starts_with('.')) {
            text.remove_prefix(1);
            for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
                any = true;
                if (scale < 1'000'000'000'000'000) {
                    fraction = fraction * 10 + (text.front() - '0');
                    scale *= 10;
                }
            }
        }
        const std::int64_t unit = any ? take_unit(text) : 0;
        if (unit == 0 || whole > kMax / unit) {
            return std::nullopt;
        }
        const auto part =
            static_cast<std::int64_t>(static_cast<double>(fraction) *
                                      (static_cast<double>(unit) / static_cast<double>(scale)));
        if (whole * unit > kMax - part || whole * unit + part > kMax - total) {
            return std::nullopt;
        }
        total += whole * unit + part;
    }
    return (negative ? -total : total) / 1'000'000;
}

}  // namespace ferro::kube
