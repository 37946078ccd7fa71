// What each command of ferroctl does: ask, render, and say by the exit code how it is.
#pragma once

#include "cli/render/style.h"
#include "core/base/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ferro::cli {

enum class Output : std::uint8_t { table, wide, json, yaml };

/// The process's exit codes.
inline constexpr int kExitGood = 0;
inline constexpr int kExitBad = 1;          ///< it works, and what it found is not as it should be
inline constexpr int kExitUsage = 2;        ///< the command line
inline constexpr int kExitUnavailable = 3;  ///< the controller cannot be asked

struct Settings {
    std::string socket = "/run/ferrolb/control.sock";
    Output output = Output::table;
    std::chrono::milliseconds timeout{5000};
    Style style;
};

/// What goes to stdout, and the exit code. Errors become text for stderr by `failure`.
struct Outcome {
    std::string out;
    std::string err;
    int exit_code = kExitGood;
};

Outcome failure(const Error& error);

/// Only these services, or all when the list is empty; a bare name means any namespace. Exit code 1
/// when one that should be announced is not, or a name is not known.
Outcome status(const Settings& settings, const std::vector<std::string>& only);
/// Exit code 1 when a name is not known.
Outcome pools(const Settings& settings, const std::vector<std::string>& only);
Outcome speakers(const Settings& settings);
/// Exit code 1 when one is an error.
Outcome findings(const Settings& settings);
/// Exit code 1 when nothing matches the query.
Outcome explain(const Settings& settings, const std::string& query);
/// Good also without a controller: then it tells its own version alone, and why on stderr.
Outcome version(const Settings& settings);
/// The words one below the other.
Outcome complete_words(const Settings& settings, const std::vector<std::string>& words);

}  // namespace ferro::cli
