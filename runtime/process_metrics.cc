// The process_* metrics, read from /proc/self at each scrape.
#include "runtime/files.h"
#include "runtime/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace ferro::runtime {
namespace {

// Fields of /proc/self/stat after the command, which may hold blanks and parentheses; numbered as
// in proc(5), where the state is field 3.
double stat_field(int number) {
    const Result<std::string> stat = read_small_file("/proc/self/stat", 4096);
    if (!stat) {
        return 0;
    }
    std::istringstream fields(stat->substr(stat->rfind(')') + 1));
    std::string field;
    for (int at = 3; at <= number; ++at) {
        fields >> field;
    }
    return std::strtod(field.c_str(), nullptr);
}

double ticks_per_second() {
    return static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double cpu_seconds() {
    return (stat_field(14) + stat_field(15)) / ticks_per_second();
}

double resident_bytes() {
    return stat_field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double virtual_bytes() {
    return stat_field(23);
}

double start_seconds() {
    const Result<std::string> stat = read_small_file("/proc/stat", 1 << 20);
    if (!stat) {
        return 0;
    }
    const std::size_t at = stat->find("btime ");
    const double boot = at == std::string::npos ? 0 : std::strtod(stat->c_str() + at + 6, nullptr);
    return boot + stat_field(22) / ticks_per_second();
}

double open_fds() {
    std::error_code ignored;
    double count = 0;
    for (std::filesystem::directory_iterator at("/proc/self/fd", ignored), end; at != end;
         at.increment(ignored)) {
        ++count;
    }
    return count > 0 ? count - 1 : 0;  // the one that reads the folder
}

double max_fds() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<double>(limit.rlim_cur);
}

}  // namespace

void collect_process(Metrics& metrics) {
    const auto add = [&](const char* name, const char* help, MetricKind kind, double (*read)()) {
        metrics.collect(name, help, kind, [read] {
            return std::vector<MetricSample>{MetricSample{{}, read()}};
        });
    };
    add("process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
        MetricKind::counter,
        &cpu_seconds);
    add("process_resident_memory_bytes",
        "Resident memory size in bytes.",
        MetricKind::gauge,
        &resident_bytes);
    add("process_virtual_memory_bytes",
        "Virtual memory size in bytes.",
        MetricKind::gauge,
        &virtual_bytes);
    add("process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        MetricKind::gauge,
        &start_seconds);
    add("process_open_fds", "Number of open file descriptors.", MetricKind::gauge, &open_fds);
    add("process_max_fds", "Maximum number of open file descriptors.", MetricKind::gauge, &max_fds);
}

}  // namespace ferro::runtime
