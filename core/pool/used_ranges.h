// UsedRanges: which numbers of [0, size) are taken, kept as the maximal runs of taken numbers. The
// first free number is read off the first run, so a pool of 2^64 addresses is as quick as one of
// 256 and costs memory only for what is used.
#pragma once

#include "core/ip/u128.h"

#include <cstddef>
#include <map>
#include <optional>

namespace ferro::pool {

class UsedRanges {
  public:
    /// Numbers are 0 .. size-1.
    explicit UsedRanges(ip::U128 size) : size_(size) {}

    /// The lowest number that is not taken, or nothing when all are. O(1).
    [[nodiscard]] std::optional<ip::U128> first_free() const;

    [[nodiscard]] bool contains(ip::U128 number) const;

    /// Takes a number that is free and below size (CHECK). O(log runs).
    void insert(ip::U128 number);

    /// Frees a number that is taken (CHECK). O(log runs).
    void erase(ip::U128 number);

    [[nodiscard]] ip::U128 size() const { return size_; }

    [[nodiscard]] ip::U128 used() const { return used_; }

    [[nodiscard]] std::size_t runs() const { return runs_.size(); }

  private:
    using Runs = std::map<ip::U128, ip::U128>;  ///< first taken -> last taken, never adjacent

    /// The run that starts at or below `number`, or end().
    [[nodiscard]] Runs::const_iterator run_at_or_below(ip::U128 number) const;

    ip::U128 size_;
    ip::U128 used_;
    Runs runs_;
};

}  // namespace ferro::pool
