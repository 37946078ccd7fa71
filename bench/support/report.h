// Report: how every bench program speaks. One line a figure, as a table for people or as one JSON
// object a line for machines, with the reference that was measured in the same run beside it
// (docs/ARCHITECTURE.md, "Benches and their names").
//
// Flags it understands: `-o json`, `--quick` (tiny sizes, for the bench_smoke tests), `--help`.
// Anything else ends the program with exit code 2.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::bench {

/// One figure. `metric` is `what_unit/size`, as in "allocation_ns/v4-16".
struct Figure {
    std::string bench;
    std::string metric;
    double value = 0;
    std::string unit;
    /// What it is compared with; empty when there is no reference. A reference that was not
    /// measured in this run says so in its name ("recorded: ...").
    std::string reference;
    double reference_value = 0;
    /// How many repetitions (or samples) stand behind the value.
    std::uint64_t n = 1;
};

class Report {
  public:
    Report(int argc, char** argv);

    /// Prints the figure at once. Speed is judged by value / reference_value.
    void add(const Figure& figure);

    /// A remark for people (a checksum, a spread): into the table, or to stderr beside JSON.
    void note(std::string_view text);

    /// Sizes shall be tiny and the run take well under a second: the figures mean nothing, only
    /// that the bench still works.
    [[nodiscard]] bool quick() const { return quick_; }

  private:
    bool json_ = false;
    bool quick_ = false;
    bool header_printed_ = false;
};

/// Median and quartile spread of repetitions; all zero for no samples.
struct Summary {
    double median = 0;
    double low = 0;   ///< lower quartile
    double high = 0;  ///< upper quartile
};

Summary summarise(std::vector<double> samples);

/// The value below which `fraction` (0..1) of the samples lie: nearest rank. 0 for no samples.
double quantile(std::vector<double> samples, double fraction);

/// A running FNV-1a hash over what a bench computed: printed, so that the work cannot be optimised
/// away and two runs can be compared.
class Checksum {
  public:
    void add(std::uint64_t value);
    void add(std::string_view text);

    /// Sixteen hex digits.
    [[nodiscard]] std::string to_string() const;

  private:
    std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

}  // namespace ferro::bench
