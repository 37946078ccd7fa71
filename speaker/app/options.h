// The speaker's command line. Names and defaults are MetalLB's where it has the flag (spec 3.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ferro::speaker {

struct Options {
    std::string node_name;
    std::string own_namespace;
    std::string load_balancer_class;
    std::string feed;  ///< "unix:PATH" or "HOST:PORT"
    std::string feed_cert;
    std::string feed_key;
    std::string feed_ca;
    bool feed_insecure = false;
    std::string
        exclude_file;  ///< regexes of interfaces to leave alone; a missing file excludes nothing
    bool ignore_exclude_lb = false;
    std::uint16_t port = 0;               ///< metrics, on loopback; 0 = off
    std::uint16_t health_probe_port = 0;  ///< on loopback; 0 = off
    std::string log_level;
};

/// Parses the command line and the environment. Prints help, version or the mistake itself; then
/// nothing comes back and `exit_code` says how to end.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace ferro::speaker
