#include "bench/support/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace ferro::bench {
namespace {

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + '"';
}

/// Six significant digits: more than any of these measurements carries.
std::string number(double value) {
    if (!std::isfinite(value)) {
        return "null";
    }
    std::array<char, 40> text{};
    const bool whole = std::abs(value) < 1e15 && value == std::floor(value);
    std::snprintf(text.data(), text.size(), whole ? "%.0f" : "%.6g", value);
    return text.data();
}

std::string ratio_of(const Figure& figure) {
    return figure.reference.empty() || figure.reference_value == 0
               ? "null"
               : number(figure.value / figure.reference_value);
}

[[noreturn]] void usage(const char* program, int code) {
    std::fprintf(code == 0 ? stdout : stderr,
                 "usage: %s [-o json] [--quick]\n"
                 "  -o json   one JSON object a line instead of a table\n"
                 "  --quick   tiny sizes: shows that the bench works, not how fast it is\n",
                 program);
    std::exit(code);
}

}  // namespace

Report::Report(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--quick") {
            quick_ = true;
        } else if (word == "-o" && i + 1 < argc && std::string_view(argv[i + 1]) == "json") {
            json_ = true;
            ++i;
        } else if (word == "-o" && i + 1 < argc && std::string_view(argv[i + 1]) == "table") {
            ++i;
        } else {
            usage(argv[0], word == "--help" ? 0 : 2);
        }
    }
}

void Report::add(const Figure& figure) {
    if (json_) {
        const bool has_reference = !figure.reference.empty();
        std::printf(
            "{\"bench\":%s,\"metric\":%s,\"value\":%s,\"unit\":%s,\"reference\":%s,"
            "\"reference_value\":%s,\"ratio\":%s,\"n\":%llu}\n",
            quoted(figure.bench).c_str(),
            quoted(figure.metric).c_str(),
            number(figure.value).c_str(),
            quoted(figure.unit).c_str(),
            has_reference ? quoted(figure.reference).c_str() : "null",
            has_reference ? number(figure.reference_value).c_str() : "null",
            ratio_of(figure).c_str(),
            static_cast<unsigned long long>(figure.n));
    } else {
        if (!header_printed_) {
            std::printf("%-14s %-30s %12s %-6s %12s %9s %6s  %s\n",
                        "bench",
                        "metric",
                        "value",
                        "unit",
                        "reference",
                        "ratio",
                        "n",
                        "reference is");
            header_printed_ = true;
        }
        const std::string ratio = ratio_of(figure);
        std::printf("%-14s %-30s %12s %-6s %12s %9s %6llu  %s\n",
                    figure.bench.c_str(),
                    figure.metric.c_str(),
                    number(figure.value).c_str(),
                    figure.unit.c_str(),
                    figure.reference.empty() ? "-" : number(figure.reference_value).c_str(),
                    ratio == "null" ? "-" : ratio.c_str(),
                    static_cast<unsigned long long>(figure.n),
                    figure.reference.empty() ? "-" : figure.reference.c_str());
    }
    std::fflush(stdout);
}

void Report::note(std::string_view text) {
    std::fprintf(json_ ? stderr : stdout, "# %.*s\n", static_cast<int>(text.size()), text.data());
    std::fflush(json_ ? stderr : stdout);
}

double quantile(std::vector<double> samples, double fraction) {
    if (samples.empty()) {
        return 0;
    }
    const double rank = std::ceil(fraction * static_cast<double>(samples.size()));
    const std::size_t index =
        std::min(samples.size() - 1, static_cast<std::size_t>(std::max(rank, 1.0)) - 1);
    std::nth_element(
        samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(index), samples.end());
    return samples[index];
}

Summary summarise(std::vector<double> samples) {
    return Summary{quantile(samples, 0.5), quantile(samples, 0.25), quantile(samples, 0.75)};
}

void Checksum::add(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
        state_ = (state_ ^ ((value >> shift) & 0xFFU)) * 0x100000001B3ULL;
    }
}

void Checksum::add(std::string_view text) {
    for (const char c : text) {
        state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
}

std::string Checksum::to_string() const {
    std::array<char, 20> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(state_));
    return text.data();
}

}  // namespace ferro::bench
