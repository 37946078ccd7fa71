#include "core/ip/range_set.h"

#include <algorithm>
#include <iterator>

namespace ferro::ip {

void RangeSet::insert(const Range& range) {
    Address first = range.first();
    Address last = range.last();
    // Neighbours are taken in by searching from one address before to one after.
    const Address low = first.predecessor().value_or(first);
    const Address high = last.successor().value_or(last);
    auto at = at_or_before(low);
    if (at == last_by_first_.end()) {
        at = last_by_first_.begin();
    } else if (at->second < low) {
        ++at;
    }
    while (at != last_by_first_.end() && at->first <= high) {
        first = std::min(first, at->first);
        last = std::max(last, at->second);
        at = remove(at);
    }
    put(first, last);
}

void RangeSet::erase(const Range& range) {
    auto at = at_or_before(range.first());
    if (at == last_by_first_.end()) {
        at = last_by_first_.begin();
    } else if (at->second < range.first()) {
        ++at;
    }
    while (at != last_by_first_.end() && at->first <= range.last()) {
        const Address first = at->first;
        const Address last = at->second;
        at = remove(at);
        if (first < range.first()) {
            put(first, *range.first().predecessor());
        }
        if (last > range.last()) {
            put(*range.last().successor(), last);
        }
    }
}

bool RangeSet::contains(Address address) const {
    const auto at = at_or_before(address);
    return at != last_by_first_.end() && address <= at->second;
}

bool RangeSet::contains(const Range& range) const {
    const auto at = at_or_before(range.first());
    return at != last_by_first_.end() && range.last() <= at->second;
}

bool RangeSet::overlaps(const Range& range) const {
    const auto at = at_or_before(range.last());
    return at != last_by_first_.end() && range.first() <= at->second;
}

std::optional<Address> RangeSet::next_free_at_or_after(Address address) const {
    const auto at = at_or_before(address);
    if (at == last_by_first_.end() || at->second < address) {
        return address;
    }
    return at->second.successor();
}

std::optional<Address> RangeSet::first_gap(const Range& within) const {
    const auto free = next_free_at_or_after(within.first());
    return free && within.contains(*free) ? free : std::nullopt;
}

U128 RangeSet::size(Family family) const {
    if (family == Family::ipv4) {
        return ipv4_count_;
    }
    const bool wrapped = ipv6_count_ == U128{} && !empty() &&
                         last_by_first_.rbegin()->first.family() == Family::ipv6;
    return wrapped ? U128::max() : ipv6_count_;
}

std::vector<Range> RangeSet::ranges() const {
    std::vector<Range> all;
    all.reserve(last_by_first_.size());
    for (const auto& [first, last] : last_by_first_) {
        all.emplace_back(first, last);
    }
    return all;
}

RangeSet::Index::const_iterator RangeSet::at_or_before(Address address) const {
    const auto after = last_by_first_.upper_bound(address);
    return after == last_by_first_.begin() ? last_by_first_.end() : std::prev(after);
}

void RangeSet::put(Address first, Address last) {
    last_by_first_.emplace(first, last);
    U128& total = count(first.family());
    total = total + (last.number() - first.number()) + U128{1};
}

RangeSet::Index::iterator RangeSet::remove(Index::const_iterator at) {
    U128& total = count(at->first.family());
    total = total - (at->second.number() - at->first.number()) - U128{1};
    return last_by_first_.erase(at);
}

U128& RangeSet::count(Family family) {
    return family == Family::ipv4 ? ipv4_count_ : ipv6_count_;
}

}  // namespace ferro::ip
