#include "bench/speaker/arp_wire.h"

#include "core/base/check.h"
#include "runtime/clock.h"
#include "speaker/layer2/engine/announcer.h"
#include "speaker/layer2/io/packet_thread.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace ferro::bench {

namespace {

using layer2::ArpFrame;
using layer2::ArpFrameBytes;
using layer2::MacAddress;

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "%s: %s (the bench needs root)\n", what.c_str(), std::strerror(errno));
    std::_Exit(1);
}

void must(const std::string& command) {
    if (std::system(command.c_str()) != 0) {
        give_up(command);
    }
}

MacAddress mac_of(int fd, const char* interface) {
    ifreq request{};
    std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    if (::ioctl(fd, SIOCGIFHWADDR, &request) != 0) {
        give_up(interface);
    }
    MacAddress mac;
    std::memcpy(mac.bytes.data(), request.ifr_hwaddr.sa_data, mac.bytes.size());
    return mac;
}

double cpu_seconds_of_this_process() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

layer2::Interface node_interface() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    const layer2::Interface interface{
        .index = InterfaceIndex{static_cast<std::int32_t>(::if_nametoindex("node0"))},
        .name = InterfaceName("node0"),
        .mac = mac_of(fd, "node0"),
        .up = true,
        .broadcast = true};
    ::close(fd);
    return interface;
}

std::shared_ptr<const layer2::AnswerTable> table_of(std::uint32_t count) {
    layer2::Announcer announcer;
    announcer.set_interfaces({node_interface()}, Instant{});
    for (std::uint32_t i = 0; i < count; ++i) {
        announcer.announce({"bench", std::to_string(i)}, virtual_address(i), {}, Instant{});
    }
    return announcer.take_table();
}

}  // namespace

ip::Address kernel_address() {
    return ip::Address::from_ipv4(0x0a090001);  // 10.9.0.1
}

// Every third address of a pool, as on one of three nodes.
ip::Address virtual_address(std::uint32_t number) {
    return ip::Address::from_ipv4(0x0a0a0001 + 3 * number);
}

double own_cpu_seconds() {
    return cpu_seconds_of_this_process();
}

struct Node::Order {
    enum class What : std::uint32_t { cable_is_there, announce, tell_cpu } what;
    std::uint32_t count = 0;
};

struct Node::Answer {
    double cpu_seconds = 0;
};

Node::Node() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) != 0) {
        give_up("socketpair");
    }
    pid_ = ::fork();
    if (pid_ == 0) {
        ::close(ends[0]);
        run_child(ends[1]);
    }
    ::close(ends[1]);
    control_ = ends[0];
    Answer ready;
    if (pid_ < 0 || ::recv(control_, &ready, sizeof ready, 0) != sizeof ready ||
        ::unshare(CLONE_NEWNET) != 0) {
        give_up("making a network namespace");
    }
    must("ip link add client0 type veth peer name node0 netns " + std::to_string(pid_));
    must("ip addr add 10.9.0.2/24 dev client0 && ip link set client0 up");
    call({Order::What::cable_is_there});
}

Node::~Node() {
    ::close(control_);
    ::waitpid(pid_, nullptr, 0);
}

Node::Answer Node::call(const Order& order) {
    Answer answer;
    if (::send(control_, &order, sizeof order, MSG_NOSIGNAL) != sizeof order ||
        ::recv(control_, &answer, sizeof answer, 0) != sizeof answer) {
        give_up("the node's process is gone");
    }
    return answer;
}

void Node::announce(std::uint32_t count) {
    call({Order::What::announce, count});
}

double Node::cpu_seconds() {
    return call({Order::What::tell_cpu}).cpu_seconds;
}

void Node::run_child(int control) {
    if (::unshare(CLONE_NEWNET) != 0) {
        give_up("making a network namespace");
    }
    auto packets = layer2::PacketThread::start();
    if (!packets) {
        std::fprintf(stderr, "%s\n", packets.error().context.c_str());
        std::_Exit(1);
    }
    Answer answer;
    Order order{};
    while (::send(control, &answer, sizeof answer, MSG_NOSIGNAL) == sizeof answer &&
           ::recv(control, &order, sizeof order, 0) == sizeof order) {
        switch (order.what) {
            case Order::What::cable_is_there:
                must("ip addr add 10.9.0.1/24 dev node0 && ip link set node0 up");
                break;
            case Order::What::announce:
                (*packets)->publish(table_of(order.count));
                break;
            case Order::What::tell_cpu:
                answer.cpu_seconds = cpu_seconds_of_this_process();
                break;
        }
    }
    packets->reset();
    std::_Exit(0);
}

// Here both ends of the cable are one machine, and the sender's CPU plays the network card's
// interrupt: it is where the kernel and we are handed the question. A card's interrupt keeps its
// CPU, so the client must, too; let go, the scheduler moves it to whichever CPU sleeps, and what is
// measured is how long a virtual CPU takes to wake.
Client::Client() {
    cpu_set_t here_only;
    CPU_ZERO(&here_only);
    CPU_SET(static_cast<std::size_t>(std::max(::sched_getcpu(), 0)), &here_only);
    ::sched_setaffinity(0, sizeof here_only, &here_only);
    fd_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd_ < 0) {
        give_up("opening a packet socket");
    }
    mac_ = mac_of(fd_, "client0");
    sockaddr_ll here{};
    here.sll_family = AF_PACKET;
    here.sll_protocol = htons(ETH_P_ARP);
    here.sll_ifindex = static_cast<int>(::if_nametoindex("client0"));
    const timeval patience{0, 200'000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) {
        give_up("binding a packet socket");
    }
}

Client::~Client() {
    ::close(fd_);
}

ArpFrame Client::request_for(const ip::Address& address) const {
    return {.ethernet_destination = MacAddress::broadcast(),
            .ethernet_source = mac_,
            .operation = layer2::kArpRequest,
            .sender_mac = mac_,
            .sender_ip = ip::Address::from_ipv4(0x0a090002),
            .target_mac = {},
            .target_ip = address};
}

double Client::round_trip_us(const ip::Address& address) const {
    const ArpFrameBytes request = layer2::build_arp(request_for(address));
    std::array<std::uint8_t, 128> buffer{};
    const Instant start = runtime::monotonic_now();
    if (::send(fd_, request.data(), request.size(), 0) < 0) {
        return -1;
    }
    for (;;) {
        const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
        const Instant end = runtime::monotonic_now();
        if (size < 0) {
            return -1;
        }
        const auto reply =
            layer2::parse_arp(std::span(buffer).first(static_cast<std::size_t>(size)));
        if (reply && reply->operation == layer2::kArpReply && reply->sender_ip == address) {
            return std::chrono::duration<double, std::micro>(end - start).count();
        }
    }
}

namespace {

/// Requests and replies in batches, so that the client is not what limits the rate.
struct Batches {
    static constexpr std::size_t kMax = 256;
    std::array<ArpFrameBytes, kMax> requests;
    std::array<std::array<std::uint8_t, 64>, kMax> replies;
    std::array<iovec, kMax> request_parts;
    std::array<iovec, kMax> reply_parts;
    std::array<mmsghdr, kMax> out{};
    std::array<mmsghdr, kMax> in{};

    Batches() {
        for (std::size_t i = 0; i < kMax; ++i) {
            request_parts[i] = {requests[i].data(), requests[i].size()};
            reply_parts[i] = {replies[i].data(), replies[i].size()};
            out[i].msg_hdr.msg_iov = &request_parts[i];
            out[i].msg_hdr.msg_iovlen = 1;
            in[i].msg_hdr.msg_iov = &reply_parts[i];
            in[i].msg_hdr.msg_iovlen = 1;
        }
    }
};

}  // namespace

Client::Flood Client::flood(std::uint32_t count, std::uint32_t window, double seconds) const {
    CHECK(window <= Batches::kMax, "the batches are that large");
    auto batches = std::make_unique<Batches>();
    Flood flood;
    std::uint32_t number = 0;
    std::uint32_t unanswered = 0;
    const Instant start = runtime::monotonic_now();
    Instant now = start;
    while (now - start < std::chrono::duration<double>(seconds)) {
        const std::uint32_t fresh = window - unanswered;
        for (std::uint32_t i = 0; i < fresh; ++i) {
            const ip::Address address =
                count == 0 ? kernel_address() : virtual_address(number++ % count);
            batches->requests[i] = layer2::build_arp(request_for(address));
        }
        if (fresh > 0) {
            ::sendmmsg(fd_, batches->out.data(), fresh, 0);
        }
        unanswered = window;
        const int got = ::recvmmsg(fd_, batches->in.data(), window, MSG_WAITFORONE, nullptr);
        if (got <= 0) {
            flood.lost += unanswered;
            unanswered = 0;
        } else {
            flood.replies += static_cast<std::uint64_t>(got);
            unanswered -= std::min(unanswered, static_cast<std::uint32_t>(got));
        }
        now = runtime::monotonic_now();
    }
    // What is still under way must not count for the next flood.
    while (unanswered > 0 && ::recv(fd_, batches->replies[0].data(), 64, 0) > 0) {
        --unanswered;
    }
    flood.seconds = std::chrono::duration<double>(now - start).count();
    return flood;
}

}  // namespace ferro::bench
