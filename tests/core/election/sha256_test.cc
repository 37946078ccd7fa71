// SHA-256 against NIST's examples (FIPS 180-2, appendix B, and the CAVP short and long message
// vectors), and against itself around the places where padding needs another block.
#include "core/election/sha256.h"

#include <gtest/gtest.h>

#include <string>

namespace ferro::election {
namespace {

struct Vector {
    const char* message;
    std::size_t repeated;
    const char* digest;
};

TEST(Sha256, GivesTheDigestsThatNistPublishes) {
    const Vector vectors[] = {
        {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         1,
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrl"
         "mnopqrsmnopqrstnopqrstu",
         1,
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
        {"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
        {"\xbd", 1, "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
        {"\xc9\x8c\x8e\x55", 1, "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"},
    };
    for (const Vector& vector : vectors) {
        std::string message;
        for (std::size_t i = 0; i < vector.repeated; ++i) {
            message += vector.message;
        }
        EXPECT_EQ(to_hex(sha256(message)), vector.digest) << vector.message;
    }
}

// Zero bytes, lengths where the padding just fits and just does not (NIST's "additional vectors").
TEST(Sha256, PadsAroundTheEndOfABlock) {
    const struct {
        std::size_t length;
        const char* digest;
    } vectors[] = {
        {55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
        {56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
        {57, "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785"},
        {64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
        {1000, "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"},
    };

    for (const auto& vector : vectors) {
        EXPECT_EQ(to_hex(sha256(std::string(vector.length, '\0'))), vector.digest) << vector.length;
    }
}

TEST(Sha256, ComparesAsTheBytesOfTheDigestDo) {
    const Digest low{0x00000001, 0xffffffff};
    const Digest high{0x00000002, 0x00000000};
    EXPECT_LT(low, high);
    EXPECT_LT(to_hex(low), to_hex(high));
}

}  // namespace
}  // namespace ferro::election
