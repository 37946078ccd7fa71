// Metrics: the text that Prometheus reads, to the byte.
#include "runtime/metrics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace ferro::runtime {
namespace {

TEST(Metrics, WritesNamesAsGivenSortedByNameAndLabels) {
    Metrics metrics;
    Counter second = metrics.counter("metallb_layer2_requests_received", "Requests", {{"ip", "b"}});
    Counter first = metrics.counter("metallb_layer2_requests_received", "Requests", {{"ip", "a"}});
    metrics.gauge("metallb_allocator_addresses_total", "Capacity", {{"pool", "p"}}).set(256);
    first.add();
    second.add(41);
    second.add();
    EXPECT_EQ(metrics.text(),
              "# HELP metallb_allocator_addresses_total Capacity\n"
              "# TYPE metallb_allocator_addresses_total gauge\n"
              "metallb_allocator_addresses_total{pool=\"p\"} 256\n"
              "# HELP metallb_layer2_requests_received Requests\n"
              "# TYPE metallb_layer2_requests_received counter\n"
              "metallb_layer2_requests_received{ip=\"a\"} 1\n"
              "metallb_layer2_requests_received{ip=\"b\"} 42\n");
}

TEST(Metrics, GivesTheSameSeriesForTheSameLabels) {
    Metrics metrics;
    metrics.counter("c", "help").add(2);
    metrics.counter("c", "help").add(3);
    EXPECT_EQ(metrics.counter("c", "help").value(), 5);
    Gauge gauge = metrics.gauge("g", "help");
    gauge.set(10);
    gauge.add(-4);
    EXPECT_EQ(metrics.gauge("g", "help").value(), 6);
}

TEST(Metrics, EscapesLabelValues) {
    Metrics metrics;
    metrics.gauge("g", "line\nbreak \\ back", {{"service", "a\"b\\c\nd"}}).set(1);
    EXPECT_NE(metrics.text().find("g{service=\"a\\\"b\\\\c\\nd\"} 1\n"), std::string::npos)
        << metrics.text();
}

TEST(Metrics, DropsARemovedSeriesWhileItsHandleStaysHarmless) {
    Metrics metrics;
    Gauge held = metrics.gauge("metallb_speaker_announced", "help", {{"ip", "10.0.0.1"}});
    held.set(1);
    metrics.remove("metallb_speaker_announced", {{"ip", "10.0.0.1"}});
    metrics.remove("metallb_speaker_announced", {{"ip", "never there"}});
    metrics.remove("no_such_family", {});
    held.set(2);
    EXPECT_EQ(metrics.text(), "") << "a family without series is not written";
    EXPECT_EQ(metrics.gauge("metallb_speaker_announced", "help", {{"ip", "10.0.0.1"}}).value(), 0);
}

TEST(Metrics, AsksCollectorsAtEachScrape) {
    Metrics metrics;
    double value = 1;
    metrics.collect("packets", "help", MetricKind::counter, [&] {
        return std::vector<MetricSample>{{{{"ip", "10.0.0.1"}}, value}, {{}, 0.5}};
    });
    EXPECT_NE(metrics.text().find("packets{ip=\"10.0.0.1\"} 1\npackets 0.5\n"), std::string::npos)
        << metrics.text();
    value = 9007199254740992;  // 2^53: no exponent, no rounding
    EXPECT_NE(metrics.text().find("packets{ip=\"10.0.0.1\"} 9007199254740992"), std::string::npos)
        << metrics.text();
}

TEST(Metrics, WritesHistogramsWithCumulativeBuckets) {
    Metrics metrics;
    Histogram histogram = metrics.histogram("seconds", "help", {0.5, 1}, {{"step", "plan"}});
    histogram.observe(0.25);
    histogram.observe(0.75);
    histogram.observe(5);
    EXPECT_EQ(metrics.text(),
              "# HELP seconds help\n"
              "# TYPE seconds histogram\n"
              "seconds_count{step=\"plan\"} 3\n"
              "seconds_sum{step=\"plan\"} 6\n"
              "seconds_bucket{step=\"plan\",le=\"0.5\"} 1\n"
              "seconds_bucket{step=\"plan\",le=\"1\"} 2\n"
              "seconds_bucket{step=\"plan\",le=\"+Inf\"} 3\n");
}

TEST(Metrics, CountsFromManyThreadsWhileItIsScraped) {
    Metrics metrics;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&metrics] {
            Counter counter = metrics.counter("c", "help");
            for (int j = 0; j < 10000; ++j) {
                counter.add();
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(metrics.text().find("garbage") != std::string::npos);
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(metrics.counter("c", "help").value(), 40000);
}

TEST(Metrics, TellsOfTheProcess) {
    Metrics metrics;
    collect_process(metrics);
    const std::string text = metrics.text();
    for (const char* name : {"process_cpu_seconds_total",
                             "process_resident_memory_bytes",
                             "process_virtual_memory_bytes",
                             "process_start_time_seconds",
                             "process_open_fds",
                             "process_max_fds"}) {
        const std::size_t at = text.find("\n" + std::string(name) + " ");
        ASSERT_NE(at, std::string::npos) << name << " in " << text;
        const double value = std::stod(text.substr(at + std::string(name).size() + 2));
        EXPECT_GT(value + (name == std::string("process_cpu_seconds_total") ? 1 : 0), 0) << name;
    }
}

TEST(MetricsDeathTest, RefusesANameOfTwoKinds) {
    Metrics metrics;
    metrics.counter("c", "help");
    EXPECT_DEATH(metrics.gauge("c", "help"), "one kind");
    EXPECT_DEATH(metrics.counter("with blank", "help"), "metric names");
}

}  // namespace
}  // namespace ferro::runtime
