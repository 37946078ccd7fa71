// How to print: decided once, by whoever knows the terminal, and handed to all that renders.
#pragma once

#include "core/base/instant.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ferro::cli {

enum class Tone : std::uint8_t { plain, good, warn, bad, dim, bold };

struct Style {
    bool colour = false;
    bool wide = false;          ///< every column, no wrapping
    std::size_t columns = 100;  ///< width that tables try to keep to
    WallTime now;               ///< for "since"
};

/// The text in that tone, if there is colour.
std::string toned(const Style& style, Tone tone, const std::string& text);

/// Columns on a terminal, taking every code point for one.
std::size_t display_width(const std::string& text);

/// "3m12s", "2d4h", "850ms": two units at most. Negative is "0s".
std::string age(std::int64_t milliseconds);

/// "2026-11-22T17:45:00Z"
std::string timestamp(std::int64_t unix_ms);

/// "a, b, c"
template <typename Texts>
std::string comma_list(const Texts& texts) {
    std::string list;
    for (const auto& text : texts) {
        list += (list.empty() ? "" : ", ") + std::string(text);
    }
    return list;
}

}  // namespace ferro::cli
