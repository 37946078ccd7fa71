// Tagged ids: a node name and a pool name cannot be swapped by accident. Keys of objects live in
// core/model/object_ref.h.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace ferro {

/// A string of which the type says what it names.
template <typename Tag>
struct TaggedString {
    std::string value;

    TaggedString() = default;

    explicit TaggedString(std::string text) : value(std::move(text)) {}

    [[nodiscard]] bool empty() const { return value.empty(); }

    friend auto operator<=>(const TaggedString&, const TaggedString&) = default;
};

using NodeName = TaggedString<struct NodeNameTag>;
using PoolName = TaggedString<struct PoolNameTag>;
using InterfaceName = TaggedString<struct InterfaceNameTag>;

/// The kernel's ifindex (> 0).
struct InterfaceIndex {
    std::int32_t value = 0;
    friend auto operator<=>(const InterfaceIndex&, const InterfaceIndex&) = default;
};

}  // namespace ferro

template <typename Tag>
struct std::hash<ferro::TaggedString<Tag>> {
    std::size_t operator()(const ferro::TaggedString<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.value);
    }
};

template <>
struct std::hash<ferro::InterfaceIndex> {
    std::size_t operator()(ferro::InterfaceIndex index) const noexcept {
        return std::hash<std::int32_t>{}(index.value);
    }
};
