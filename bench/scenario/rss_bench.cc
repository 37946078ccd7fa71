// rss: resident memory (VmRSS) of one speaker and of the controller with 0, 1,000 and 10,000
// services in the manifest folder, all announced by that speaker over the feed with mutual TLS.
// Read when a client has had an answer for every address, the last gratuitous repetition is over
// and memory has not changed for a second. Each size has fresh processes.
//
// The daemons hand back pages of their own programs after the start (runtime/memory.h): VmRSS shows
// it, the page cache does not shrink. So the anonymous part and the highest figure are told beside.
//
// References are recorded from MetalLB 0.15 with as many services in view; nothing is measured for
// them in this run.
#include "bench/support/report.h"
#include "tests/support/eventually.h"
#include "tests/support/lab.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace ferro::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

struct Recorded {
    std::uint32_t services;
    double speaker_mib;
    double controller_mib;
};

constexpr Recorded kSizes[] = {{0, 61, 55}, {1'000, 87, 78}, {10'000, 132, 194}};
constexpr Recorded kQuickSizes[] = {{0, 61, 55}, {50, 87, 78}};

/// The memory of `pid` once it has been the same for `rest`.
double settled_mib(pid_t pid, milliseconds rest) {
    std::uint64_t last = 0;
    auto since = steady_clock::now();
    test::eventually(
        [&] {
            const std::uint64_t now = test::resident_kib(pid);
            if (now != last) {
                last = now;
                since = steady_clock::now();
            }
            return steady_clock::now() - since >= rest;
        },
        seconds{60});
    return static_cast<double>(last) / 1024;
}

/// What VmRSS alone does not say.
void note_rest(Report& report, const std::string& what, pid_t pid) {
    const auto mib = [&](const char* key) {
        return std::to_string(static_cast<double>(test::resident_kib(pid, key)) / 1024);
    };
    report.note(what + ": anonymous " + mib("RssAnon") + " MiB, highest so far " + mib("VmHWM") +
                " MiB");
}

bool measure(Report& report, const Recorded& size) {
    test::Lab lab({.hosts = 1});
    lab.write("nodes.yaml", test::nodes_manifest({{"host-1"}}));
    lab.write("pool.yaml", test::pool_manifest(test::kServiceRange));
    const std::vector<ip::Address> addresses = test::write_services(lab, size.services, {"host-1"});
    lab.start_controller();
    test::Process speaker = lab.start_speaker(1);
    const auto client = lab.client();
    const bool connected = test::eventually(
        [&] {
            return lab.ferroctl({"speakers", "-o", "json"}).output.find("\"connected\": true") !=
                   std::string::npos;
        },
        seconds{30});
    if (!connected || !test::all_answered(*client, addresses, seconds{300})) {
        std::fprintf(stderr,
                     "rss: not all addresses were answered\n%s\n%s\n",
                     lab.controller().output().substr(0, 4000).c_str(),
                     speaker.output().substr(0, 4000).c_str());
        return false;
    }
    // Gratuitous frames are repeated every 1.1 s (spec 3.11).
    test::frames_until_quiet(*client, report.quick() ? milliseconds{10} : milliseconds{1500});
    const milliseconds rest{report.quick() ? 10 : 1000};
    const std::string suffix = "/" + std::to_string(size.services);
    report.add({.bench = "rss",
                .metric = "speaker_mib" + suffix,
                .value = settled_mib(speaker.pid(), rest),
                .unit = "MiB",
                .reference = "recorded: MetalLB",
                .reference_value = size.speaker_mib});
    report.add({.bench = "rss",
                .metric = "controller_mib" + suffix,
                .value = settled_mib(lab.controller().pid(), rest),
                .unit = "MiB",
                .reference = "recorded: MetalLB",
                .reference_value = size.controller_mib});
    note_rest(report, "speaker" + suffix, speaker.pid());
    note_rest(report, "controller" + suffix, lab.controller().pid());
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
