// Shell completion: the scripts that `ferroctl completion` prints are thin; they hand the words to
// the hidden command `ferroctl __complete`, which decides here.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ferro::cli {

/// Names that only the daemon knows; asked only when a name is what comes next. Empty when it
/// cannot be asked.
struct NameSource {
    std::function<std::vector<std::string>()> services;  ///< "namespace/name"
    std::function<std::vector<std::string>()> addresses;
    std::function<std::vector<std::string>()> pools;
};

/// What the last of `words` (which may be empty, and is being typed) can become; sorted. `words`
/// begins after the program's name. Empty when file names are what fits.
std::vector<std::string> complete(const std::vector<std::string>& words, const NameSource& names);

/// The value of --socket among the words, if it is there.
std::optional<std::string> socket_of(const std::vector<std::string>& words);

/// The script for "bash" or "zsh"; nothing for another shell.
std::optional<std::string> completion_script(const std::string& shell);

}  // namespace ferro::cli
