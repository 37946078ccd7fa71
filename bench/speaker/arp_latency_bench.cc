// arp_latency: how long a client waits for an ARP reply, at 1 and at 10,000 announced addresses,
// against the kernel answering for its own address over the same veth. The two are asked in turn,
// so that both meet the same machine; each question comes 0.1 to 0.3 ms after the last answer, as a
// client asks that does other things in between, and the client waits in a blocking recv().
//
// `-back-to-back` asks again at once, so that all caches are warm: the difference to the kernel is
// then the price of waking one thread and of going back to the client (bench/speaker/README.md).
#include "bench/speaker/arp_wire.h"
#include "bench/support/report.h"
#include "core/base/check.h"
#include "core/base/prng.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ferro::bench {
namespace {

struct Samples {
    std::vector<double> ours;
    std::vector<double> kernel;
    std::uint64_t lost = 0;
};

enum class Pace { natural, back_to_back };

/// When the client asks again: a timer, since the pace of the questions is part of what is measured
/// (nothing is waited for).
class QuestionTimer {
  public:
    explicit QuestionTimer(Pace pace) : pace_(pace) {}

    ~QuestionTimer() { ::close(fd_); }

    QuestionTimer(const QuestionTimer&) = delete;
    QuestionTimer& operator=(const QuestionTimer&) = delete;

    void wait() {
        if (pace_ == Pace::back_to_back) {
            return;
        }
        itimerspec when{};
        when.it_value.tv_nsec = 100'000 + static_cast<long>(prng_.below(200'000));
        std::uint64_t expired = 0;
        const bool waited = ::timerfd_settime(fd_, 0, &when, nullptr) == 0 &&
                            ::read(fd_, &expired, sizeof expired) == sizeof expired;
        CHECK(waited, "a timer descriptor of our own expires");
    }

  private:
    Pace pace_;
    Prng prng_{2};
    int fd_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
};

Samples measure(const Client& client, std::uint32_t addresses, Pace pace, std::uint32_t rounds) {
    Prng prng(1);
    QuestionTimer timer(pace);
    Samples samples;
    for (std::uint32_t i = 0; i < rounds; ++i) {
        timer.wait();
        const double kernel = client.round_trip_us(kernel_address());
        timer.wait();
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
