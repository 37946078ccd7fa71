// Finding: what is wrong (or will surprise) in the objects somebody gave us. Every finding names
// the object, the field, the rule and a remedy; a source adds where the text stands. Findings are
// for people and machines alike: the rule's word is stable and is what tests, metrics and `ferroctl
// findings -o json` show.
#pragma once

#include "core/model/object_ref.h"

#include <compare>
#include <cstdint>
#include <string>

namespace ferro::model {

enum class Severity : std::uint8_t {
    error,  ///< the object, or the configuration that it is part of, is refused; what worked before
            ///< goes on
    warning,  ///< accepted, but probably not what was meant
    info,
};

const char* to_string(Severity severity);

/// Where a manifest says it; line and column count from 1, 0 = unknown.
struct Location {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    /// "pools.yaml:12:7", or "" when there is no file.
    [[nodiscard]] std::string to_string() const;
    friend auto operator<=>(const Location&, const Location&) = default;
};

struct Finding {
    Severity severity = Severity::error;
    /// snake_case word of the rule, e.g. "pool_overlap", "unknown_field". Rooms keep their rules in
    /// an enum and put its word here.
    std::string rule;
    ObjectRef object;     ///< an empty name when no object could be told (a file that is no YAML)
    std::string field;    ///< path in the object, "spec.addresses[2]"; may be empty
    std::string message;  ///< what is wrong; where MetalLB has a text, this holds that text
    std::string remedy;   ///< what to do about it
    Location location;

    /// "file:line:column Kind/name field: what, remedy"; without the object when there is none.
    [[nodiscard]] std::string to_string() const;
    friend auto operator<=>(const Finding&, const Finding&) = default;
};

}  // namespace ferro::model
