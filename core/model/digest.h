// Digests: an object named and described in 16 bytes, for comparing what two processes hold without
// sending it.
#pragma once

#include "core/model/object_ref.h"

#include <compare>
#include <cstdint>
#include <string_view>

namespace ferro::model {

/// Hash of an object's name and hash of its encoded bytes.
struct Digest {
    std::uint64_t ref = 0;
    std::uint64_t content = 0;
    friend auto operator<=>(const Digest&, const Digest&) = default;
};

/// Of kind, namespace and name. The key is fixed and public: two processes must agree. Somebody who
/// may create objects could in 2^32 steps find two names that collide; one of these two objects of
/// his own would then not be announced. By chance, 100,000 objects collide once in 3.7 billion
/// clusters (n^2 / 2^65).
std::uint64_t digest_of(const ObjectRef& ref);

/// Of the bytes that travel.
std::uint64_t digest_of(std::string_view encoded);

}  // namespace ferro::model
