// The kernel filter, run by an interpreter of the few instructions that it uses: it must let
// through every frame that the decision would answer, and should keep the rest away. (The real
// kernel runs it in tests/netns.)
#include "speaker/layer2/io/kernel_filter.h"

#include "core/base/prng.h"
#include "speaker/layer2/engine/decision.h"

#include <gtest/gtest.h>

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ferro::layer2 {
namespace {

struct Packet {
    std::vector<std::uint8_t> bytes;
    std::uint32_t type = PACKET_BROADCAST;
    std::uint32_t interface = 2;
};

std::optional<std::uint32_t> loaded(const Packet& packet, const FilterInstruction& i) {
    if (i.operand == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)) {
        return packet.type;
    }
    if (i.operand == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_IFINDEX)) {
        return packet.interface;
    }
    const std::size_t size = BPF_SIZE(i.code) == BPF_W ? 4 : 2;
    if (i.operand + size > packet.bytes.size()) {
        return std::nullopt;  // the kernel drops the packet
    }
    std::uint32_t value = 0;
    for (std::size_t at = 0; at < size; ++at) {
        value = (value << 8U) | packet.bytes[i.operand + at];
    }
    return value;
}

bool holds(const FilterInstruction& i, std::uint32_t a, std::uint32_t x) {
    const std::uint32_t operand = BPF_SRC(i.code) == BPF_X ? x : i.operand;
    switch (BPF_OP(i.code)) {
        case BPF_JEQ:
            return a == operand;
        case BPF_JGT:
            return a > operand;
        default:
            EXPECT_EQ(BPF_OP(i.code), BPF_JGE);
            return a >= operand;
    }
}

bool passes(const std::vector<FilterInstruction>& program, const Packet& packet) {
    std::uint32_t a = 0;
    std::uint32_t x = 0;
    for (std::size_t at = 0; at < program.size(); ++at) {
        const FilterInstruction& i = program[at];
        switch (BPF_CLASS(i.code)) {
            case BPF_LD: {
                const auto value = loaded(packet, i);
                if (!value) {
                    return false;
                }
                a = *value;
                break;
            }
            case BPF_MISC:
                x = a;
                break;
            case BPF_JMP:
                at += holds(i, a, x) ? i.jump_true : i.jump_false;
                break;
            default:
                EXPECT_EQ(BPF_CLASS(i.code), BPF_RET);
                return i.operand != 0;
        }
    }
    ADD_FAILURE() << "the program runs off its end";
    return false;
}

AnswerTable table_of(const std::set<std::uint32_t>& addresses, int interfaces = 1) {
    auto counters = std::make_shared<AddressCounters>();
    std::vector<Interface> responders;
    for (int i = 0; i < interfaces; ++i) {
        responders.push_back({.index = InterfaceIndex{2 + i},
                              .name = InterfaceName("eth" + std::to_string(i)),
                              .mac = MacAddress{{2, 0, 0, 0, 0, 1}},
                              .up = true,
                              .broadcast = true});
    }
    AnswerTable table(counters, responders, addresses.size());
    for (const std::uint32_t number : addresses) {
        const auto address = ip::Address::from_ipv4(number);
        table.add(address, counters->slot_for(address), InterfaceSet{});
    }
    return table;
}

Packet request_for(std::uint32_t address) {
    const MacAddress client{{2, 0, 0, 0, 0, 9}};
    const ArpFrameBytes bytes = build_arp({.ethernet_destination = MacAddress::broadcast(),
                                           .ethernet_source = client,
                                           .operation = kArpRequest,
                                           .sender_mac = client,
                                           .sender_ip = ip::Address::from_ipv4(0x02020202),
                                           .target_mac = {},
                                           .target_ip = ip::Address::from_ipv4(address)});
    return {.bytes = {bytes.begin(), bytes.end()}};
}

constexpr std::uint32_t kVip = 0x0a000001;

TEST(KernelFilter, LetsARequestForOurAddressThrough) {
    const auto program = build_filter(table_of({kVip}));
    EXPECT_TRUE(passes(program, request_for(kVip)));
    Packet unicast = request_for(kVip);
    unicast.type = PACKET_HOST;
    EXPECT_TRUE(passes(program, unicast));
}

TEST(KernelFilter, KeepsForeignFramesAway) {
    const auto program = build_filter(table_of({kVip}));
    EXPECT_FALSE(passes(program, request_for(kVip + 1)));
    EXPECT_FALSE(passes(program, request_for(kVip - 1)));
    Packet packet = request_for(kVip);
    packet.type = PACKET_OTHERHOST;
    EXPECT_FALSE(passes(program, packet)) << "another's MAC, or a VLAN that is not ours";
    packet = request_for(kVip);
    packet.interface = 3;
    EXPECT_FALSE(passes(program, packet)) << "an interface that does not answer";
    for (const std::size_t at : {14U, 16U, 18U, 19U, 21U}) {
        packet = request_for(kVip);
        packet.bytes[at] = 0x77;
        EXPECT_FALSE(passes(program, packet)) << "byte " << at;
    }
    packet = request_for(kVip);
    packet.bytes.resize(41);
    EXPECT_FALSE(passes(program, packet)) << "too short";
    packet = request_for(kVip);
    std::copy_n(packet.bytes.begin() + 38, 4, packet.bytes.begin() + 28);
    EXPECT_FALSE(passes(program, packet)) << "another's announcement";
}

TEST(KernelFilter, AnEmptyTableLetsNothingThrough) {
    EXPECT_FALSE(passes(build_filter(table_of({})), request_for(kVip)));
    EXPECT_FALSE(passes(build_filter(table_of({kVip}, 0)), request_for(kVip)));
}

TEST(KernelFilter, ServesManyInterfacesAndStopsFilteringThemBeyondItsLimit) {
    for (const int count : {2, 64, 65, 300}) {
        const auto program = build_filter(table_of({kVip}, count));
        EXPECT_LT(program.size(), 4096U);
        for (int i = 0; i < count; ++i) {
            Packet packet = request_for(kVip);
            packet.interface = static_cast<std::uint32_t>(2 + i);
            EXPECT_TRUE(passes(program, packet)) << count << " interfaces, " << i;
        }
    }
}

// Address sets of many shapes: dense pools, every third address (one of three nodes), scattered.
TEST(KernelFilter, NeverLosesAnAddressWhateverTheirNumber) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Prng prng(seed);
        std::set<std::uint32_t> addresses;
        const std::uint64_t wanted = 1 + prng.below(2000);
        const std::uint64_t spread = 1 + prng.below(1U << prng.below(31));
        while (addresses.size() < wanted && addresses.size() < spread) {
            addresses.insert(static_cast<std::uint32_t>(0x0a000001 + prng.below(spread)));
        }
        const auto program = build_filter(table_of(addresses));
        EXPECT_LT(program.size(), 4096U);
        for (const std::uint32_t address : addresses) {
            ASSERT_TRUE(passes(program, request_for(address))) << "seed " << seed;
        }
        EXPECT_FALSE(passes(program, request_for(*addresses.begin() - 1)));
        EXPECT_FALSE(passes(program, request_for(*addresses.rbegin() + 1)));
    }
}

TEST(KernelFilter, TheWholeAddressSpaceIsNoSpecialCase) {
    const auto program = build_filter(table_of({1, 0x7FFFFFFF, 0xFFFFFFFF}));
    for (const std::uint32_t address : {1U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
        EXPECT_TRUE(passes(program, request_for(address)));
    }
    EXPECT_FALSE(passes(program, request_for(2)));
    EXPECT_FALSE(passes(program, request_for(0xFFFFFFFE)));
}

}  // namespace
}  // namespace ferro::layer2
