// AddressSpace: the addresses of one pool in the order in which they are given out, and which of
// them are taken. Prefixes are walked in configuration order (spec 2.7 "First free IP in a pool");
// neighbours in that order that also adjoin by number are one run, since a range of the
// configuration falls into up to 254 prefixes. avoidBuggyIPs is arithmetic: usable addresses are
// numbered without the .0 and .255 ones, so no search ever steps over them.
#pragma once

#include "core/ip/prefix.h"
#include "core/pool/used_ranges.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace ferro::pool {

/// Whether IPv4 addresses ending in .0 and .255 are left out.
enum class BuggyAddresses : std::uint8_t { use, avoid };

/// Where an address stands in its pool's order: positions of one family compare as addresses are
/// given out.
struct Position {
    std::uint32_t run = 0;
    ip::U128 number;  ///< of the usable addresses of the run, from 0
    friend auto operator<=>(const Position&, const Position&) = default;
};

class AddressSpace {
  public:
    AddressSpace(const std::vector<ip::Prefix>& prefixes, BuggyAddresses buggy);

    struct Run {
        ip::Range range;
        ip::U128 first_index;  ///< of the first usable address, counted over the whole family
        UsedRanges used;
    };

    [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }

    /// The first address that nobody has. O(log of the number of runs).
    [[nodiscard]] std::optional<Position> first_free(ip::Family family) const;

    /// Where `address` stands; nothing when it is not usable. `run` must be the one whose range
    /// contains it.
    [[nodiscard]] std::optional<Position> position_in(std::uint32_t run, ip::Address address) const;

    [[nodiscard]] ip::Address address_at(const Position& position) const;

    /// `position` must be free (CHECK).
    void take(const Position& position);

    /// `position` must be taken (CHECK).
    void give_back(const Position& position);

    /// How many addresses can be given, and how many are; 2^128-1 when there are more.
    [[nodiscard]] ip::U128 size(ip::Family family) const { return sizes_[index_of(family)]; }

    [[nodiscard]] ip::U128 used(ip::Family family) const { return used_[index_of(family)]; }

  private:
    static std::size_t index_of(ip::Family family) { return static_cast<std::size_t>(family); }

    /// How many usable addresses of the family lie below `address`.
    [[nodiscard]] ip::U128 usable_below(ip::Address address) const;
    void add_run(const ip::Range& range);

    BuggyAddresses buggy_;
    std::vector<Run> runs_;
    std::array<std::set<std::uint32_t>, 2> open_;  ///< per family: runs with a free address
    std::array<ip::U128, 2> sizes_;
    std::array<ip::U128, 2> used_;
};

}  // namespace ferro::pool
