// Node: what a YAML or JSON document says, before anybody knows what it means, with the place of
// every word. Both readers (yaml_tree.h, json_tree.h) make it; kube/wire's object readers take it
// apart. A node that YAML aliases point at is shared, not copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::kube {

/// Where a word begins; both count from 1, columns in bytes. 0 = unknown.
struct Mark {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    friend auto operator<=>(const Mark&, const Mark&) = default;
};

/// JSON's types, with whole numbers told from others.
enum class NodeType : std::uint8_t { null, boolean, integer, number, string, sequence, mapping };

/// "a string", "a list": as findings call it.
const char* to_string(NodeType type);

/// How a scalar was written: decides remedies, and where the lines of a literal block stand.
enum class ScalarStyle : std::uint8_t { plain, quoted, block };

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Member {
    std::string key;
    Mark mark;
    NodePtr value;
    /// The key stands here a second time; the first one counts.
    bool repeated = false;
    /// YAML 1.1 read the unquoted key as a boolean, so that `on:` is the key "true".
    bool from_boolean = false;
};

struct Node {
    NodeType type = NodeType::null;
    ScalarStyle style = ScalarStyle::plain;
    bool boolean = false;
    Mark mark;
    /// Columns by which the lines of a block scalar are indented.
    std::uint32_t block_indent = 0;
    std::int64_t integer = 0;
    std::string text;  ///< a scalar as written (a string: its value)
    std::vector<Member> members;
    std::vector<NodePtr> items;
    /// Nodes below and including this one, aliases expanded.
    std::size_t weight = 1;

    /// The value under `key` (the first, if it repeats), or null.
    [[nodiscard]] const Node* find(std::string_view key) const;
};

/// Why a text is no document.
struct SyntaxError {
    Mark mark;
    std::string message;
    std::string remedy;
};

/// The documents of one text, up to the first that cannot be read.
struct Documents {
    std::vector<NodePtr> roots;
    std::vector<SyntaxError> errors;
};

/// Bounds of one document; beyond them it is refused as a whole. 10,000 services in one List are
/// 170,000 nodes; a node costs about 280 bytes with its tokens (peak memory of 2 million,
/// measured).
inline constexpr std::size_t kNodesMax = 1'000'000;
/// What aliases may add to what is written. Hand-written manifests use a handful of aliases to
/// small maps; "billion laughs" wants 10^9.
inline constexpr std::size_t kAliasNodesMax = 100'000;
inline constexpr std::size_t kDepthMax = 100;

}  // namespace ferro::kube
