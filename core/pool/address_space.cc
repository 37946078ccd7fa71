#include "core/pool/address_space.h"

#include "core/base/check.h"

namespace ferro::pool {
namespace {

using ip::Address;
using ip::Family;
using ip::U128;

U128 add_saturating(U128 a, U128 b) {
    const U128 sum = a + b;
    return sum < a ? U128::max() : sum;
}

/// Usable addresses in a block of 256 when .0 and .255 are left out.
constexpr std::uint32_t kUsablePerBlock = 254;

}  // namespace

AddressSpace::AddressSpace(const std::vector<ip::Prefix>& prefixes, BuggyAddresses buggy)
    : buggy_(buggy) {
    std::optional<ip::Range> open;
    for (const ip::Prefix& prefix : prefixes) {
        const ip::Range next = prefix.range();
        const bool adjoins = open && open->family() == next.family() &&
                             open->last().number() != U128::max() &&
                             open->last().number() + U128{1} == next.first().number();
        if (adjoins) {
            open = ip::Range(open->first(), next.last());
            continue;
        }
        if (open) {
            add_run(*open);
        }
        open = next;
    }
    if (open) {
        add_run(*open);
    }
}

U128 AddressSpace::usable_below(Address address) const {
    if (address.is_ipv6() || buggy_ == BuggyAddresses::use) {
        return address.number();
    }
    const std::uint32_t octet = address.ipv4() & 0xFFU;
    return U128{std::uint64_t{address.ipv4() >> 8U} * kUsablePerBlock +
                (octet == 0 ? 0U : octet - 1U)};
}

void AddressSpace::add_run(const ip::Range& range) {
    const U128 first = usable_below(range.first());
    const bool last_usable = buggy_ == BuggyAddresses::use || !range.last().is_buggy();
    U128 size = usable_below(range.last()) - first;
    if (last_usable) {
        size = add_saturating(size, U128{1});
    }
    const auto family = index_of(range.family());
    sizes_[family] = add_saturating(sizes_[family], size);
    if (size != U128{0}) {
        open_[family].insert(static_cast<std::uint32_t>(runs_.size()));
    }
    runs_.push_back(Run{range, first, UsedRanges(size)});
}

std::optional<Position> AddressSpace::first_free(Family family) const {
    const auto& open = open_[index_of(family)];
    if (open.empty()) {
        return std::nullopt;
    }
    const auto number = runs_[*open.begin()].used.first_free();
    CHECK(number.has_value(), "an open run has a free address");
    return Position{*open.begin(), *number};
}

std::optional<Position> AddressSpace::position_in(std::uint32_t run, Address address) const {
    if (buggy_ == BuggyAddresses::avoid && address.is_buggy()) {
        return std::nullopt;
    }
    const U128 number = usable_below(address) - runs_[run].first_index;
    if (number >= runs_[run].used.size()) {
        return std::nullopt;  // Only the very last address of ::/0, which 2^128-1 numbers miss.
    }
    return Position{run, number};
}

Address AddressSpace::address_at(const Position& position) const {
    const Run& run = runs_[position.run];
    const U128 index = run.first_index + position.number;
    if (run.range.family() == Family::ipv6 || buggy_ == BuggyAddresses::use) {
        return Address::from_number(run.range.family(), index);
    }
    const auto block = static_cast<std::uint32_t>(index.lo / kUsablePerBlock);
    const auto octet = static_cast<std::uint32_t>(index.lo % kUsablePerBlock) + 1U;
    return Address::from_ipv4((block << 8U) | octet);
}

void AddressSpace::take(const Position& position) {
    Run& run = runs_[position.run];
    const auto family = index_of(run.range.family());
    run.used.insert(position.number);
    used_[family] = used_[family] + U128{1};
    if (run.used.used() == run.used.size()) {
        open_[family].erase(position.run);
    }
}

void AddressSpace::give_back(const Position& position) {
    Run& run = runs_[position.run];
    const auto family = index_of(run.range.family());
    if (run.used.used() == run.used.size()) {
        open_[family].insert(position.run);
    }
    run.used.erase(position.number);
    used_[family] = used_[family] - U128{1};
}

}  // namespace ferro::pool
