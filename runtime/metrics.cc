#include "runtime/metrics.h"

#include "core/base/check.h"

#include <prometheus/check_names.h>
#include <prometheus/client_metric.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <mutex>
#include <sstream>
#include <utility>
#include <variant>

namespace ferro::runtime {

using Series = std::variant<std::shared_ptr<prometheus::Counter>,
                            std::shared_ptr<prometheus::Gauge>,
                            std::shared_ptr<prometheus::Histogram>>;

struct Metrics::Family {
    std::string help;
    MetricKind kind = MetricKind::counter;
    std::map<MetricLabels, Series> series;
    std::function<std::vector<MetricSample>()> samples;
};

// Families are kept here instead of in prometheus::Registry, whose series are owned by the family
// and die under the handles when they are removed, and whose order of output is that of a hash.
struct Metrics::State {
    std::mutex mutex;
    std::map<std::string, Family> families;
};

namespace {

prometheus::MetricType type_of(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter:
            return prometheus::MetricType::Counter;
        case MetricKind::gauge:
            return prometheus::MetricType::Gauge;
        case MetricKind::histogram:
            return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

void set_labels(prometheus::ClientMetric& metric, const MetricLabels& labels) {
    for (const auto& [name, value] : labels) {
        prometheus::ClientMetric::Label label;
        label.name = name;
        label.value = value;
        metric.label.push_back(std::move(label));
    }
}

prometheus::ClientMetric collected(const MetricSample& sample, MetricKind kind) {
    prometheus::ClientMetric metric;
    set_labels(metric, sample.labels);
    if (kind == MetricKind::counter) {
        metric.counter.value = sample.value;
    } else {
        metric.gauge.value = sample.value;
    }
    return metric;
}

void check_labels(const MetricLabels& labels) {
    for (const auto& [name, value] : labels) {
        CHECK(prometheus::CheckLabelName(name), "label names are written in our own code");
    }
}

}  // namespace

void Counter::add(double amount) {
    series_->Increment(amount);
}

double Counter::value() const {
    return series_->Value();
}

void Gauge::set(double value) {
    series_->Set(value);
}

void Gauge::add(double amount) {
    series_->Increment(amount);
}

double Gauge::value() const {
    return series_->Value();
}

void Histogram::observe(double value) {
    series_->Observe(value);
}

Metrics::Metrics() : state_(std::make_unique<State>()) {}

Metrics::~Metrics() = default;

Metrics::Family& Metrics::family(const std::string& name,
                                 const std::string& help,
                                 MetricKind kind) {
    const auto [found, is_new] = state_->families.try_emplace(name);
    if (is_new) {
        CHECK(prometheus::CheckMetricName(name), "metric names are written in our own code");
        found->second.help = help;
        found->second.kind = kind;
    }
    CHECK(found->second.kind == kind, "a metric name has one kind");
    return found->second;
}

Counter Metrics::counter(const std::string& name, const std::string& help, MetricLabels labels) {
    const std::lock_guard lock(state_->mutex);
    check_labels(labels);
    Series& series =
        family(name, help, MetricKind::counter)
            .series.try_emplace(std::move(labels), std::shared_ptr<prometheus::Counter>{})
            .first->second;
    auto& counter = std::get<std::shared_ptr<prometheus::Counter>>(series);
    if (!counter) {
        counter = std::make_shared<prometheus::Counter>();
    }
    return Counter{counter};
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, MetricLabels labels) {
    const std::lock_guard lock(state_->mutex);
    check_labels(labels);
    Series& series =
        family(name, help, MetricKind::gauge)
            .series.try_emplace(std::move(labels), std::shared_ptr<prometheus::Gauge>{})
            .first->second;
    auto& gauge = std::get<std::shared_ptr<prometheus::Gauge>>(series);
    if (!gauge) {
        gauge = std::make_shared<prometheus::Gauge>();
    }
    return Gauge{gauge};
}

Histogram Metrics::histogram(const std::string& name,
                             const std::string& help,
                             const std::vector<double>& bounds,
                             MetricLabels labels) {
    const std::lock_guard lock(state_->mutex);
    check_labels(labels);
    Series& series =
        family(name, help, MetricKind::histogram)
            .series.try_emplace(std::move(labels), std::shared_ptr<prometheus::Histogram>{})
            .first->second;
    auto& histogram = std::get<std::shared_ptr<prometheus::Histogram>>(series);
    if (!histogram) {
        histogram = std::make_shared<prometheus::Histogram>(bounds);
    }
    return Histogram{histogram};
}

void Metrics::remove(const std::string& name, const MetricLabels& labels) {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->families.find(name);
    if (found != state_->families.end()) {
        found->second.series.erase(labels);
    }
}

void Metrics::collect(const std::string& name,
                      const std::string& help,
                      MetricKind kind,
                      std::function<std::vector<MetricSample>()> samples) {
    const std::lock_guard lock(state_->mutex);
    CHECK(kind != MetricKind::histogram, "a collector reports single values");
    family(name, help, kind).samples = std::move(samples);
}

std::string Metrics::text() const {
    std::vector<prometheus::MetricFamily> families;
    {
        const std::lock_guard lock(state_->mutex);
        for (const auto& [name, family] : state_->families) {
            prometheus::MetricFamily out{name, family.help, type_of(family.kind), {}};
            for (const auto& [labels, series] : family.series) {
                out.metric.push_back(
                    std::visit([](const auto& value) { return value->Collect(); }, series));
                set_labels(out.metric.back(), labels);
            }
            if (family.samples) {
                for (const MetricSample& sample : family.samples()) {
                    out.metric.push_back(collected(sample, family.kind));
                }
            }
            if (!out.metric.empty()) {
                families.push_back(std::move(out));
            }
        }
    }
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, families);
    return out.str();
}

}  // namespace ferro::runtime
