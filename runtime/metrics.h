// Metrics: named counters, gauges and histograms, and their text for Prometheus (version 0.0.4).
//
// A metric name is one *family*; each set of labels in it is one *series*. Asking for a series
// again gives the same one. Names come out exactly as given: nothing appends "_total" (spec 5.3).
// Series are written sorted by name and labels; a family without series is not written.
//
//     Counter sent = metrics.counter("metallb_layer2_gratuitous_sent", "packets", {{"ip", ip}});
//     sent.add();
//
// Values that live elsewhere (per-thread counters of the packet thread) are not copied in: a
// *collector* is asked for them at each scrape.
//
// Own code and not prometheus-cpp: docs/decisions/0003-resident-memory.md.
//
// Threads: any. A handle is a pointer and its operations are atomic; hold on to handles on hot
// paths, since finding a series takes a lock and compares labels.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferro::runtime {

using MetricLabels = std::map<std::string, std::string>;

/// Only rises. A handle stays usable after its series was removed; nobody reads it then.
class Counter {
  public:
    void add(double amount = 1);
    [[nodiscard]] double value() const;

  private:
    friend class Metrics;

    explicit Counter(std::shared_ptr<std::atomic<double>> series) : series_(std::move(series)) {}

    std::shared_ptr<std::atomic<double>> series_;
};

class Gauge {
  public:
    void set(double value);
    void add(double amount);
    [[nodiscard]] double value() const;

  private:
    friend class Metrics;

    explicit Gauge(std::shared_ptr<std::atomic<double>> series) : series_(std::move(series)) {}

    std::shared_ptr<std::atomic<double>> series_;
};

class Histogram {
  public:
    void observe(double value);

  private:
    friend class Metrics;

    struct Series;

    explicit Histogram(std::shared_ptr<Series> series) : series_(std::move(series)) {}

    std::shared_ptr<Series> series_;
};

/// One series as a collector reports it.
struct MetricSample {
    MetricLabels labels;
    double value = 0;
};

enum class MetricKind : std::uint8_t { counter, gauge, histogram };

class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// The series, made with value 0 if it is not there. Name and label names must be valid for
    /// Prometheus, and a name has one kind (CHECK): they are written in our own code. Label values
    /// may be any text.
    Counter counter(const std::string& name, const std::string& help, MetricLabels labels = {});
    Gauge gauge(const std::string& name, const std::string& help, MetricLabels labels = {});

    /// `bounds` are the ascending upper bounds of the buckets, without infinity.
    Histogram histogram(const std::string& name,
                        const std::string& help,
                        const std::vector<double>& bounds,
                        MetricLabels labels = {});

    /// The series is not written any more. Nothing happens when it is not there.
    void remove(const std::string& name, const MetricLabels& labels);

    /// `samples` is called at each text(), on its thread, under the lock of this registry: it must
    /// not come back here. The family has no other series.
    void collect(const std::string& name,
                 const std::string& help,
                 MetricKind kind,
                 std::function<std::vector<MetricSample>()> samples);

    /// The whole in Prometheus' text form, content type kTextType.
    [[nodiscard]] std::string text() const;

    static constexpr const char* kTextType = "text/plain; version=0.0.4; charset=utf-8";

  private:
    struct Family;
    struct State;

    Family& family(const std::string& name, const std::string& help, MetricKind kind);

    std::unique_ptr<State> state_;
};

/// Adds what every Prometheus client library says of its process: process_cpu_seconds_total,
/// process_resident_memory_bytes, process_virtual_memory_bytes, process_open_fds, process_max_fds,
/// process_start_time_seconds.
void collect_process(Metrics& metrics);

}  // namespace ferro::runtime
