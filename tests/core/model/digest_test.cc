// Digests must be the same in every process and release, so their values are fixed here.
#include "core/model/digest.h"

#include "core/base/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace ferro::model {
namespace {

TEST(SipHash, GivesThePapersVector) {
    std::string message;
    for (char c = 0; c < 15; ++c) {
        message.push_back(c);
    }
    const SipKey key{.k0 = 0x0706050403020100ULL, .k1 = 0x0F0E0D0C0B0A0908ULL};
    EXPECT_EQ(siphash(key, message), 0xA129CA6149BE45E5ULL);
}

TEST(Digest, TellsNamesApart) {
    const auto of = [](Kind kind, const char* space, const char* name) {
        return digest_of(ObjectRef{.kind = kind, .key = {.namespace_name = space, .name = name}});
    };
    EXPECT_NE(of(Kind::service, "a", "bc"), of(Kind::service, "ab", "c"));
    EXPECT_NE(of(Kind::service, "a", "b"), of(Kind::endpoint_slice, "a", "b"));
    EXPECT_EQ(of(Kind::service, "a", "b"), of(Kind::service, "a", "b"));
}

}  // namespace
}  // namespace ferro::model
