// SHA-256 of a short text, for the election's order alone: core may use nothing but the standard
// library, and what is hashed fits one block. Not constant in time; nothing secret goes through it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ferro::election {

/// Big-endian words of the digest; comparing two arrays compares the digests' bytes.
using Digest = std::array<std::uint32_t, 8>;

/// *Source*: FIPS 180-4, sections 5 and 6.2. *Cost*: one compression per 64 bytes (and 9 of
/// padding).
Digest sha256(std::string_view bytes);

/// 64 lower-case hexadecimal digits.
std::string to_hex(const Digest& digest);

}  // namespace ferro::election
