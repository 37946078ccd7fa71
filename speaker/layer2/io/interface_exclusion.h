// InterfaceExclusion: which interfaces layer 2 leaves alone, read once at start from MetalLB's
// file (spec 3.8, T087): YAML with the key `announcedInterfacesToExclude`, a list of regular
// expressions in Go's syntax (RE2, the same library's). An interface is excluded when any of them
// is *found* in its name: `th0` excludes eth0.
//
// An excluded interface is to be left out of Announcer::set_interfaces.
#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"

#include <memory>
#include <string>
#include <string_view>

namespace ferro::layer2 {

/// Where MetalLB's manifests and chart mount it.
inline constexpr const char* kExclusionPath = "/etc/metallb/excludel2.yaml";

class InterfaceExclusion {
  public:
    /// Excludes nothing.
    InterfaceExclusion();
    ~InterfaceExclusion();
    InterfaceExclusion(InterfaceExclusion&&) noexcept;
    InterfaceExclusion& operator=(InterfaceExclusion&&) noexcept;

    /// invalid_input for text that is no such YAML or expressions that are none: the daemon is
    /// meant to end then, as MetalLB does, rather than to answer where it should not.
    static Result<InterfaceExclusion> parse(std::string_view yaml);

    /// A missing file excludes nothing; an unreadable one is an error.
    static Result<InterfaceExclusion> load(const std::string& path);

    [[nodiscard]] bool excludes(const InterfaceName& name) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ferro::layer2
