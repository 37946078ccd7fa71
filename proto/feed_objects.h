// Objects of core/model <-> the bytes that the feed carries (proto/feed.proto, message Object).
//
// Encoding is deterministic: equal objects give equal bytes, since maps are written as lists in key
// order. Decoding takes bytes from a peer: whatever they are, it answers with an object or an
// error.
//
// Threads: any; no state.
#pragma once

#include "core/base/result.h"
#include "core/model/objects.h"

#include <string>
#include <string_view>

namespace ferro::feed {

std::string encode_object(const model::Object& object);

/// *Errors*: invalid_input when the bytes are no Object, or hold a number that its field cannot
/// mean (an enumerator or a port out of range); not_found when the kind is one that this release
/// does not know (a newer controller sent it): callers skip such objects.
Result<model::Object> decode_object(std::string_view bytes);

}  // namespace ferro::feed
