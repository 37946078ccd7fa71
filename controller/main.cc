// ferrolb-controller: wiring only. Folder and ledger make the source; the source feeds the
// controller; the controller feeds the speakers and answers ferroctl.
#include "controller/app/control_view.h"
#include "controller/app/controller.h"
#include "controller/app/options.h"
#include "controller/control/control_server.h"
#include "controller/feed/feed_server.h"
#include "kube/io/ledger.h"
#include "kube/io/manifest_source.h"
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/loop.h"
#include "runtime/memory.h"
#include "runtime/metrics.h"
#include "runtime/observability.h"
#include "runtime/version.h"

#include <csignal>
#include <cstring>

namespace ferro::controller {
namespace {

int failed(const Error& error) {
    runtime::log_error(error.context,
                       {{"event", "startFailed"}, {"reason", to_string(error.code)}});
    return 1;
}

Result<std::unique_ptr<FeedServer>> start_feed(runtime::Loop& loop, const Options& options) {
    FeedServerOptions feed;
    TRY(feed.endpoint, feed::FeedEndpoint::parse(options.feed_listen));
    feed.tls = {options.feed_cert, options.feed_key, options.feed_ca};
    feed.plain = options.feed_insecure ? feed::PlainTcp::anywhere : feed::PlainTcp::loopback_only;
    feed.version = runtime::version().number;
    if (options.feed_insecure) {
        runtime::log_warn(
            "the feed is served without TLS: anybody who reaches it can read it and report",
            {{"event", "feedInsecure"}});
    }
    return FeedServer::start(loop, std::move(feed));
}

/// What the ledger's opening has to say to people, beyond that all is well.
std::string report_ledger(const kube::LedgerOpening& opening) {
    const bool well =
        opening.found == kube::LedgerFound::intact || opening.found == kube::LedgerFound::nothing;
    if (well) {
        runtime::log_info(opening.to_string(), {{"event", "ledgerOpened"}});
        return "";
    }
    runtime::log_error(opening.to_string(),
                       {{"event", "ledgerOpened"}, {"reason", to_string(opening.found)}});
    return opening.to_string();
}

std::map<model::ServiceKey, WallTime> allocated_since(kube::Ledger& ledger) {
    std::map<model::ServiceKey, WallTime> since;
    if (const auto entries = ledger.entries(); entries) {
        for (const kube::LedgerEntry& entry : *entries) {
            since.emplace(entry.status.service, entry.since);
        }
    }
    return since;
}

int run(const Options& options) {
    const auto level = runtime::parse_log_level(options.log_level);
    if (!level) {
        return failed(level.error());
    }
    runtime::set_log_level(*level);
    const runtime::Version version = runtime::version();
    runtime::log_info("FerroLB controller starting version " + version.number + " (commit " +
                          version.commit + ")",
                      {{"version", version.number}, {"commit", version.commit}});
    const Instant started = runtime::monotonic_now();

    auto ledger = kube::Ledger::open({.state_dir = options.state_dir});
    if (!ledger) {
        return failed(ledger.error());
    }
    const std::string ledger_condition = report_ledger((*ledger)->opening());

    runtime::Loop loop;
    runtime::Metrics metrics;
    runtime::collect_process(metrics);
    auto feed = start_feed(loop, options);
    if (!feed) {
        return failed(feed.error().in("serving the feed (--feed-listen)"));
    }
    kube::ManifestSource source(loop, options.manifests, **ledger);
    Controller controller(loop,
                          source,
                          feed->get(),
                          metrics,
                          {.own_namespace = options.own_namespace,
                           .load_balancer_class = options.load_balancer_class,
                           .keep_foreign_status = options.keep_foreign_status});
    ControlView view({.controller = &controller,
                      .feed = feed->get(),
                      .allocated_since = [&] { return allocated_since(**ledger); },
                      .source = "manifests",
                      .source_detail = options.manifests,
                      .started = started,
                      .ledger_condition = ledger_condition});
    auto control = ControlServer::start(
        loop, view, {.socket = options.control_socket, .group = options.control_group});
    if (!control) {
        return failed(control.error().in("listening for ferroctl (--control-socket)"));
    }
    auto observability = runtime::Observability::start(
        loop, metrics, {options.port, options.health_probe_port}, [&] {
            return controller.synchronised();
        });
    if (!observability) {
        return failed(observability.error());
    }
    runtime::SignalWatch signals(loop, {SIGINT, SIGTERM, SIGQUIT}, [&](int number) {
        runtime::log_info("stopping", {{"event", "stopping"}, {"signal", strsignal(number)}});
        loop.stop();
    });
    if (auto begun = controller.start(); !begun) {
        return failed(begun.error());
    }
    loop.run();
    return 0;
}

}  // namespace
}  // namespace ferro::controller

int main(int argc, char** argv) {
    int exit_code = 0;
    ferro::runtime::limit_malloc();
    const auto options = ferro::controller::parse_options(argc, argv, exit_code);
    return options ? ferro::controller::run(*options) : exit_code;
}
