#include "core/pool/used_ranges.h"

#include "core/base/check.h"

#include <iterator>

namespace ferro::pool {

using ip::U128;

std::optional<U128> UsedRanges::first_free() const {
    if (used_ == size_) {
        return std::nullopt;
    }
    if (runs_.empty() || runs_.begin()->first != U128{0}) {
        return U128{0};
    }
    return runs_.begin()->second + U128{1};
}

UsedRanges::Runs::const_iterator UsedRanges::run_at_or_below(U128 number) const {
    const auto above = runs_.upper_bound(number);
    return above == runs_.begin() ? runs_.end() : std::prev(above);
}

bool UsedRanges::contains(U128 number) const {
    const auto run = run_at_or_below(number);
    return run != runs_.end() && number <= run->second;
}

void UsedRanges::insert(U128 number) {
    CHECK(number < size_, "only numbers of the range are taken");
    const auto above = runs_.upper_bound(number);
    const bool joins_above = above != runs_.end() && number + U128{1} == above->first;
    auto below = runs_.end();
    if (above != runs_.begin()) {
        below = std::prev(above);
        CHECK(below->second < number, "a number is taken once");
    }
    used_ = used_ + U128{1};
    if (below != runs_.end() && below->second + U128{1} == number) {
        below->second = joins_above ? above->second : number;
        if (joins_above) {
            runs_.erase(above);
        }
        return;
    }
    if (joins_above) {
        // The node is re-keyed in place: a pool filled from the top allocates nothing here.
        auto node = runs_.extract(above);
        node.key() = number;
        runs_.insert(std::move(node));
        return;
    }
    runs_.emplace_hint(above, number, number);
}

void UsedRanges::erase(U128 number) {
    const auto above = runs_.upper_bound(number);
    CHECK(above != runs_.begin(), "only a taken number is freed");
    const auto run = std::prev(above);
    CHECK(number <= run->second, "only a taken number is freed");
    used_ = used_ - U128{1};
    const U128 last = run->second;
    if (number == run->first) {
        runs_.erase(run);
    } else {
        run->second = number - U128{1};
    }
    if (number != last) {
        runs_.emplace_hint(above, number + U128{1}, last);
    }
}

}  // namespace ferro::pool
