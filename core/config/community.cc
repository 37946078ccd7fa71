#include "core/config/community.h"

#include <charconv>
#include <vector>

namespace ferro::config {
namespace {

std::vector<std::string_view> split_at_colons(std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t colon = text.find(':');
        parts.push_back(text.substr(0, colon));
        if (colon == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(colon + 1);
    }
}

Error invalid(const std::string& message, std::string_view text) {
    return Error{ErrorCode::invalid_input, message + ": " + std::string(text)};
}

}  // namespace

Result<BgpCommunity> parse_community(std::string_view text) {
    std::vector<std::string_view> parts = split_at_colons(text);
    if (parts.size() != 2 && parts.size() != 4) {
        return invalid("invalid community format", text);
    }
    BgpCommunity community;
    community.large = parts.size() == 4;
    if (community.large) {
        if (parts[0] != "large") {
            return invalid("invalid community marker, expected community to be of format large",
                           text);
        }
        parts.erase(parts.begin());
    }
    const std::uint32_t most = community.large ? UINT32_MAX : UINT16_MAX;
    for (const std::string_view part : parts) {
        std::uint32_t number = 0;
        const auto [end, failed] = std::from_chars(part.data(), part.data() + part.size(), number);
        if (failed != std::errc() || end != part.data() + part.size() || number > most) {
            return invalid("invalid community value: invalid section \"" + std::string(part) + '"',
                           text);
        }
        community.parts.push_back(number);
    }
    return community;
}

}  // namespace ferro::config
