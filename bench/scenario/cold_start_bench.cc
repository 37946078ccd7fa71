// cold_start: a folder full of services, nothing running. From starting the controller and one
// speaker (two processes, the feed with mutual TLS) until a client that asks for all addresses by
// ARP has had an answer for each: every service is by then read, checked, allocated, stored,
// planned and announced. `cpu_s` is what controller and speaker together have used until then.
// One file per service, holding a Service and an EndpointSlice.
//
// The reference is recorded from MetalLB 0.15's controller: until the last status was written
// through an API server, its own CPU seconds; nothing is measured for it in this run.
#include "bench/support/report.h"
#include "tests/support/lab.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace ferro::bench {
namespace {

using std::chrono::steady_clock;

struct Recorded {
    std::uint32_t services;
    double seconds;
    double cpu_s;
    int repetitions;
};

constexpr Recorded kSizes[] = {{1'000, 9.5, 3.6, 5}, {10'000, 210, 136, 3}};
constexpr Recorded kQuickSizes[] = {{50, 9.5, 3.6, 1}};

struct Start {
    double seconds = 0;
    double controller_cpu_s = 0;
    double speaker_cpu_s = 0;
};

bool start_once(std::uint32_t services, Start& start) {
    test::Lab lab({.hosts = 1});
    lab.write("nodes.yaml", test::nodes_manifest({{"host-1"}}));
    lab.write("pool.yaml", test::pool_manifest(test::kServiceRange));
    const std::vector<ip::Address> addresses = test::write_services(lab, services, {"host-1"});
    const auto client = lab.client();
    const auto begin = steady_clock::now();
    lab.start_controller();
    test::Process speaker = lab.start_speaker(1);
    std::vector<ip::Address> unanswered;
    if (!test::all_answered(*client, addresses, std::chrono::seconds{300}, &unanswered)) {
        std::fprintf(stderr,
                     "cold_start: %zu addresses were not answered\n%s\n%s\n",
                     unanswered.size(),
                     lab.controller().output().substr(0, 4000).c_str(),
                     speaker.output().substr(0, 4000).c_str());
        return false;
    }
    start.seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
    start.controller_cpu_s = test::cpu_seconds(lab.controller().pid());
    start.speaker_cpu_s = test::cpu_seconds(speaker.pid());
    return true;
}

bool measure(Report& report, const Recorded& size) {
    std::vector<double> seconds;
    std::vector<double> cpu;
    std::vector<double> controller_cpu;
    for (int i = 0; i < size.repetitions; ++i) {
        Start start;
        if (!start_once(size.services, start)) {
            return false;
        }
        seconds.push_back(start.seconds);
        cpu.push_back(start.controller_cpu_s + start.speaker_cpu_s);
        controller_cpu.push_back(start.controller_cpu_s);
    }
    const std::string suffix = "/" + std::to_string(size.services) + "-folder";
    report.add({.bench = "cold_start",
                .metric = "seconds" + suffix,
                .value = summarise(seconds).median,
                .unit = "s",
                .reference = "recorded: MetalLB",
                .reference_value = size.seconds,
                .n = seconds.size()});
    report.add({.bench = "cold_start",
                .metric = "cpu_s" + suffix,
                .value = summarise(cpu).median,
                .unit = "s",
                .reference = "recorded: MetalLB",
                .reference_value = size.cpu_s,
                .n = cpu.size()});
    report.note("of it the controller: " + std::to_string(summarise(controller_cpu).median) +
                " CPU s");
    return true;
}

}  // namespace
}  // namespace ferro::bench

int main(int argc, char** argv) {
    using namespace ferro::bench;
    Report report(argc, argv);
    bool complete = true;
    for (const Recorded& size : report.quick() ? std::span<const Recorded>(kQuickSizes)
                                               : std::span<const Recorded>(kSizes)) {
        complete = measure(report, size) && complete;
    }
    return complete ? 0 : 1;
}
