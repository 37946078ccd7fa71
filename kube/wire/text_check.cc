#include "kube/wire/text_check.h"

#include "kube/wire/manifest.h"

#include <algorithm>

namespace ferro::kube {
namespace {

Mark mark_at(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
    return {static_cast<std::uint32_t>(lines + 1), static_cast<std::uint32_t>(at - line_begin + 1)};
}

std::uint8_t byte_at(std::string_view text, std::size_t at) {
    return static_cast<std::uint8_t>(text[at]);
}

/// Bytes of the UTF-8 character at `at` (RFC 3629: shortest form, no surrogates), or 0.
std::size_t utf8_length(std::string_view text, std::size_t at) {
    const std::uint8_t first = byte_at(text, at);
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xC2 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length > text.size() - at) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(text, at + i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    if (length > 2) {
        const std::uint8_t second = byte_at(text, at + 1);
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
            (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
            return 0;
        }
    }
    return length;
}

bool holds_text(std::string_view part) {
    for (std::size_t begin = 0; begin < part.size();) {
        const std::size_t end = std::min(part.find('\n', begin), part.size());
        std::string_view line = part.substr(begin, end - begin);
        if (line.starts_with("---") || line.starts_with("...")) {
            line.remove_prefix(3);
        }
        const std::size_t word = line.find_first_not_of(" \t\r");
        if (word != std::string_view::npos && line[word] != '#' &&
            !(word == 0 && line[word] == '%')) {
            return true;
        }
        begin = end + 1;
    }
    return false;
}

}  // namespace

std::optional<TextProblem> check_text(std::string_view text) {
    if (text.size() > kManifestBytesMax) {
        return TextProblem{Rule::file_too_large,
                           {},
                           "the file has " + std::to_string(text.size()) + " bytes, more than " +
                               std::to_string(kManifestBytesMax),
                           "split it"};
    }
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        return TextProblem{
            Rule::invalid_utf8, {1, 1}, "the text is UTF-16, not UTF-8", "save it as UTF-8"};
    }
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '\0') {
            return TextProblem{
                Rule::nul_byte, mark_at(text, at), "a NUL byte", "save the file as text"};
        }
        const std::size_t length = utf8_length(text, at);
        if (length == 0) {
            return TextProblem{Rule::invalid_utf8,
                               mark_at(text, at),
                               "bytes that are not UTF-8",
                               "save it as UTF-8"};
        }
        at += length;
    }
    return std::nullopt;
}

std::vector<TextPart> split_documents(std::string_view text) {
    std::vector<TextPart> parts;
    std::size_t part_begin = 0;
    std::uint32_t part_line = 1;
    std::uint32_t line = 1;
    const auto end_part = [&](std::size_t end) {
        const std::string_view part = text.substr(part_begin, end - part_begin);
        if (holds_text(part)) {
            parts.push_back(TextPart{part, part_line});
        }
        part_begin = end;
        part_line = line;
    };
    for (std::size_t begin = 0; begin < text.size(); ++line) {
        const std::string_view rest = text.substr(begin);
        if (begin > part_begin && rest.starts_with("---") &&
            (rest.size() == 3 ||
             std::string_view(" \t\r\n").find(rest[3]) != std::string_view::npos)) {
            end_part(begin);
        }
        const std::size_t end = text.find('\n', begin);
        begin = end == std::string_view::npos ? text.size() : end + 1;
    }
    end_part(text.size());
    return parts;
}

std::string_view line_of(std::string_view text, std::uint32_t line) {
    std::size_t begin = 0;
    for (; line > 1 && begin < text.size(); --line) {
        const std::size_t end = text.find('\n', begin);
        begin = end == std::string_view::npos ? text.size() : end + 1;
    }
    return text.substr(begin, std::min(text.find('\n', begin), text.size()) - begin);
}

}  // namespace ferro::kube
