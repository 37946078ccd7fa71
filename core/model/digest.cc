#include "core/model/digest.h"

#include "core/base/siphash.h"

#include <string>

namespace ferro::model {
namespace {

// "ferrolb " and "feed v1 ": part of the protocol, since both ends must hash alike.
constexpr SipKey kKey{0x666572726F6C6220ULL, 0x6665656420763120ULL};

}  // namespace

std::uint64_t digest_of(const ObjectRef& ref) {
    std::string text;
    text.reserve(2 + ref.key.namespace_name.size() + ref.key.name.size());
    text.push_back(static_cast<char>(ref.kind));
    text.append(ref.key.namespace_name);
    text.push_back('\0');
    text.append(ref.key.name);
    return siphash(kKey, text);
}

std::uint64_t digest_of(std::string_view encoded) {
    return siphash(kKey, encoded);
}

}  // namespace ferro::model
