#include "core/ip/address.h"

#include <cstddef>

namespace ferro::ip {
namespace {

Error bad(std::string_view text, std::string_view why) {
    return Error{ErrorCode::invalid_input,
                 "\"" + std::string(text) + "\" is not an IP address: " + std::string(why)};
}

/// Four decimal octets, no leading zeros; the number, or why not.
Result<std::uint32_t> parse_dotted(std::string_view text, std::string_view whole) {
    std::uint32_t number = 0;
    std::size_t octets = 0;
    std::size_t at = 0;
    while (true) {
        std::uint32_t octet = 0;
        std::size_t digits = 0;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            if (digits == 1 && octet == 0) {
                return bad(whole, "IPv4 field has octet with leading zero");
            }
            octet = octet * 10 + static_cast<std::uint32_t>(text[at] - '0');
            if (octet > 255) {
                return bad(whole, "IPv4 field has value >255");
            }
            ++digits;
            ++at;
        }
        if (digits == 0) {
            return bad(whole, at < text.size() ? "unexpected character" : "IPv4 address too short");
        }
        number = (number << 8U) | octet;
        ++octets;
        if (at == text.size()) {
            break;
        }
        if (text[at] != '.') {
            return bad(whole, "unexpected character");
        }
        if (octets == 4) {
            return bad(whole, "IPv4 address too long");
        }
        ++at;
    }
    if (octets != 4) {
        return bad(whole, "IPv4 address too short");
    }
    return number;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/// The eight groups as one number; `count` groups were read, zeros go where the ellipsis stood.
U128 joined(const std::array<std::uint16_t, 8>& groups,
            std::size_t count,
            std::optional<std::size_t> ellipsis) {
    std::array<std::uint16_t, 8> full{};
    const std::size_t head = ellipsis.value_or(count);
    for (std::size_t i = 0; i < head; ++i) {
        full[i] = groups[i];
    }
    for (std::size_t i = head; i < count; ++i) {
        full[8 - count + i] = groups[i];
    }
    U128 number;
    for (std::size_t i = 0; i < 4; ++i) {
        number.hi = (number.hi << 16U) | full[i];
        number.lo = (number.lo << 16U) | full[i + 4];
    }
    return number;
}

Result<U128> parse_ipv6(std::string_view text) {
    std::array<std::uint16_t, 8> groups{};
    std::size_t count = 0;
    std::optional<std::size_t> ellipsis;
    std::size_t at = 0;
    if (text.starts_with("::")) {
        ellipsis = 0;
        at = 2;
    }
    while (at < text.size()) {
        if (count == 8) {
            return bad(text, "trailing garbage after address");
        }
        const std::size_t start = at;
        std::uint32_t group = 0;
        while (at < text.size() && hex_value(text[at]) >= 0) {
            if (at - start == 4) {
                return bad(text, "each group must have 4 or fewer digits");
            }
            group = (group << 4U) | static_cast<std::uint32_t>(hex_value(text[at]));
            ++at;
        }
        if (at == start) {
            return bad(text, "each colon-separated field must have at least one digit");
        }
        if (at < text.size() && text[at] == '.') {
            if (count > 6 || (!ellipsis && count != 6)) {
                return bad(text,
                           "embedded IPv4 address must replace the final 2 fields of the address");
            }
            TRY(const std::uint32_t tail, parse_dotted(text.substr(start), text));
            groups[count++] = static_cast<std::uint16_t>(tail >> 16U);
            groups[count++] = static_cast<std::uint16_t>(tail & 0xFFFFU);
            at = text.size();
            break;
        }
        groups[count++] = static_cast<std::uint16_t>(group);
        if (at == text.size()) {
            break;
        }
        if (text[at] != ':') {
            return bad(text,
                       text[at] == '%' ? "a zone is not allowed here"
                                       : "unexpected character, want colon");
        }
        ++at;
        if (at == text.size()) {
            return bad(text, "colon must be followed by more characters");
        }
        if (text[at] == ':') {
            if (ellipsis) {
                return bad(text, "multiple :: in address");
            }
            ellipsis = count;
            ++at;
        }
    }
    if (count < 8 && !ellipsis) {
        return bad(text, "address string too short");
    }
    if (count == 8 && ellipsis) {
        return bad(text, "the :: must expand to at least one field of zeros");
    }
    return joined(groups, count, ellipsis);
}

void append_hex(std::string& out, std::uint32_t group) {
    static constexpr char kDigits[] = "0123456789abcdef";
    bool started = false;
    for (unsigned shift = 16; shift > 0; shift -= 4) {
        const std::uint32_t nibble = (group >> (shift - 4)) & 0xFU;
        started = started || nibble != 0 || shift == 4;
        if (started) {
            out += kDigits[nibble];
        }
    }
}

}  // namespace

const char* to_string(Family family) {
    return family == Family::ipv4 ? "ipv4" : "ipv6";
}

Address Address::from_bytes(const std::array<std::uint8_t, 4>& bytes) {
    std::uint32_t number = 0;
    for (const std::uint8_t byte : bytes) {
        number = (number << 8U) | byte;
    }
    return from_ipv4(number);
}

Address Address::from_bytes(const std::array<std::uint8_t, 16>& bytes) {
    U128 number;
    for (std::size_t i = 0; i < 8; ++i) {
        number.hi = (number.hi << 8U) | bytes[i];
        number.lo = (number.lo << 8U) | bytes[i + 8];
    }
    return from_ipv6(number);
}

Result<Address> Address::parse(std::string_view text) {
    for (const char c : text) {
        if (c == '.') {
            TRY(const std::uint32_t number, parse_dotted(text, text));
            return from_ipv4(number);
        }
        if (c == ':') {
            TRY(const U128 number, parse_ipv6(text));
            if (number.hi == 0 && (number.lo >> 32U) == 0xFFFFU) {
                return from_ipv4(static_cast<std::uint32_t>(number.lo));
            }
            return from_ipv6(number);
        }
        if (c == '%') {
            return bad(text, "missing IPv6 address");
        }
    }
    return bad(text, text.empty() ? "it is empty" : "it has neither dots nor colons");
}

std::array<std::uint8_t, 4> Address::ipv4_bytes() const {
    std::array<std::uint8_t, 4> bytes{};
    for (std::size_t i = 0; i < 4; ++i) {
        bytes[i] = static_cast<std::uint8_t>(ipv4() >> (24U - 8U * i));
    }
    return bytes;
}

std::array<std::uint8_t, 16> Address::ipv6_bytes() const {
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::uint8_t>(number_.hi >> (56U - 8U * i));
        bytes[i + 8] = static_cast<std::uint8_t>(number_.lo >> (56U - 8U * i));
    }
    return bytes;
}

std::string Address::to_string() const {
    std::string out;
    if (is_ipv4()) {
        for (const std::uint8_t octet : ipv4_bytes()) {
            if (!out.empty()) {
                out += '.';
            }
            out += std::to_string(octet);
        }
        return out;
    }
    std::array<std::uint16_t, 8> groups{};
    for (std::size_t i = 0; i < 4; ++i) {
        groups[i] = static_cast<std::uint16_t>(number_.hi >> (48U - 16U * i));
        groups[i + 4] = static_cast<std::uint16_t>(number_.lo >> (48U - 16U * i));
    }
    std::size_t zero_start = 8;
    std::size_t zero_length = 1;  // RFC 5952 4.2.2: a single zero group is not compressed.
    for (std::size_t i = 0; i < 8;) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0) {
            ++end;
        }
        if (end - i > zero_length) {
            zero_start = i;
            zero_length = end - i;
        }
        i = end + 1;
    }
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == zero_start) {
            out += "::";
            i += zero_length - 1;
            continue;
        }
        if (i > 0 && !out.ends_with(':')) {
            out += ':';
        }
        append_hex(out, groups[i]);
    }
    return out;
}

}  // namespace ferro::ip
