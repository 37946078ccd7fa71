// SipHash-2-4: a 64-bit hash of bytes, the same on every machine and in every release, so two
// processes can compare what they hold by comparing numbers.
//
// *Source*: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012, section 2;
// the test vector of its appendix A is in tests/core/model/digest_test.cc.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace ferro {

struct SipKey {
    std::uint64_t k0 = 0;
    std::uint64_t k1 = 0;
};

/// With a key that nobody knows it resists crafted collisions; with a published one it is only a
/// good hash.
constexpr std::uint64_t siphash(SipKey key, std::string_view bytes) {
    std::uint64_t v0 = key.k0 ^ 0x736F6D6570736575ULL;
    std::uint64_t v1 = key.k1 ^ 0x646F72616E646F6DULL;
    std::uint64_t v2 = key.k0 ^ 0x6C7967656E657261ULL;
    std::uint64_t v3 = key.k1 ^ 0x7465646279746573ULL;
    const auto round = [&] {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    };
    const auto word_at = [&](std::size_t offset, std::size_t count) {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < count; ++i) {
            word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[offset + i]))
                    << (8U * i);
        }
        return word;
    };
    const auto absorb = [&](std::uint64_t word) {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    };

    const std::size_t whole = bytes.size() / 8 * 8;
    for (std::size_t offset = 0; offset < whole; offset += 8) {
        absorb(word_at(offset, 8));
    }
    absorb((static_cast<std::uint64_t>(bytes.size()) << 56U) |
           word_at(whole, bytes.size() - whole));

    v2 ^= 0xFFU;
    for (int i = 0; i < 4; ++i) {
        round();
    }
    return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace ferro
