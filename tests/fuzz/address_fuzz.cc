// Addresses and CIDRs: whatever is accepted prints as text that reads back as the same value, and
// that text is canonical (printing it again changes nothing).
#include "core/base/check.h"
#include "core/ip/prefix.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using ferro::ip::Address;
using ferro::ip::Prefix;

/// A network around the IPv4-mapped block (::ffff:0:0/90 ..) starts below it, so every parsed
/// prefix reads back.
template <typename T>
void check_round_trip(std::string_view text) {
    const auto parsed = T::parse(text);
    if (!parsed) {
        CHECK(!parsed.error().context.empty(), "a refusal says why");
        return;
    }
    const auto again = T::parse(parsed->to_string());
    CHECK(again && *again == *parsed, "printed text reads back as the same value");
    CHECK(again->to_string() == parsed->to_string(), "printed text is canonical");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as text.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_round_trip<Address>(text);
    check_round_trip<Prefix>(text);
    const auto prefix = Prefix::parse(text);
    if (prefix) {
        CHECK(prefix->contains(prefix->address()), "a network holds its first address");
        CHECK(prefix->range().first() == prefix->address(), "host bits are dropped");
    }
    return 0;
}
