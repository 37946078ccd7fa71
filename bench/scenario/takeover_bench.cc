// takeover: all addresses belong to host-1; one edit of a manifest excludes host-1 and admits
// host-2. From the moment the file is renamed into the folder until a client has seen the first
// gratuitous frame of host-2 (`first_announcement_ms`), and until it has seen one for every address
// (`all_announced_ms`). The way of the data is whole: folder, controller, feed with mutual TLS,
// speaker, wire.
#include "bench/support/report.h"
#include "tests/support/eventually.h"
#include "tests/support/lab.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace ferro::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::Eligible;

constexpr std::uint32_t kSizes[] = {1, 1'000, 10'000};
constexpr std::uint32_t kQuickSizes[] = {1, 50};

struct Times {
    std::vector<double> first_ms;
    std::vector<double> all_ms;
};

/// Makes host `owner` the only eligible one and waits until all addresses were announced from its
/// MAC.
bool take_over(const test::Lab& lab,
               test::ArpClient& client,
               std::uint32_t services,
               int owner,
               Times& times) {
    test::frames_until_quiet(client, milliseconds{0});
    const auto begin = steady_clock::now();
    lab.write("nodes.yaml",
              test::nodes_manifest({{"host-1", owner == 1 ? Eligible::yes : Eligible::no},
                                    {"host-2", owner == 2 ? Eligible::yes : Eligible::no}}));
    const auto passed_ms = [&] {
        return std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count();
    };
    std::set<ip::Address> announced;
    while (announced.size() < services && passed_ms() < 60'000) {
        for (const layer2::ArpFrame& frame : client.receive(milliseconds{100})) {
            if (frame.sender_ip == frame.target_ip && frame.sender_mac == lab.mac_of(owner)) {
                if (announced.empty()) {
                    times.first_ms.push_back(passed_ms());
                }
                announced.insert(frame.sender_ip);
            }
        }
    }
    times.all_ms.push_back(passed_ms());
    return announced.size() == services;
}

bool measure(Report& report, std::uint32_t services) {
    test::Lab lab({.hosts = 2});
    lab.write("nodes.yaml", test::nodes_manifest({{"host-1"}, {"host-2", Eligible::no}}));
    lab.write("pool.yaml", test::pool_manifest(test::kServiceRange));
    const std::vector<ip::Address> addresses =
        test::write_services(lab, services, {"host-1", "host-2"});
    lab.start_controller();
    test::Process first = lab.start_speaker(1);
    test::Process second = lab.start_speaker(2);
    const auto client = lab.client();
    if (!test::all_answered(*client, addresses, std::chrono::seconds{300})) {
        std::fprintf(stderr, "takeover: not all addresses were answered\n");
        return false;
    }
    Times times;
    const int turns = report.quick() ? 2 : 6;
    for (int turn = 0; turn < turns; ++turn) {
        // Between two repetitions of the last announcement (every 1.1 s, spec 3.11): those come
        // from the host that is to lose the addresses.
        test::frames_until_quiet(*client, milliseconds{report.quick() ? 1 : 50});
        if (!take_over(lab, *client, services, turn % 2 == 0 ? 2 : 1, times)) {
            std::fprintf(stderr, "takeover: not all addresses were announced\n");
            return false;
        }
    }
    const std::string suffix = "/" + std::to_string(services);
    report.add({.bench = "takeover",
                .metric = "first_announcement_ms" + suffix,
                .value = summarise(times.first_ms).median,
                .unit = "ms",
                .reference = "",
                .n = times.first_ms.size()});
    report.add({.bench = "takeover",
                .metric = "all_announced_ms" + suffix,
                .value = summarise(times.all_ms).median,
                .unit = "ms",
                .reference = "",
                .n = times.all_ms.size()});
    return true;
}

}  // namespace
}  // namespace ferro::bench

int main(int argc, char** argv) {
    using namespace ferro::bench;
    Report report(argc, argv);
    bool complete = true;
    for (const std::uint32_t services : report.quick() ? std::span<const std::uint32_t>(kQuickSizes)
                                                       : std::span<const std::uint32_t>(kSizes)) {
        complete = measure(report, services) && complete;
    }
    return complete ? 0 : 1;
}
