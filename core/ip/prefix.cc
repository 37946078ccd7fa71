#include "core/ip/prefix.h"

#include "core/base/check.h"

#include <algorithm>
#include <optional>

namespace ferro::ip {
namespace {

/// The upper half of ::ffff:0:0/96, in the low word.
constexpr std::uint64_t kMappedPrefix = 0xFFFF00000000ULL;

U128 host_mask(Family family, unsigned length) {
    return U128::low_mask(bits_of(family) - length);
}

/// White space as Go's strings.TrimSpace sees it, its ASCII part.
std::string_view trim_blanks(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\n\v\f\r";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// The address as Go's net.IP holds it in 16 bytes: IPv4 is ::ffff:a.b.c.d.
U128 sixteen_bytes(Address address) {
    return address.is_ipv4() ? U128{0, kMappedPrefix | address.ipv4()} : address.number();
}

/// Decimal digits only, leading zeros allowed as in net.ParseCIDR; nothing above 128.
std::optional<unsigned> parse_length(std::string_view digits) {
    if (digits.empty()) {
        return std::nullopt;
    }
    unsigned length = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        length = length * 10 + static_cast<unsigned>(c - '0');
        if (length > bits_of(Family::ipv6)) {
            return std::nullopt;
        }
    }
    return length;
}

Error invalid_cidr(std::string_view text, const std::string& why) {
    return Error{ErrorCode::invalid_input, "invalid CIDR \"" + std::string(text) + "\": " + why};
}

Error invalid_range(std::string_view text, const std::string& why) {
    return Error{ErrorCode::invalid_input,
                 "invalid IP range \"" + std::string(text) + "\": " + why};
}

}  // namespace

Range::Range(Address first, Address last) : first_(first), last_(last) {
    CHECK(first.family() == last.family() && first <= last,
          "a range runs upwards within one family");
}

U128 Range::size() const {
    const U128 distance = last_.number() - first_.number();
    return distance == U128::max() ? distance : distance + U128{1};
}

Prefix::Prefix(Address address, unsigned length)
    : address_(Address::from_number(
          address.family(),
          address.number() &
              ~host_mask(address.family(), std::min(length, bits_of(address.family()))))),
      length_(length) {
    CHECK(length <= bits_of(address.family()), "a prefix is not longer than an address");
}

Result<Prefix> Prefix::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
        return invalid_cidr(text, "no '/'");
    }
    const std::string_view host = text.substr(0, slash);
    const auto address = Address::parse(host);
    if (!address) {
        return invalid_cidr(text, address.error().context);
    }
    const auto length = parse_length(text.substr(slash + 1));
    if (!length) {
        return invalid_cidr(text, "bad length after '/'");
    }
    if (address->is_ipv4() && host.find(':') != std::string_view::npos) {
        // ::ffff:10.0.0.0/120: the length counts from the IPv6 side. From /96 on only IPv4 hosts
        // are inside; a shorter one is an IPv6 network around them.
        return *length >= 96 ? Prefix(*address, *length - 96)
                             : Prefix(Address::from_ipv6(sixteen_bytes(*address)), *length);
    }
    if (*length > bits_of(address->family())) {
        return invalid_cidr(text, "length after '/' out of range");
    }
    return Prefix(*address, *length);
}

Range Prefix::range() const {
    const U128 last = address_.number() | host_mask(family(), length_);
    return Range(address_, Address::from_number(family(), last));
}

std::string Prefix::to_string() const {
    return address_.to_string() + "/" + std::to_string(length_);
}

std::vector<Prefix> prefixes_of(const Range& range) {
    std::vector<Prefix> prefixes;
    const unsigned bits = bits_of(range.family());
    U128 at = range.first().number();
    const U128 last = range.last().number();
    while (true) {
        // The largest block that starts at `at` and does not pass `last`.
        unsigned host_bits = std::min(at.trailing_zeros(), bits);
        while (host_bits > 0 && (at | U128::low_mask(host_bits)) > last) {
            --host_bits;
        }
        prefixes.emplace_back(Address::from_number(range.family(), at), bits - host_bits);
        const U128 end = at | U128::low_mask(host_bits);
        if (end == last) {
            return prefixes;
        }
        at = end + U128{1};
    }
}

Result<std::vector<Prefix>> parse_pool_item(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        TRY(const Prefix prefix, Prefix::parse(text));
        return std::vector<Prefix>{prefix};
    }
    auto first = Address::parse(trim_blanks(text.substr(0, dash)));
    if (!first) {
        return invalid_range(text, first.error().context);
    }
    auto last = Address::parse(trim_blanks(text.substr(dash + 1)));
    if (!last) {
        return invalid_range(text, last.error().context);
    }
    if (sixteen_bytes(*first) > sixteen_bytes(*last)) {
        return invalid_range(text,
                             "start " + first->to_string() + " is after end " + last->to_string());
    }
    if (first->family() != last->family()) {
        return std::vector<Prefix>{};
    }
    return prefixes_of(Range(*first, *last));
}

}  // namespace ferro::ip
