#include "speaker/app/options.h"

#include "runtime/version.h"

#include <CLI/CLI.hpp>

namespace ferro::speaker {

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
    Options options;
    CLI::App app("Answers on this node's LAN for the addresses that it owns.", "ferrolb-speaker");
    const runtime::Version version = runtime::version();
    app.set_version_flag("--version",
                         "ferrolb-speaker " + version.number + " (" + version.commit + ")");
    app.add_option("--node-name", options.node_name, "Name of this node's Node object")
        ->envname("METALLB_NODE_NAME")
        ->required();
    app.add_option(
           "--namespace", options.own_namespace, "Namespace in which metallb.io objects are read")
        ->envname("METALLB_NAMESPACE")
        ->default_val("metallb-system");
    app.add_option(
        "--lb-class", options.load_balancer_class, "Serve only services of this loadBalancerClass");
    app.add_option("--feed", options.feed, "The controller's feed: unix:PATH or HOST:PORT")
        ->default_val("unix:/run/ferrolb/feed.sock");
    app.add_option("--feed-cert",
                   options.feed_cert,
                   "This speaker's certificate (PEM); its name is the node's")
        ->type_name("FILE");
    app.add_option("--feed-key", options.feed_key, "Its private key (PEM)")->type_name("FILE");
    app.add_option("--feed-ca",
                   options.feed_ca,
                   "The authority that signed the controller's certificate (PEM)")
        ->type_name("FILE");
    app.add_flag("--feed-insecure",
                 options.feed_insecure,
                 "Take the feed without TLS from beyond loopback: anybody can forge it");
    app.add_option("--exclude-l2-config",
                   options.exclude_file,
                   "YAML file: announcedInterfacesToExclude, a list of regexes")
        ->default_val("/etc/metallb/excludel2.yaml")
        ->type_name("FILE");
    app.add_flag(
        "--ignore-exclude-lb",
        options.ignore_exclude_lb,
        "Announce from nodes labelled node.kubernetes.io/exclude-from-external-load-balancers too");
    app.add_option("--port", options.port, "Metrics over plain HTTP on 127.0.0.1; 0 = off")
        ->default_val(9120);
    app.add_option("--health-probe-port",
                   options.health_probe_port,
                   "/healthz and /readyz on 127.0.0.1; 0 = off")
        ->default_val(17472);
    app.add_option("--log-level", options.log_level, "all, debug, info, warn, error or none")
        ->default_val("info");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error);
        return std::nullopt;
    }
    return options;
}

}  // namespace ferro::speaker
