#include "core/ip/prefix.h"

#include "core/base/check.h"

#include <algorithm>

namespace ferro::ip {
namespace {

U128 host_mask(Family family, unsigned length) {
    return U128::low_mask(bits_of(family) - length);
}

std::string_view trim_blanks(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
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
    const std::size_t slash = text.rfind('/');
    if (slash == std::string_view::npos) {
        return invalid_cidr(text, "no '/'");
    }
    auto address = Address::parse(text.substr(0, slash));
    if (!address) {
        return invalid_cidr(text, address.error().context);
    }
    const std::string_view digits = text.substr(slash + 1);
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0')) {
        return invalid_cidr(text, "bad length after '/'");
    }
    unsigned length = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') {
            return invalid_cidr(text, "bad length after '/'");
        }
        length = length * 10 + static_cast<unsigned>(c - '0');
    }
    // ::ffff:10.0.0.0/120 names IPv4 hosts: the length counts from the IPv6 side.
    const bool mapped = address->is_ipv4() && text.find(':') != std::string_view::npos;
    if (mapped) {
        if (length < 96 || length > 128) {
            return invalid_cidr(text, "length after '/' out of range");
        }
        length -= 96;
    }
    if (length > bits_of(address->family())) {
        return invalid_cidr(text, "length after '/' out of range");
    }
    return Prefix(*address, length);
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
    if (first->family() != last->family()) {
        if (first->is_ipv6()) {
            return invalid_range(text, "start is after end");
        }
        return std::vector<Prefix>{};
    }
    if (*last < *first) {
        return invalid_range(text,
                             "start " + first->to_string() + " is after end " + last->to_string());
    }
    return prefixes_of(Range(*first, *last));
}

}  // namespace ferro::ip
