// ferrolb-speaker: wiring only. The feed client is the source, the speaker plans and answers, and
// what it does goes back as a report.
#include "runtime/clock.h"
#include "runtime/log.h"
#include "runtime/loop.h"
#include "runtime/memory.h"
#include "runtime/metrics.h"
#include "runtime/observability.h"
#include "runtime/privileges.h"
#include "runtime/version.h"
#include "speaker/app/options.h"
#include "speaker/app/speaker.h"
#include "speaker/feed/feed_client.h"

#include <csignal>
#include <cstring>

namespace ferro::speaker {
namespace {

int failed(const Error& error) {
    runtime::log_error(error.context,
                       {{"event", "startFailed"}, {"reason", to_string(error.code)}});
    return 1;
}

Result<feed::FeedClientOptions> feed_options(const Options& options) {
    feed::FeedClientOptions feed;
    TRY(feed.endpoint, feed::FeedEndpoint::parse(options.feed));
    feed.tls = {options.feed_cert, options.feed_key, options.feed_ca};
    feed.plain = options.feed_insecure ? feed::PlainTcp::anywhere : feed::PlainTcp::loopback_only;
    feed.node = NodeName(options.node_name);
    feed.version = runtime::version().number;
    return feed;
}

feed::FeedClientEvents feed_events(Speaker& speaker, runtime::MemoryKeeper& memory) {
    feed::FeedClientEvents events;
    events.on_changes = [&speaker, &memory](const std::vector<model::Change>& changes,
                                            kube::Delivery delivery) {
        speaker.on_changes(changes, delivery);
        memory.busy(changes.size());
    };
    events.for_each_held = [&speaker](const std::function<void(const model::ObjectRef&)>& visit) {
        speaker.for_each_held(visit);
    };
    events.full_report = [&speaker] { return speaker.full_report(); };
    return events;
}

/// Log level, the first line, and nothing but CAP_NET_RAW kept, before there is a second thread.
Result<void> prepare(const Options& options) {
    TRY(const runtime::LogLevel level, runtime::parse_log_level(options.log_level));
    runtime::set_log_level(level);
    const runtime::Version version = runtime::version();
    runtime::log_info(
        "FerroLB speaker starting version " + version.number + " (commit " + version.commit + ")",
        {{"version", version.number}, {"commit", version.commit}, {"node", options.node_name}});
    TRY_VOID(runtime::require_capability(runtime::Capability::net_raw, "to answer ARP"));
    return runtime::keep_only({runtime::Capability::net_raw});
}

int run(const Options& options) {
    if (auto prepared = prepare(options); !prepared) {
        return failed(prepared.error());
    }
    auto exclusion = layer2::InterfaceExclusion::load(options.exclude_file);
    if (!exclusion) {
        return failed(exclusion.error());
    }

    runtime::Loop loop;
    runtime::MemoryKeeper memory(loop);
    runtime::Metrics metrics;
    runtime::collect_process(metrics);
    std::unique_ptr<feed::FeedClient> client;
    auto speaker = Speaker::start(loop,
                                  metrics,
                                  {.node = NodeName(options.node_name),
                                   .own_namespace = options.own_namespace,
                                   .load_balancer_class = options.load_balancer_class,
                                   .ignore_exclude_lb = options.ignore_exclude_lb},
                                  std::move(*exclusion),
                                  [&client](const feed::ReportChanges& changes) {
                                      if (client != nullptr) {
                                          client->report(changes);
                                      }
                                  });
    if (!speaker) {
        return failed(speaker.error());
    }
    auto connection = feed_options(options);
    if (!connection) {
        return failed(connection.error());
    }
    auto started =
        feed::FeedClient::start(loop, std::move(*connection), feed_events(**speaker, memory));
    if (!started) {
        return failed(started.error().in("taking the feed (--feed)"));
    }
    client = std::move(*started);
    metrics.collect("ferro_feed_age_seconds",
                    "How old the announced state may be: 0 while level with the controller.",
                    runtime::MetricKind::gauge,
                    [&client] {
                        std::vector<runtime::MetricSample> samples;
                        if (const auto age = client->age(runtime::monotonic_now()); age) {
                            samples.push_back({{}, std::chrono::duration<double>(*age).count()});
                        }
                        return samples;
                    });
    auto observability = runtime::Observability::start(
        loop, metrics, {options.port, options.health_probe_port}, [&] {
            return (*speaker)->ready();
        });
    if (!observability) {
        return failed(observability.error());
    }
    runtime::SignalWatch signals(loop, {SIGINT, SIGTERM, SIGQUIT}, [&](int number) {
        runtime::log_info("stopping", {{"event", "stopping"}, {"signal", strsignal(number)}});
        (*speaker)->stop();
        loop.stop();
    });
    loop.run();
    client.reset();
    return 0;
}

}  // namespace
}  // namespace ferro::speaker

int main(int argc, char** argv) {
    int exit_code = 0;
    ferro::runtime::limit_malloc();
    const auto options = ferro::speaker::parse_options(argc, argv, exit_code);
    return options ? ferro::speaker::run(*options) : exit_code;
}
