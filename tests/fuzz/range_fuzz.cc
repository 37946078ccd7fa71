// Items of a pool: what is accepted becomes prefixes that follow each other without a gap, and a
// RangeSet of them is one range that can be taken out again.
#include "core/base/check.h"
#include "core/ip/range_set.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using ferro::ip::Prefix;
using ferro::ip::Range;
using ferro::ip::RangeSet;
using ferro::ip::U128;

void check_chain(const std::vector<Prefix>& prefixes) {
    for (std::size_t i = 1; i < prefixes.size(); ++i) {
        const auto next = prefixes[i - 1].range().last().successor();
        CHECK(next && *next == prefixes[i].address(), "prefixes follow each other");
    }
}

void check_set(const std::vector<Prefix>& prefixes) {
    const Range whole(prefixes.front().range().first(), prefixes.back().range().last());
    RangeSet set;
    for (const Prefix& prefix : prefixes) {
        CHECK(!set.overlaps(prefix.range()), "prefixes of one item do not overlap");
        set.insert(prefix.range());
    }
    CHECK(set.range_count() == 1 && set.ranges().front() == whole, "together they are the range");
    CHECK(set.size(whole.family()) == whole.size(), "no address is counted twice");
    CHECK(!set.first_gap(whole), "a full range has no gap");
    for (const Prefix& prefix : prefixes) {
        set.erase(prefix.range());
    }
    CHECK(set.empty() && set.size(whole.family()) == U128{}, "what was put in can be taken out");
    CHECK(ferro::ip::prefixes_of(whole) == prefixes, "the expansion is minimal and unique");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as text.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto prefixes = ferro::ip::parse_pool_item(text);
    if (!prefixes) {
        CHECK(!prefixes.error().context.empty(), "a refusal says why");
        return 0;
    }
    check_chain(*prefixes);
    if (!prefixes->empty()) {
        check_set(*prefixes);
    }
    return 0;
}
