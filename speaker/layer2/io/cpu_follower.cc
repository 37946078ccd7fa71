#include "speaker/layer2/io/cpu_follower.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace ferro::layer2 {

namespace {

/// A settled thread samples again after so many looks.
constexpr unsigned kSampleEvery = 64;
constexpr int kLowBits = 5;

void attach(int fd, sock_filter* instructions, unsigned short count) {
    const sock_fprog program{count, instructions};
    ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

}  // namespace

FollowPolicy::Move FollowPolicy::look(std::size_t backlog, Duration waited) {
    const bool crowd = pinned_ && waited >= kLongWait;
    if (backlog < kFlood && !crowd) {
        calm_needed_ -= calm_needed_ > 0 ? 1 : 0;
        return Move::stay;
    }
    calm_needed_ = std::max(calm_needed_, crowd ? kAway : kCalm);
    agreed_ = 0;
    if (!pinned_) {
        return Move::stay;
    }
    pinned_ = false;
    return Move::release;
}

FollowPolicy::Move FollowPolicy::sample(int cpu) {
    if (calm_needed_ > 0) {
        return Move::stay;
    }
    if (pinned_ && cpu == cpu_) {
        agreed_ = 0;
        return Move::stay;
    }
    agreed_ = cpu == candidate_ ? agreed_ + 1 : 1;
    candidate_ = cpu;
    if (agreed_ < kAgree) {
        return Move::stay;
    }
    agreed_ = 0;
    pinned_ = true;
    cpu_ = cpu;
    return Move::pin;
}

CpuFollower::CpuFollower() {
    // Machines with more CPUs than a cpu_set_t has bits answer EINVAL: no following there. With one
    // CPU there is nothing to follow.
    off_ = ::sched_getaffinity(0, sizeof allowed_, &allowed_) != 0 || CPU_COUNT(&allowed_) < 2;
    if (off_) {
        return;
    }
    fd_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    open(Probe::closed);
    sockaddr_ll all{};
    all.sll_family = AF_PACKET;
    all.sll_protocol = htons(ETH_P_ARP);
    statistics_ = ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    off_ = fd_ < 0 || statistics_ < 0 ||
           ::bind(fd_, reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0;
}

CpuFollower::~CpuFollower() {
    for (const int fd : {fd_, statistics_}) {
        if (fd >= 0) {
            ::close(fd);
        }
    }
}

// Returns the CPU's bits plus one as the length: at most 32, and an ARP frame has at least 42.
void CpuFollower::open(Probe probe) {
    probe_ = probe;
    if (probe == Probe::closed) {
        std::array<sock_filter, 1> nothing{{{BPF_RET | BPF_K, 0, 0, 0}}};
        attach(fd_, nothing.data(), nothing.size());
        return;
    }
    const sock_filter bits =
        probe == Probe::low ? sock_filter{BPF_ALU | BPF_AND | BPF_K, 0, 0, (1U << kLowBits) - 1}
                            : sock_filter{BPF_ALU | BPF_RSH | BPF_K, 0, 0, kLowBits};
    std::array<sock_filter, 8> program{
        {{BPF_LD | BPF_ABS | BPF_H, 0, 0, 20},
         {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1},  // requests, as we are asked them
         {BPF_RET | BPF_K, 0, 0, 0},
         {BPF_LD | BPF_ABS | BPF_W, 0, 0, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_CPU)},
         bits,
         {BPF_ALU | BPF_ADD | BPF_K, 0, 0, 1},
         {BPF_RET | BPF_A, 0, 0, 0},
         {BPF_RET | BPF_K, 0, 0, 0}}};
    attach(fd_, program.data(), program.size());
    static_cast<void>(read_probe());  // what slipped in under the filter before
}

/// The bits of the newest frame; -1 when there was none.
int CpuFollower::read_probe() const {
    std::array<std::uint8_t, 64> frame{};
    int bits = -1;
    for (;;) {
        const ssize_t size = ::recv(fd_, frame.data(), frame.size(), MSG_DONTWAIT);
        if (size <= 0) {
            return bits;
        }
        bits = static_cast<int>(size) - 1;
    }
}

/// For its CPU, since the last call. The file says: nanoseconds run, nanoseconds waited, slices.
Duration CpuFollower::waited() {
    std::array<char, 96> text{};
    const ssize_t size = ::pread(statistics_, text.data(), text.size(), 0);
    const std::string_view words(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const std::size_t second = words.find(' ') + 1;
    std::int64_t nanoseconds = 0;
    std::from_chars(words.data() + second, words.data() + words.size(), nanoseconds);
    const Duration before = std::exchange(waited_in_all_, Duration(nanoseconds));
    return waited_in_all_ - before;
}

void CpuFollower::look(std::size_t backlog) {
    if (off_) {
        return;
    }
    carry_out(policy_.look(backlog, policy_.is_pinned() ? waited() : Duration{}));
    if (!policy_.is_calm()) {
        return;
    }
    if (probe_ != Probe::closed || !policy_.is_pinned() || ++looks_ % kSampleEvery == 0) {
        advance_probe();
    }
}

void CpuFollower::advance_probe() {
    if (probe_ == Probe::closed) {
        open(Probe::low);
        return;
    }
    const int bits = read_probe();
    if (bits < 0) {
        return;
    }
    if (probe_ == Probe::low) {
        low_ = bits;
        open(Probe::high);
        return;
    }
    const int cpu = (bits << kLowBits) | low_;
    open(policy_.is_pinned() && policy_.cpu() == cpu ? Probe::closed : Probe::low);
    if (cpu < CPU_SETSIZE && CPU_ISSET(static_cast<std::size_t>(cpu), &allowed_)) {
        carry_out(policy_.sample(cpu));
    }
}

void CpuFollower::carry_out(FollowPolicy::Move move) {
    if (move == FollowPolicy::Move::stay) {
        return;
    }
    cpu_set_t where = allowed_;
    if (move == FollowPolicy::Move::pin) {
        CPU_ZERO(&where);
        CPU_SET(static_cast<std::size_t>(policy_.cpu()), &where);
        static_cast<void>(waited());  // what it waited elsewhere does not speak against this CPU
    }
    off_ = ::sched_setaffinity(0, sizeof where, &where) != 0;
    open(Probe::closed);
}

}  // namespace ferro::layer2
