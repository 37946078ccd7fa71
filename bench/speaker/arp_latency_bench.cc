// arp_latency: how long a client waits for an ARP reply, at 1 and at 10,000 announced addresses,
// against the kernel answering for its own address over the same veth. The two are asked in turn,
// so that both meet the same machine; each question comes 0.1 to 0.3 ms after the last answer, as a
// client asks that does other things in between, and the client waits in a blocking recv().
//
// `-back-to-back` asks again at once. The kernel's answer is then waiting when recv() is called
// (it is made within send(), on the sender's CPU), so its client never sleeps: that ratio is the
// price of two context switches, not of answering, and no client on a real cable sees it.
#include "bench/speaker/arp_wire.h"
#include "bench/support/report.h"
#include "core/base/prng.h"

#include <string>
#include <thread>
#include <vector>

namespace ferro::bench {
namespace {

struct Samples {
    std::vector<double> ours;
    std::vector<double> kernel;
    std::uint64_t lost = 0;
};

enum class Pace { natural, back_to_back };

void pause(Prng& prng, Pace pace) {
    if (pace == Pace::natural) {
        std::this_thread::sleep_for(std::chrono::microseconds(100 + prng.below(200)));
    }
}

Samples measure(const Client& client, std::uint32_t addresses, Pace pace, std::uint32_t rounds) {
    Prng prng(1);
    Samples samples;
    for (std::uint32_t i = 0; i < rounds; ++i) {
        pause(prng, pace);
        const double kernel = client.round_trip_us(kernel_address());
        pause(prng, pace);
        const auto address = virtual_address(static_cast<std::uint32_t>(prng.below(addresses)));
        const double ours = client.round_trip_us(address);
        if (kernel < 0 || ours < 0) {
            ++samples.lost;
        } else {
            samples.kernel.push_back(kernel);
            samples.ours.push_back(ours);
        }
    }
    return samples;
}

void report_samples(Report& report, const std::string& size, const Samples& samples) {
    const std::pair<const char*, double> quantiles[] = {
        {"p50_us", 0.5}, {"p99_us", 0.99}, {"p999_us", 0.999}};
    for (const auto& [name, fraction] : quantiles) {
        report.add({.bench = "arp_latency",
                    .metric = std::string(name) + "/" + size,
                    .value = quantile(samples.ours, fraction),
                    .unit = "us",
                    .reference = "kernel",
                    .reference_value = quantile(samples.kernel, fraction),
                    .n = samples.ours.size()});
    }
    if (samples.lost > 0) {
        report.note(size + ": lost " + std::to_string(samples.lost));
    }
}

}  // namespace
}  // namespace ferro::bench

int main(int argc, char** argv) {
    using namespace ferro::bench;
    Report report(argc, argv);
    Node node;
    const Client client;
    const std::uint32_t rounds = report.quick() ? 100 : 20'000;
    for (const std::uint32_t addresses : {1U, 10'000U}) {
        node.announce(addresses);
        measure(client, addresses, Pace::natural, rounds / 20);  // warm up
        const std::string size = std::to_string(addresses);
        report_samples(report, size, measure(client, addresses, Pace::natural, rounds));
        report_samples(
            report, size + "-back-to-back", measure(client, addresses, Pace::back_to_back, rounds));
    }
    return 0;
}
