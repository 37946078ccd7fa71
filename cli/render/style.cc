#include "cli/render/style.h"

#include <array>
#include <ctime>

namespace ferro::cli {

std::string toned(const Style& style, Tone tone, const std::string& text) {
    if (!style.colour || tone == Tone::plain || text.empty()) {
        return text;
    }
    const char* code = "";
    switch (tone) {
        case Tone::good:
            code = "\x1b[32m";
            break;
        case Tone::warn:
            code = "\x1b[33m";
            break;
        case Tone::bad:
            code = "\x1b[31m";
            break;
        case Tone::dim:
            code = "\x1b[2m";
            break;
        case Tone::bold:
            code = "\x1b[1m";
            break;
        case Tone::plain:
            break;
    }
    return code + text + "\x1b[0m";
}

std::size_t display_width(const std::string& text) {
    std::size_t width = 0;
    for (const char c : text) {
        width += (static_cast<unsigned char>(c) & 0xC0U) == 0x80U ? 0 : 1;
    }
    return width;
}

std::string age(std::int64_t milliseconds) {
    const std::int64_t seconds = milliseconds / 1000;
    if (milliseconds > 0 && milliseconds < 1000) {
        return std::to_string(milliseconds) + "ms";
    }
    if (seconds < 1) {
        return "0s";
    }
    constexpr std::array<std::int64_t, 4> kSizes{86400, 3600, 60, 1};
    constexpr std::array<char, 4> kLetters{'d', 'h', 'm', 's'};
    for (std::size_t unit = 0; unit < kSizes.size(); ++unit) {
        if (seconds < kSizes[unit]) {
            continue;
        }
        std::string text = std::to_string(seconds / kSizes[unit]) + kLetters[unit];
        if (unit + 1 < kSizes.size() && seconds % kSizes[unit] >= kSizes[unit + 1]) {
            text += std::to_string(seconds % kSizes[unit] / kSizes[unit + 1]) + kLetters[unit + 1];
        }
        return text;
    }
    return "0s";
}

std::string timestamp(std::int64_t unix_ms) {
    const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1000);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return {text.data(), length};
}

}  // namespace ferro::cli
