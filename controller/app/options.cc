#include "controller/app/options.h"

#include "runtime/version.h"

#include <CLI/CLI.hpp>

namespace ferro::controller {

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
    Options options;
    CLI::App app("Gives LoadBalancer services their addresses and tells the speakers.",
                 "ferrolb-controller");
    const runtime::Version version = runtime::version();
    app.set_version_flag("--version",
                         "ferrolb-controller " + version.number + " (" + version.commit + ")");
    app.add_option("--manifests", options.manifests, "Folder of manifests to read and watch")
        ->required()
        ->type_name("DIR");
    app.add_option("--state-dir", options.state_dir, "Where the ledger of allocations lives")
        ->default_val("/var/lib/ferrolb")
        ->type_name("DIR");
    app.add_option(
           "--namespace", options.own_namespace, "Namespace in which metallb.io objects are read")
        ->envname("METALLB_NAMESPACE")
        ->default_val("metallb-system");
    app.add_option(
        "--lb-class", options.load_balancer_class, "Serve only services of this loadBalancerClass");
    app.add_option(
           "--feed-listen", options.feed_listen, "Where speakers subscribe: unix:PATH or HOST:PORT")
        ->default_val("unix:/run/ferrolb/feed.sock");
    app.add_option("--feed-cert", options.feed_cert, "Certificate of the feed (PEM)")
        ->type_name("FILE");
    app.add_option("--feed-key", options.feed_key, "Its private key (PEM)")->type_name("FILE");
    app.add_option("--feed-ca",
                   options.feed_ca,
                   "The authority that signed the speakers' certificates (PEM)")
        ->type_name("FILE");
    app.add_flag("--feed-insecure",
                 options.feed_insecure,
                 "Serve the feed without TLS beyond loopback: anybody can read it and report");
    app.add_option("--control-socket", options.control_socket, "Unix socket for ferroctl")
        ->default_val("/run/ferrolb/control.sock")
        ->type_name("PATH");
    app.add_option("--control-group", options.control_group, "Group that may use that socket, too");
    app.add_option("--port", options.port, "Metrics over plain HTTP on 127.0.0.1; 0 = off")
        ->default_val(9120);
    app.add_option("--health-probe-port",
                   options.health_probe_port,
                   "/healthz and /readyz on 127.0.0.1; 0 = off")
        ->default_val(17472);
    app.add_option("--log-level", options.log_level, "all, debug, info, warn, error or none")
        ->default_val("info");
    app.add_flag("--keep-foreign-status",
                 options.keep_foreign_status,
                 "While there is no pool, leave the statuses of services alone");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error);
        return std::nullopt;
    }
    return options;
}

}  // namespace ferro::controller
