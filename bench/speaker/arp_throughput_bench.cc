// arp_throughput: how many ARP replies a second a client gets that keeps 64 questions open, at 1
// and at 10,000 announced addresses, against the kernel answering for its own address over the same
// veth, in turns of half a second. `cpu_s_per_100k` is the CPU time of both sides: the kernel
// answers in the context of the client's send(), so its own share cannot be told apart.
#include "bench/speaker/arp_wire.h"
#include "bench/support/report.h"

#include <string>
#include <vector>

namespace ferro::bench {
namespace {

constexpr std::uint32_t kWindow = 64;

struct Turns {
    std::vector<double> rates;
    std::vector<double> cpu_per_100k;
    std::uint64_t lost = 0;
};

void take_turn(
    Node& node, const Client& client, std::uint32_t addresses, double seconds, Turns& turns) {
    const double before = own_cpu_seconds() + node.cpu_seconds();
    const Client::Flood flood = client.flood(addresses, kWindow, seconds);
    const double cpu = own_cpu_seconds() + node.cpu_seconds() - before;
    turns.lost += flood.lost;
    if (flood.replies > 0) {
        turns.rates.push_back(static_cast<double>(flood.replies) / flood.seconds);
        turns.cpu_per_100k.push_back(cpu * 100'000 / static_cast<double>(flood.replies));
    }
}

void report_turns(Report& report, const std::string& size, const Turns& ours, const Turns& kernel) {
    report.add({.bench = "arp_throughput",
                .metric = "replies_per_s/" + size,
                .value = summarise(ours.rates).median,
                .unit = "1/s",
                .reference = "kernel",
                .reference_value = summarise(kernel.rates).median,
                .n = ours.rates.size()});
    report.add({.bench = "arp_throughput",
                .metric = "cpu_s_per_100k/" + size,
                .value = summarise(ours.cpu_per_100k).median,
                .unit = "s",
                .reference = "kernel",
                .reference_value = summarise(kernel.cpu_per_100k).median,
                .n = ours.cpu_per_100k.size()});
    if (ours.lost + kernel.lost > 0) {
        report.note(size + ": lost " + std::to_string(ours.lost) + " (kernel " +
                    std::to_string(kernel.lost) + ")");
    }
}

}  // namespace
}  // namespace ferro::bench

int main(int argc, char** argv) {
    using namespace ferro::bench;
    Report report(argc, argv);
    Node node;
    const Client client;
    const int turns = report.quick() ? 1 : 9;
    const double seconds = report.quick() ? 0.02 : 0.5;
    for (const std::uint32_t addresses : {1U, 10'000U}) {
        node.announce(addresses);
        Turns ours;
        Turns kernel;
        for (int i = 0; i < turns; ++i) {
            take_turn(node, client, 0, seconds, kernel);
            take_turn(node, client, addresses, seconds, ours);
        }
        report_turns(report, std::to_string(addresses), ours, kernel);
    }
    return 0;
}
