#include "speaker/layer2/io/interface_exclusion.h"

#include <re2/re2.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace ferro::layer2 {

struct InterfaceExclusion::State {
    explicit State(const std::string& expression) : regex(expression, RE2::Quiet) {}

    RE2 regex;
};

InterfaceExclusion::InterfaceExclusion() = default;
InterfaceExclusion::~InterfaceExclusion() = default;
InterfaceExclusion::InterfaceExclusion(InterfaceExclusion&&) noexcept = default;
InterfaceExclusion& InterfaceExclusion::operator=(InterfaceExclusion&&) noexcept = default;

namespace {

constexpr const char* kKey = "announcedInterfacesToExclude";

Error invalid(const std::string& what) {
    return {ErrorCode::invalid_input, std::string(kKey) + ": " + what};
}

/// yaml-cpp throws; this is its edge.
Result<std::vector<std::string>> expressions_of(std::string_view yaml) {
    try {
        const YAML::Node root = YAML::Load(std::string(yaml));
        std::vector<std::string> expressions;
        if (root.IsNull()) {
            return expressions;
        }
        if (!root.IsMap()) {
            return invalid("the file holds no mapping");
        }
        const YAML::Node list = root[kKey];
        if (!list || list.IsNull()) {
            return expressions;
        }
        if (!list.IsSequence()) {
            return invalid("not a list");
        }
        for (const YAML::Node& entry : list) {
            if (!entry.IsScalar()) {
                return invalid("an entry is no text");
            }
            expressions.push_back(entry.Scalar());
        }
        return expressions;
    } catch (const YAML::Exception& error) {
        return invalid(error.what());
    }
}

}  // namespace

Result<InterfaceExclusion> InterfaceExclusion::parse(std::string_view yaml) {
    TRY(const std::vector<std::string> expressions, expressions_of(yaml));
    InterfaceExclusion exclusion;
    std::string joined;
    for (const std::string& expression : expressions) {
        const RE2 alone(expression, RE2::Quiet);
        if (!alone.ok()) {
            return invalid("\"" + expression + "\": " + alone.error());
        }
        joined += (joined.empty() ? "(" : "|(") + expression + ")";
    }
    if (joined.empty()) {
        return exclusion;
    }
    exclusion.state_ = std::make_unique<State>(joined);
    if (!exclusion.state_->regex.ok()) {
        return invalid(exclusion.state_->regex.error());
    }
    return exclusion;
}

Result<InterfaceExclusion> InterfaceExclusion::load(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error) && !error) {
        return InterfaceExclusion();
    }
    std::ifstream file(path);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        // An empty file fails the insertion, too; it excludes nothing.
        if (file && std::filesystem::file_size(path, error) == 0 && !error) {
            return InterfaceExclusion();
        }
        return Error{ErrorCode::unavailable, "reading " + path + ": " + std::strerror(errno)};
    }
    auto parsed = parse(text.str());
    if (!parsed) {
        return parsed.error().in("reading " + path);
    }
    return parsed;
}

bool InterfaceExclusion::excludes(const InterfaceName& name) const {
    return state_ != nullptr && RE2::PartialMatch(name.value, state_->regex);
}

}  // namespace ferro::layer2
