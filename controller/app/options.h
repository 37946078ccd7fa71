// The controller's command line. Names and defaults are MetalLB's where it has the flag (spec 2.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ferro::controller {

struct Options {
    std::string manifests;      ///< folder to read
    std::string state_dir;      ///< where the ledger lives
    std::string own_namespace;  ///< objects of metallb.io are read in this namespace only
    std::string load_balancer_class;
    std::string feed_listen;  ///< "unix:PATH" or "HOST:PORT"; empty = no feed
    std::string feed_cert;
    std::string feed_key;
    std::string feed_ca;
    bool feed_insecure = false;
    std::string control_socket;
    std::string control_group;            ///< may ask, too; empty = the owner alone
    std::uint16_t port = 0;               ///< metrics, on loopback; 0 = off
    std::uint16_t health_probe_port = 0;  ///< on loopback; 0 = off
    std::string log_level;
    bool keep_foreign_status = false;  ///< do not clear statuses while there is no pool (quirk Q8)
};

/// Parses the command line and the environment. Prints help, version or the mistake itself; then
/// nothing comes back and `exit_code` says how to end.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace ferro::controller
