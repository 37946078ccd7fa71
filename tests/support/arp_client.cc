#include "tests/support/arp_client.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ferro::test {
namespace {

using layer2::ArpFrame;
using layer2::ArpFrameBytes;
using layer2::MacAddress;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kBatch = 256;
constexpr int kReceiveBuffer = 64 << 20;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error("ARP client: " + what + ": " + std::strerror(errno));
}

milliseconds left_until(steady_clock::time_point deadline) {
    return std::max(std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()),
                    milliseconds{0});
}

}  // namespace

ArpClient::ArpClient(const NetNamespace& ns, const std::string& interface, ip::Address own)
    : own_(own) {
    run_in(ns, [&] {
        fd_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        ifreq request{};
        interface.copy(request.ifr_name, IFNAMSIZ - 1);
        if (fd_ < 0 || ::ioctl(fd_, SIOCGIFHWADDR, &request) != 0) {
            fail(interface);
        }
        std::memcpy(mac_.bytes.data(), request.ifr_hwaddr.sa_data, mac_.bytes.size());
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer);
        sockaddr_ll here{};
        here.sll_family = AF_PACKET;
        here.sll_protocol = htons(ETH_P_ARP);
        here.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
        if (::bind(fd_, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) {
            fail("bind " + interface);
        }
    });
}

ArpClient::~ArpClient() {
    ::close(fd_);
}

void ArpClient::ask(std::span<const ip::Address> targets, ip::Address from) {
    std::array<ArpFrameBytes, kBatch> frames;
    std::array<iovec, kBatch> parts;
    std::array<mmsghdr, kBatch> out{};
    while (!targets.empty()) {
        const std::size_t count = std::min(kBatch, targets.size());
        for (std::size_t i = 0; i < count; ++i) {
            frames[i] = layer2::build_arp({.ethernet_destination = MacAddress::broadcast(),
                                           .ethernet_source = mac_,
                                           .operation = layer2::kArpRequest,
                                           .sender_mac = mac_,
                                           .sender_ip = from,
                                           .target_mac = {},
                                           .target_ip = targets[i]});
            parts[i] = {frames[i].data(), frames[i].size()};
            out[i].msg_hdr.msg_iov = &parts[i];
            out[i].msg_hdr.msg_iovlen = 1;
        }
        const int sent = ::sendmmsg(fd_, out.data(), static_cast<unsigned>(count), 0);
        if (sent <= 0) {
            fail("send");
        }
        targets = targets.subspan(static_cast<std::size_t>(sent));
    }
}

std::vector<ArpFrame> ArpClient::receive(milliseconds timeout) {
    std::array<std::array<std::uint8_t, 128>, kBatch> buffers;
    std::array<iovec, kBatch> parts;
    std::array<mmsghdr, kBatch> in{};
    for (std::size_t i = 0; i < kBatch; ++i) {
        parts[i] = {buffers[i].data(), buffers[i].size()};
        in[i].msg_hdr.msg_iov = &parts[i];
        in[i].msg_hdr.msg_iovlen = 1;
    }
    std::vector<ArpFrame> frames;
    pollfd watched{fd_, POLLIN, 0};
    if (::poll(&watched, 1, static_cast<int>(timeout.count())) <= 0) {
        return frames;
    }
    const int got = ::recvmmsg(fd_, in.data(), kBatch, MSG_DONTWAIT, nullptr);
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(got, 0)); ++i) {
        const std::size_t size = std::min<std::size_t>(in[i].msg_len, buffers[i].size());
        if (const auto frame = layer2::parse_arp(std::span(buffers[i]).first(size))) {
            frames.push_back(*frame);
        }
    }
    return frames;
}

bool ArpClient::is_answer(const ArpFrame& frame) const {
    return frame.operation == layer2::kArpReply && frame.ethernet_destination == mac_;
}

bool all_answered(ArpClient& client,
                  const std::vector<ip::Address>& targets,
                  milliseconds timeout,
                  std::vector<ip::Address>* unanswered) {
    const auto deadline = steady_clock::now() + timeout;
    std::set<ip::Address> open(targets.begin(), targets.end());
    ip::Address next = open.empty() ? ip::Address{} : *open.begin();
    while (!open.empty() && steady_clock::now() < deadline) {
        // In turns through all that is open, so that the order in which they come does not matter.
        std::vector<ip::Address> batch;
        auto at = open.lower_bound(next);
        while (batch.size() < std::min(kBatch, open.size())) {
            at = at == open.end() ? open.begin() : at;
            batch.push_back(*at++);
        }
        next = at == open.end() ? *open.begin() : *at;
        client.ask(batch);
        for (std::size_t answers = 0; answers < batch.size();) {
            const auto frames = client.receive(milliseconds{5});
            if (frames.empty()) {
                break;
            }
            for (const ArpFrame& frame : frames) {
                if (client.is_answer(frame)) {
                    ++answers;
                    open.erase(frame.sender_ip);
                }
            }
        }
    }
    if (unanswered != nullptr) {
        unanswered->assign(open.begin(), open.end());
    }
    return open.empty();
}

std::map<ip::Address, std::set<MacAddress>> who_answers(ArpClient& client,
                                                        const std::vector<ip::Address>& targets,
                                                        milliseconds timeout) {
    std::map<ip::Address, std::set<MacAddress>> answers;
    const auto collect = [&](milliseconds wait) {
        const auto deadline = steady_clock::now() + wait;
        for (;;) {
            const milliseconds left = left_until(deadline);
            const auto frames = client.receive(left);
            for (const ArpFrame& frame : frames) {
                if (client.is_answer(frame)) {
                    answers[frame.sender_ip].insert(frame.sender_mac);
                }
            }
            if (frames.empty() || left == milliseconds{0}) {
                return;
            }
        }
    };
    frames_until_quiet(client, milliseconds{0});  // what was under way before answers nothing here
    for (std::span<const ip::Address> rest(targets); !rest.empty();) {
        const std::size_t count = std::min(kBatch, rest.size());
        client.ask(rest.first(count));
        rest = rest.subspan(count);
        collect(milliseconds{0});
    }
    collect(timeout);
    return answers;
}

std::vector<ArpFrame> frames_until_quiet(ArpClient& client, milliseconds quiet) {
    std::vector<ArpFrame> all;
    for (;;) {
        const auto frames = client.receive(quiet);
        if (frames.empty()) {
            return all;
        }
        all.insert(all.end(), frames.begin(), frames.end());
    }
}

MacAddress parse_mac(const std::string& text) {
    MacAddress mac;
    for (std::size_t i = 0; i < mac.bytes.size(); ++i) {
        mac.bytes[i] = static_cast<std::uint8_t>(std::stoul(text.substr(3 * i, 2), nullptr, 16));
    }
    return mac;
}

}  // namespace ferro::test
