// One frame at a time against one answer table: eth0 (index 2) and eth1 (index 3) answer;
// 10.0.0.1 is announced on both, 10.0.0.2 on eth1 only. A frame that is answered differs from the
// good request in nothing; each case changes one thing and names the reason for silence.
#include "speaker/layer2/engine/decision.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace ferro::layer2 {
namespace {

const MacAddress kMac0{{2, 0, 0, 0, 0, 0}};
const MacAddress kMac1{{2, 0, 0, 0, 0, 1}};
const MacAddress kClientMac{{2, 0, 0, 0, 0, 0x99}};
const InterfaceIndex kEth0{2};
const InterfaceIndex kEth1{3};

ip::Address ip_of(const std::string& text) {
    return ip::Address::parse(text).value();
}

Interface interface(InterfaceIndex index, const std::string& name, MacAddress mac) {
    return {.index = index, .name = InterfaceName(name), .mac = mac, .up = true, .broadcast = true};
}

ArpFrame good_request() {
    return {.ethernet_destination = MacAddress::broadcast(),
            .ethernet_source = kClientMac,
            .operation = kArpRequest,
            .sender_mac = kClientMac,
            .sender_ip = ip_of("10.0.0.99"),
            .target_mac = {},
            .target_ip = ip_of("10.0.0.1")};
}

class DecisionTest : public ::testing::Test {
  protected:
    DecisionTest() {
        table_.add(ip_of("10.0.0.1"), counters_->slot_for(ip_of("10.0.0.1")), InterfaceSet{});
        table_.add(ip_of("10.0.0.2"),
                   counters_->slot_for(ip_of("10.0.0.2")),
                   InterfaceSet{.all = false, .some = {kEth1}});
    }

    [[nodiscard]] DropReason reason(const ArpFrame& frame, InterfaceIndex on = kEth0) const {
        return decide(table_, on, build_arp(frame)).drop;
    }

    std::shared_ptr<AddressCounters> counters_ = std::make_shared<AddressCounters>();
    AnswerTable table_{
        counters_, {interface(kEth1, "eth1", kMac1), interface(kEth0, "eth0", kMac0)}, 2};
};

TEST_F(DecisionTest, AnswersARequestWithTheInterfacesOwnMac) {
    for (const auto& [on, mac] : {std::pair{kEth0, kMac0}, std::pair{kEth1, kMac1}}) {
        const Decision decision = decide(table_, on, build_arp(good_request()));
        ASSERT_EQ(decision.drop, DropReason::none);
        EXPECT_EQ(decision.reply, reply_to(good_request(), mac));
        EXPECT_EQ(decision.entry, table_.find(ip_of("10.0.0.1")));
    }
}

TEST_F(DecisionTest, T076AnswersOnlyOnTheAdvertisedInterface) {
    ArpFrame request = good_request();
    request.target_ip = ip_of("10.0.0.2");
    EXPECT_EQ(reason(request, kEth1), DropReason::none);
    EXPECT_EQ(reason(request, kEth0), DropReason::wrong_interface);
}

TEST_F(DecisionTest, T078IgnoresUnicastToAnotherMacAndAnswersItsOwn) {
    ArpFrame request = good_request();
    request.ethernet_destination = kMac0;
    EXPECT_EQ(reason(request), DropReason::none);
    request.ethernet_destination = kMac1;
    EXPECT_EQ(reason(request), DropReason::not_for_us);
    request.ethernet_destination = MacAddress{{1, 0, 0x5e, 0, 0, 1}};
    EXPECT_EQ(reason(request), DropReason::not_for_us);
}

TEST_F(DecisionTest, T079AnswersAProbe) {
    ArpFrame probe = good_request();
    probe.sender_ip = ip_of("0.0.0.0");
    EXPECT_EQ(reason(probe), DropReason::none);
}

TEST_F(DecisionTest, DoesNotContradictAnothersAnnouncement) {
    ArpFrame announcement = good_request();
    announcement.sender_ip = announcement.target_ip;
    EXPECT_EQ(reason(announcement), DropReason::gratuitous_from_other);
}

TEST_F(DecisionTest, IgnoresRepliesAndOtherOperations) {
    for (const std::uint16_t operation : {std::uint16_t{0}, kArpReply, std::uint16_t{8}}) {
        ArpFrame frame = good_request();
        frame.operation = operation;
        EXPECT_EQ(reason(frame), DropReason::not_request);
    }
}

TEST_F(DecisionTest, T084IsSilentAboutAddressesThatItDoesNotHave) {
    ArpFrame request = good_request();
    for (const char* address : {"10.0.0.3", "0.0.0.0", "255.255.255.255"}) {
        request.target_ip = ip_of(address);
        EXPECT_EQ(reason(request), DropReason::not_our_address) << address;
    }
}

TEST_F(DecisionTest, IsSilentOnInterfacesThatAreNotServed) {
    EXPECT_EQ(reason(good_request(), InterfaceIndex{7}), DropReason::interface_not_served);
}

TEST_F(DecisionTest, CallsAnythingElseMalformed) {
    const ArpFrameBytes bytes = build_arp(good_request());
    const std::span<const std::uint8_t> frame(bytes);
    EXPECT_EQ(decide(table_, kEth0, frame.first(41)).drop, DropReason::malformed);
    EXPECT_EQ(decide(table_, kEth0, {}).drop, DropReason::malformed);
}

TEST(AnswerTable, FindsEachOfTenThousandAddressesInHalfAMegabyte) {
    auto counters = std::make_shared<AddressCounters>();
    AnswerTable table(counters, {}, 10'000);
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        const auto address = ip::Address::from_ipv4(0x0a000000 + i + 1);
        table.add(address, counters->slot_for(address), InterfaceSet{});
    }
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        const auto* entry = table.find(ip::Address::from_ipv4(0x0a000000 + i + 1));
        ASSERT_NE(entry, nullptr);
        EXPECT_EQ(entry->slot, i + 1);
    }
    EXPECT_EQ(table.find(ip::Address::from_ipv4(0x0a000000)), nullptr);
    EXPECT_EQ(table.find(ip::Address::from_ipv4(0x0a000000 + 10'001)), nullptr);
    EXPECT_EQ(table.find(ip::Address::parse("fe80::1").value()), nullptr);
    EXPECT_LE(table.memory_bytes(), 512U * 1024);
}

TEST(AnswerTable, AnEmptyOneFindsNothing) {
    const AnswerTable table(std::make_shared<AddressCounters>(), {}, 0);
    EXPECT_EQ(table.find(ip_of("10.0.0.1")), nullptr);
    EXPECT_EQ(table.mac_of(kEth0), nullptr);
}

TEST(AddressCounters, KeepAnAddressesSlotForLife) {
    AddressCounters counters;
    const auto first = counters.slot_for(ip_of("10.0.0.1"));
    const auto second = counters.slot_for(ip_of("10.0.0.2"));
    EXPECT_NE(first, second);
    EXPECT_EQ(counters.slot_for(ip_of("10.0.0.1")), first);
    counters.at(second).requests_received.add();
    counters.at(second).gratuitous_sent.add(2);
    std::size_t seen = 0;
    counters.for_each([&](const ip::Address& address, const AddressSlot& slot) {
        ++seen;
        const bool is_second = address == ip_of("10.0.0.2");
        EXPECT_EQ(slot.requests_received.value(), is_second ? 1U : 0U);
        EXPECT_EQ(slot.gratuitous_sent.value(), is_second ? 2U : 0U);
    });
    EXPECT_EQ(seen, 2U);
}

TEST(AddressCounters, ShareOneSlotBeyondTheirLimit) {
    AddressCounters counters;
    constexpr std::uint32_t kLimit = AddressCounters::kChunkSize * AddressCounters::kChunkCount;
    for (std::uint32_t i = 1; i < kLimit; ++i) {
        ASSERT_EQ(counters.slot_for(ip::Address::from_ipv4(i)), i);
    }
    EXPECT_EQ(counters.slot_for(ip::Address::from_ipv4(kLimit)), 0U);
    counters.at(0).requests_received.add();
}

}  // namespace
}  // namespace ferro::layer2
