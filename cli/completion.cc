#include "cli/completion.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace ferro::cli {

namespace {

using Words = std::vector<std::string>;

const std::set<std::string> kOptionsWithValue = {"-o", "--output", "--socket", "--timeout"};

const Words kCommands = {
    "completion", "explain", "findings", "lint", "pools", "speakers", "status", "version"};
const Words kOptions = {"--help", "--output", "--socket", "--timeout"};

// Bash splits words at ':' (COMP_WORDBREAKS), so an IPv6 address could not be completed as one.
Words without_colons(Words words) {
    std::erase_if(words,
                  [](const std::string& word) { return word.find(':') != std::string::npos; });
    return words;
}

Words for_argument(const std::string& command, const NameSource& names) {
    if (command == "explain") {
        Words words = names.services();
        for (std::string& address : without_colons(names.addresses())) {
            words.push_back(std::move(address));
        }
        return words;
    }
    if (command == "status") {
        return names.services();
    }
    if (command == "pools") {
        return names.pools();
    }
    if (command == "completion") {
        return {"bash", "zsh"};
    }
    return {};
}

Words all_for(const Words& words, const NameSource& names) {
    const std::string& last = words.back();
    std::string command;
    for (std::size_t n = 0; n + 1 < words.size(); ++n) {
        if (kOptionsWithValue.contains(words[n])) {
            ++n;
        } else if (command.empty() && !words[n].starts_with("-")) {
            command = words[n];
        }
    }
    const std::string before = words.size() > 1 ? words[words.size() - 2] : std::string();
    if (before == "-o" || before == "--output") {
        return {"json", "table", "wide", "yaml"};
    }
    if (kOptionsWithValue.contains(before)) {
        return {};
    }
    if (last.starts_with("-")) {
        Words options = kOptions;
        if (command == "status") {
            options.emplace_back("--watch");
        }
        return options;
    }
    return command.empty() ? kCommands : for_argument(command, names);
}

constexpr std::string_view kBash = R"(# bash completion for ferroctl; load it with
#   source <(ferroctl completion bash)
_ferroctl() {
    local word
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _ferroctl ferroctl
)";

constexpr std::string_view kZsh = R"(#compdef ferroctl
# zsh completion for ferroctl; load it with
#   source <(ferroctl completion zsh)
_ferroctl() {
    local -a candidates
    candidates=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${candidates[*]}" ]]; then
        compadd -- "${candidates[@]}"
    else
        _files
    fi
}
compdef _ferroctl ferroctl
)";

}  // namespace

std::vector<std::string> complete(const std::vector<std::string>& words, const NameSource& names) {
    if (words.empty()) {
        return kCommands;
    }
    Words fitting = all_for(words, names);
    std::erase_if(fitting,
                  [&](const std::string& word) { return !word.starts_with(words.back()); });
    std::sort(fitting.begin(), fitting.end());
    fitting.erase(std::unique(fitting.begin(), fitting.end()), fitting.end());
    return fitting;
}

std::optional<std::string> socket_of(const std::vector<std::string>& words) {
    for (std::size_t n = 0; n < words.size(); ++n) {
        if (words[n] == "--socket" && n + 1 < words.size()) {
            return words[n + 1];
        }
        if (words[n].starts_with("--socket=")) {
            return words[n].substr(std::string("--socket=").size());
        }
    }
    return std::nullopt;
}

std::optional<std::string> completion_script(const std::string& shell) {
    if (shell == "bash") {
        return std::string(kBash);
    }
    if (shell == "zsh") {
        return std::string(kZsh);
    }
    return std::nullopt;
}

}  // namespace ferro::cli
