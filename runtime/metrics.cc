#include "runtime/metrics.h"

#include "core/base/check.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <string_view>
#include <utility>

namespace ferro::runtime {

// The buckets, the sum and the count belong together, so a lock and no atomics.
struct Histogram::Series {
    explicit Series(std::vector<double> upper_bounds)
        : bounds(std::move(upper_bounds)), counts(bounds.size() + 1) {}

    std::vector<double> bounds;
    std::mutex mutex;
    std::vector<std::uint64_t> counts;  ///< not cumulative; the last is above all bounds
    double sum = 0;
};

struct Metrics::Family {
    using Number = std::shared_ptr<std::atomic<double>>;

    std::string help;
    MetricKind kind = MetricKind::counter;
    std::map<MetricLabels, Number> numbers;  ///< of counters and gauges
    std::map<MetricLabels, std::shared_ptr<Histogram::Series>> histograms;
    std::function<std::vector<MetricSample>()> samples;

    const Number& number(MetricLabels labels) {
        Number& series = numbers[std::move(labels)];
        if (series == nullptr) {
            series = std::make_shared<std::atomic<double>>(0);
        }
        return series;
    }

    void write(std::string& out, const std::string& name) const;
};

struct Metrics::State {
    std::mutex mutex;
    std::map<std::string, Family> families;
};

namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Prometheus' rule for label names; metric names may also hold colons.
bool is_name(std::string_view text, bool colons) {
    const auto fits = [colons](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || (colons && c == ':');
    };
    return !text.empty() && !(text.front() >= '0' && text.front() <= '9') &&
           std::all_of(text.begin(), text.end(), fits);
}

void check_labels(const MetricLabels& labels) {
    for (const auto& [name, value] : labels) {
        CHECK(is_name(name, false) && !name.starts_with("__"),
              "label names are written in our own code");
    }
}

const char* word_of(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter:
            return "counter";
        case MetricKind::gauge:
            return "gauge";
        case MetricKind::histogram:
            return "histogram";
    }
    return "untyped";
}

void write_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || (quotes && c == '"')) {
            out += '\\';
        }
        out += c;
    }
}

/// 16 digits: what every double of up to 2^53 needs to come out whole, and 0.1 as 0.1.
std::string text_of(double value) {
    if (std::isnan(value)) {
        return "Nan";
    }
    if (std::isinf(value)) {
        return value < 0 ? "-Inf" : "+Inf";
    }
    char text[32];
    const int size = std::snprintf(text, sizeof text, "%.16g", value);
    return {text, static_cast<std::size_t>(size)};
}

/// `bound` is the label `le` of a bucket, empty for none.
void write_line(std::string& out,
                std::string_view name,
                std::string_view suffix,
                const MetricLabels& labels,
                double value,
                const std::string& bound = {}) {
    out.append(name).append(suffix);
    char before = '{';
    const auto write_label = [&](std::string_view label, std::string_view text) {
        out += before;
        before = ',';
        out.append(label).append("=\"");
        write_escaped(out, text, true);
        out += '"';
    };
    for (const auto& [label, text] : labels) {
        write_label(label, text);
    }
    if (!bound.empty()) {
        write_label("le", bound);
    }
    if (before == ',') {
        out += '}';
    }
    out.append(" ").append(text_of(value)).append("\n");
}

}  // namespace

void Metrics::Family::write(std::string& out, const std::string& name) const {
    const std::vector<MetricSample> collected = samples ? samples() : std::vector<MetricSample>{};
    if (numbers.empty() && histograms.empty() && collected.empty()) {
        return;
    }
    out.append("# HELP ").append(name).append(" ");
    write_escaped(out, help, false);
    out.append("\n# TYPE ").append(name).append(" ").append(word_of(kind)).append("\n");
    for (const auto& [labels, number] : numbers) {
        write_line(out, name, "", labels, number->load());
    }
    for (const MetricSample& sample : collected) {
        write_line(out, name, "", sample.labels, sample.value);
    }
    for (const auto& [labels, series] : histograms) {
        const std::lock_guard lock(series->mutex);
        std::uint64_t count = 0;
        for (const std::uint64_t in_bucket : series->counts) {
            count += in_bucket;
        }
        write_line(out, name, "_count", labels, static_cast<double>(count));
        write_line(out, name, "_sum", labels, series->sum);
        std::uint64_t cumulative = 0;
        for (std::size_t i = 0; i < series->counts.size(); ++i) {
            cumulative += series->counts[i];
            const std::string bound =
                i < series->bounds.size() ? text_of(series->bounds[i]) : "+Inf";
            write_line(out, name, "_bucket", labels, static_cast<double>(cumulative), bound);
        }
    }
}

void Counter::add(double amount) {
    if (amount > 0) {
        series_->fetch_add(amount, std::memory_order_relaxed);
    }
}

double Counter::value() const {
    return series_->load(std::memory_order_relaxed);
}

void Gauge::set(double value) {
    series_->store(value, std::memory_order_relaxed);
}

void Gauge::add(double amount) {
    series_->fetch_add(amount, std::memory_order_relaxed);
}

double Gauge::value() const {
    return series_->load(std::memory_order_relaxed);
}

void Histogram::observe(double value) {
    const auto& bounds = series_->bounds;
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
    const std::lock_guard lock(series_->mutex);
    ++series_->counts[static_cast<std::size_t>(bucket)];
    series_->sum += value;
}

Metrics::Metrics() : state_(std::make_unique<State>()) {}

Metrics::~Metrics() = default;

Metrics::Family& Metrics::family(const std::string& name,
                                 const std::string& help,
                                 MetricKind kind) {
    const auto [found, is_new] = state_->families.try_emplace(name);
    if (is_new) {
        CHECK(is_name(name, true), "metric names are written in our own code");
        found->second.help = help;
        found->second.kind = kind;
    }
    CHECK(found->second.kind == kind, "a metric name has one kind");
    return found->second;
}

Counter Metrics::counter(const std::string& name, const std::string& help, MetricLabels labels) {
    const std::lock_guard lock(state_->mutex);
    check_labels(labels);
    return Counter{family(name, help, MetricKind::counter).number(std::move(labels))};
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, MetricLabels labels) {
    const std::lock_guard lock(state_->mutex);
    check_labels(labels);
    return Gauge{family(name, help, MetricKind::gauge).number(std::move(labels))};
}

Histogram Metrics::histogram(const std::string& name,
                             const std::string& help,
                             const std::vector<double>& bounds,
                             MetricLabels labels) {
    const std::lock_guard lock(state_->mutex);
    check_labels(labels);
    auto& series = family(name, help, MetricKind::histogram).histograms[std::move(labels)];
    if (series == nullptr) {
        series = std::make_shared<Histogram::Series>(bounds);
    }
    return Histogram{series};
}

void Metrics::remove(const std::string& name, const MetricLabels& labels) {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->families.find(name);
    if (found != state_->families.end()) {
        found->second.numbers.erase(labels);
        found->second.histograms.erase(labels);
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
    std::string out;
    const std::lock_guard lock(state_->mutex);
    for (const auto& [name, family] : state_->families) {
        family.write(out, name);
    }
    return out;
}

}  // namespace ferro::runtime
