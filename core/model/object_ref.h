// How objects are named: a kind, a namespace and a name. The key of every map in the house and the
// subject of every finding.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ferro::model {

/// The kinds we read. The order is the order in which `config` reports and the feed sends: what
/// others refer to comes first.
enum class Kind : std::uint8_t {
    namespace_,
    node,
    community,
    bfd_profile,
    ip_address_pool,
    l2_advertisement,
    bgp_advertisement,
    bgp_peer,
    service,
    endpoint_slice,
};

inline constexpr std::size_t kKindCount = 10;

/// The `kind:` word: "IPAddressPool".
const char* to_string(Kind kind);

/// The kind of a `kind:` word, if we read it.
std::optional<Kind> kind_of(std::string_view word);

/// Namespace and name. Cluster-scoped objects (Node, Namespace) have an empty namespace.
struct ObjectKey {
    std::string namespace_name;
    std::string name;

    /// "namespace/name", or "name" when there is no namespace: MetalLB's form in logs and labels.
    [[nodiscard]] std::string to_string() const;
    friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};

using ServiceKey = ObjectKey;

struct ObjectRef {
    Kind kind = Kind::service;
    ObjectKey key;

    /// "IPAddressPool metallb-system/mes-pool"
    [[nodiscard]] std::string to_string() const;
    friend auto operator<=>(const ObjectRef&, const ObjectRef&) = default;
};

}  // namespace ferro::model

template <>
struct std::hash<ferro::model::ObjectKey> {
    std::size_t operator()(const ferro::model::ObjectKey& key) const noexcept {
        return std::hash<std::string>{}(key.namespace_name) * 31 +
               std::hash<std::string>{}(key.name);
    }
};

template <>
struct std::hash<ferro::model::ObjectRef> {
    std::size_t operator()(const ferro::model::ObjectRef& ref) const noexcept {
        return std::hash<ferro::model::ObjectKey>{}(ref.key) * 31 +
               static_cast<std::size_t>(ref.kind);
    }
};
