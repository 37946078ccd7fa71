#include "tests/netns/layer2_support.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace ferro::layer2 {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// "2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu .. master br0 .. \    link/ether MAC brd .."
std::optional<Interface> parse_link(const std::string& line) {
    std::istringstream words(line);
    std::string index;
    std::string name;
    std::string flags;
    words >> index >> name >> flags;
    Interface interface;
    interface.index = InterfaceIndex{std::stoi(index)};
    interface.name = InterfaceName(name.substr(0, name.find_first_of("@:")));
    const auto has = [&](const std::string& flag) {
        return flags.find("<" + flag + ",") != std::string::npos ||
               flags.find("," + flag + ",") != std::string::npos ||
               flags.find("," + flag + ">") != std::string::npos;
    };
    interface.up = has("UP");
    interface.broadcast = has("BROADCAST");
    interface.noarp = has("NOARP");
    interface.enslaved = line.find(" master ") != std::string::npos;
    const auto ether = line.find("link/ether ");
    if (ether != std::string::npos) {
        interface.mac = mac_of(line.substr(ether + 11, 17));
    }
    return interface;
}

}  // namespace

MacAddress mac_of(const std::string& text) {
    MacAddress mac;
    for (std::size_t i = 0; i < 6; ++i) {
        mac.bytes[i] = static_cast<std::uint8_t>(std::stoul(text.substr(3 * i, 2), nullptr, 16));
    }
    return mac;
}

std::vector<Interface> interfaces_of(const test::NetNamespace& ns) {
    std::vector<Interface> interfaces;
    std::istringstream lines(ns.ip("-o link show"));
    std::string line;
    while (std::getline(lines, line)) {
        if (auto interface = parse_link(line)) {
            interfaces.push_back(*interface);
        }
    }
    return interfaces;
}

Sniffer::Sniffer(const test::NetNamespace& ns, const std::string& interface) {
    test::run_in(ns, [&] {
        fd_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ARP));
        ifreq request{};
        interface.copy(request.ifr_name, IFNAMSIZ - 1);
        if (fd_ < 0 || ::ioctl(fd_, SIOCGIFHWADDR, &request) != 0) {
            throw std::runtime_error("sniffer: " + interface);
        }
        std::memcpy(mac_.bytes.data(), request.ifr_hwaddr.sa_data, 6);
        sockaddr_ll here{};
        here.sll_family = AF_PACKET;
        here.sll_protocol = htons(ETH_P_ARP);
        here.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
        if (::bind(fd_, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) {
            throw std::runtime_error("sniffer: bind " + interface);
        }
    });
}

Sniffer::~Sniffer() {
    ::close(fd_);
}

void Sniffer::send(const ArpFrame& frame) const {
    const ArpFrameBytes bytes = build_arp(frame);
    send_bytes({bytes.begin(), bytes.end()});
}

void Sniffer::send_bytes(const std::vector<std::uint8_t>& bytes) const {
    if (::send(fd_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        throw std::runtime_error("sniffer: send");
    }
}

void Sniffer::ask(const ip::Address& target, const ip::Address& sender) const {
    send({.ethernet_destination = MacAddress::broadcast(),
          .ethernet_source = mac_,
          .operation = kArpRequest,
          .sender_mac = mac_,
          .sender_ip = sender,
          .target_mac = {},
          .target_ip = target});
}

std::optional<ArpFrame> Sniffer::next(milliseconds timeout) const {
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
        pollfd watched{fd_, POLLIN, 0};
        if (::poll(&watched, 1, left < 0 ? 0 : static_cast<int>(left)) <= 0) {
            return std::nullopt;
        }
        std::array<std::uint8_t, 1500> buffer{};
        const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (size > 0) {
            const auto frame = parse_arp(std::span(buffer).first(static_cast<std::size_t>(size)));
            if (frame) {
                return *frame;
            }
        }
    }
}

std::optional<ArpFrame> Sniffer::reply(milliseconds timeout) const {
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
        const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
        const auto frame = next(std::max(left, milliseconds{0}));
        if (!frame || (frame->operation == kArpReply && frame->ethernet_destination == mac_)) {
            return frame;
        }
    }
}

std::optional<ArpFrame> Sniffer::reply_for(const ip::Address& address, milliseconds timeout) const {
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
        const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
        const auto frame = reply(std::max(left, milliseconds{0}));
        if (!frame || frame->sender_ip == address) {
            return frame;
        }
    }
}

Host::Host(const test::NetNamespace& ns) : ns_(ns) {
    test::run_in(ns_, [this] {
        auto started = PacketThread::start();
        if (!started) {
            throw std::runtime_error(started.error().context);
        }
        packets_ = std::move(*started);
    });
    refresh();
}

void Host::refresh() {
    announcer_.set_interfaces(interfaces_of(ns_), now_);
    flush();
}

AnnounceResult Host::announce(const std::string& address, const InterfaceChoice& choice) {
    const auto result = announcer_.announce(
        {"default", "service-" + address}, ip::Address::parse(address).value(), choice, now_);
    flush();
    return result;
}

void Host::withdraw(const std::string& address) {
    announcer_.withdraw({"default", "service-" + address});
    flush();
}

void Host::flush() {
    announcer_.advance(now_);
    if (auto table = announcer_.take_table()) {
        packets_->publish(std::move(table));
    }
    while (announcer_.has_orders()) {
        const auto orders = announcer_.take_orders(1000);
        std::size_t sent = 0;
        while (sent < orders.size()) {
            sent += packets_->send(std::span(orders).subspan(sent), announcer_.counters());
        }
    }
}

void Host::advance(Duration by) {
    const Instant end = now_ + by;
    while (announcer_.next_deadline() && *announcer_.next_deadline() <= end) {
        now_ = *announcer_.next_deadline();
        flush();
    }
    now_ = end;
}

std::optional<std::string> neighbour(const test::NetNamespace& ns, const std::string& address) {
    const std::string line = ns.ip("neigh show " + address);
    const auto at = line.find("lladdr ");
    if (at == std::string::npos) {
        return std::nullopt;
    }
    return line.substr(at + 7, 17);
}

void poke(const test::NetNamespace& ns, const std::string& address) {
    test::run_in(ns, [&] {
        const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(9);
        ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
        ::sendto(fd, "x", 1, MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to), sizeof to);
        ::close(fd);
    });
}

}  // namespace ferro::layer2
