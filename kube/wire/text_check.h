// What must hold of a file's bytes before a reader looks at them.
#pragma once

#include "kube/wire/node.h"
#include "kube/wire/rules.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::kube {

struct TextProblem {
    Rule rule = Rule::syntax;
    Mark mark;
    std::string message;
    std::string remedy;
};

/// The first byte that no manifest may hold (NUL, not UTF-8), or that the text is too large.
std::optional<TextProblem> check_text(std::string_view text);

/// A part of a YAML file between `---` lines. The separator belongs to the part that it opens.
struct TextPart {
    std::string_view text;
    std::uint32_t first_line = 1;
};

/// Splits as kubectl does, by lines that begin with `---`, so that one broken document costs no
/// other. Parts that hold nothing but blanks, comments and directives are left out.
std::vector<TextPart> split_documents(std::string_view text);

/// The line of `text` that `line` names (from 1), without its end.
std::string_view line_of(std::string_view text, std::uint32_t line);

}  // namespace ferro::kube
