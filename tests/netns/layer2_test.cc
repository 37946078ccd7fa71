// Layer 2 on a real wire: the packet thread and the announcer in one namespace, real kernel clients
// and a packet socket in others. What is shown: clients resolve and re-resolve, frames have the
// specified bytes, silence where the specification wants silence (each time followed by a question
// that is answered, so that silence is not just slowness), and gratuitous ARP that Linux believes.
#include "tests/netns/layer2_support.h"
#include "tests/support/eventually.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace ferro::layer2 {
namespace {

using std::chrono::milliseconds;
using test::add_bridge;
using test::add_veth;
using test::eventually;
using test::Link;
using test::NetNamespace;

constexpr milliseconds kLong{5000};

ip::Address ip_of(const std::string& text) {
    return ip::Address::parse(text).value();
}

const std::string kVip = "10.7.0.100";
const std::string kOtherVip = "10.7.0.101";
const ip::Address kSender = ip_of("10.7.0.1");

InterfaceChoice only(const std::string& name) {
    return {.all = false, .names = {InterfaceName(name)}};
}

/// A client (eth0, 10.7.0.1) and a node (eth0) on one cable.
class Layer2 : public ::testing::Test {
  protected:
    Layer2() {
        cable_.first.add_address("10.7.0.1/24");
        cable_.first.up();
        cable_.second.up();
    }

    /// Whether the node answers the sniffer's question for `address`. "No" is told from "not yet"
    /// by a second question for an address that is answered on the same interface.
    static bool answers(const Sniffer& sniffer, const std::string& address) {
        sniffer.ask(ip_of(address), kSender);
        return sniffer.reply_for(ip_of(address), kLong).has_value();
    }

    static bool silent(const Sniffer& sniffer,
                       const ArpFrame& question,
                       const std::string& answered) {
        sniffer.send(question);
        sniffer.ask(ip_of(answered), kSender);
        const auto reply = sniffer.reply(kLong);
        EXPECT_TRUE(reply.has_value()) << "the control question was not answered";
        // An answer that comes late would be no silence either.
        return reply && reply->sender_ip == ip_of(answered) &&
               !sniffer.reply(milliseconds{20}).has_value();
    }

    [[nodiscard]] ArpFrame question(const Sniffer& sniffer, const std::string& target) const {
        return {.ethernet_destination = MacAddress::broadcast(),
                .ethernet_source = sniffer.mac(),
                .operation = kArpRequest,
                .sender_mac = sniffer.mac(),
                .sender_ip = kSender,
                .target_mac = {},
                .target_ip = ip_of(target)};
    }

    NetNamespace client_ = NetNamespace::create("l2-client");
    NetNamespace node_ = NetNamespace::create("l2-node");
    std::pair<Link, Link> cable_ = add_veth(client_, "eth0", node_, "eth0");
};

TEST_F(Layer2, AKernelClientResolvesAndResolvesAgain) {
    Host host(node_);
    host.announce(kVip);
    for (int round = 0; round < 3; ++round) {
        client_.ip("neigh flush all");
        poke(client_, kVip);
        ASSERT_TRUE(eventually([&] { return neighbour(client_, kVip).has_value(); }))
            << "round " << round;
        EXPECT_EQ(*neighbour(client_, kVip), cable_.second.mac());
    }
    EXPECT_EQ(node_.ip("-4 -o addr show dev eth0"), "") << "the address sits on no interface";
}

// A client that holds an entry asks the node's own MAC (unicast) before it gives it up.
TEST_F(Layer2, AKernelClientRevalidatesByUnicast) {
    Host host(node_);
    host.announce(kVip);
    client_.ip("neigh replace " + kVip + " lladdr " + cable_.second.mac() + " dev eth0 nud probe");
    EXPECT_TRUE(eventually(
        [&] { return client_.ip("neigh show " + kVip).find("REACHABLE") != std::string::npos; }));
    EXPECT_GE(host.packets().counts().frames[0], 1U);
}

TEST_F(Layer2, ArpingIsAnswered) {
    Host host(node_);
    host.announce(kVip);
    const std::string output = test::must_run({"ip",
                                               "netns",
                                               "exec",
                                               client_.name(),
                                               "arping",
                                               "-c",
                                               "3",
                                               "-w",
                                               "5",
                                               "-I",
                                               "eth0",
                                               kVip});
    EXPECT_NE(output.find("Received 3 response(s)"), std::string::npos) << output;
}

TEST_F(Layer2, RepliesHaveTheSpecifiedFields) {
    Host host(node_);
    host.announce(kVip);
    const Sniffer sniffer(client_, "eth0");
    sniffer.ask(ip_of(kVip), kSender);
    const auto reply = sniffer.reply_for(ip_of(kVip), kLong);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(*reply, reply_to(question(sniffer, kVip), mac_of(cable_.second.mac())));
}

TEST_F(Layer2, T080GratuitousFramesComeInPairsAndAreCounted) {
    Host host(node_);
    const Sniffer sniffer(client_, "eth0");
    host.announce(kVip);
    host.advance(std::chrono::seconds(10));
    const MacAddress mac = mac_of(cable_.second.mac());
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(sniffer.next(kLong), gratuitous_request(ip_of(kVip), mac));
        EXPECT_EQ(sniffer.next(kLong), gratuitous_reply(ip_of(kVip), mac));
    }
    EXPECT_FALSE(sniffer.next(milliseconds{20}).has_value());
    const auto slot = host.announcer().counters().slot_for(ip_of(kVip));
    EXPECT_EQ(host.announcer().counters().at(slot).gratuitous_sent.value(), 10U);
}

// The entry is younger than a second: Linux then ignores a reply that is not gratuitous by its own
// definition (locktime). Each form alone must move it.
TEST_F(Layer2, EachGratuitousFormMovesAYoungNeighbourEntryAtOnce) {
    const Sniffer node(node_, "eth0");
    const MacAddress mac = mac_of(cable_.second.mac());
    for (const ArpFrame& form :
         {gratuitous_request(ip_of(kVip), mac), gratuitous_reply(ip_of(kVip), mac)}) {
        client_.ip("neigh replace " + kVip + " lladdr 02:00:00:00:00:77 dev eth0 nud reachable");
        node.send(form);
        EXPECT_TRUE(eventually([&] { return neighbour(client_, kVip) == cable_.second.mac(); },
                               milliseconds{500}));
    }
}

TEST_F(Layer2, ATakeoverMovesTheClientAtOnce) {
    client_.ip("neigh replace " + kVip + " lladdr 02:00:00:00:00:77 dev eth0 nud reachable");
    Host host(node_);
    host.announce(kVip);
    EXPECT_TRUE(eventually([&] { return neighbour(client_, kVip) == cable_.second.mac(); },
                           milliseconds{500}));
}

TEST_F(Layer2, T079AnswersAProbe) {
    Host host(node_);
    host.announce(kVip);
    const Sniffer sniffer(client_, "eth0");
    sniffer.ask(ip_of(kVip), ip_of("0.0.0.0"));
    EXPECT_TRUE(sniffer.reply_for(ip_of(kVip), kLong).has_value());
}

TEST_F(Layer2, T078AnswersItsOwnMacAndIgnoresAnother) {
    Host host(node_);
    host.announce(kVip);
    host.announce(kOtherVip);
    const Sniffer sniffer(client_, "eth0");
    ArpFrame unicast = question(sniffer, kVip);
    unicast.ethernet_destination = mac_of(cable_.second.mac());
    sniffer.send(unicast);
    EXPECT_TRUE(sniffer.reply_for(ip_of(kVip), kLong).has_value());
    unicast.ethernet_destination = MacAddress{{2, 0, 0, 0, 0, 0x55}};
    EXPECT_TRUE(silent(sniffer, unicast, kOtherVip));
}

TEST_F(Layer2, T084IsSilentForWhatItDoesNotAnnounce) {
    Host host(node_);
    host.announce(kVip);
    const Sniffer sniffer(client_, "eth0");
    EXPECT_TRUE(silent(sniffer, question(sniffer, kOtherVip), kVip));
    host.announce(kOtherVip);
    EXPECT_TRUE(answers(sniffer, kOtherVip));
    host.withdraw(kOtherVip);
    EXPECT_TRUE(silent(sniffer, question(sniffer, kOtherVip), kVip));
}

TEST_F(Layer2, DoesNotContradictAnotherNodesAnnouncement) {
    Host host(node_);
    host.announce(kVip);
    host.announce(kOtherVip);
    const Sniffer other(client_, "eth0");
    EXPECT_TRUE(silent(other, gratuitous_request(ip_of(kVip), other.mac()), kOtherVip));
}

TEST_F(Layer2, HostileFramesChangeNothing) {
    Host host(node_);
    host.announce(kVip);
    const Sniffer sniffer(client_, "eth0");
    const ArpFrameBytes good = build_arp(question(sniffer, kVip));
    for (std::size_t size = 14; size < kArpMeaningSize; ++size) {
        sniffer.send_bytes({good.begin(), good.begin() + static_cast<long>(size)});
    }
    for (std::size_t at = 12; at < 22; ++at) {
        std::vector<std::uint8_t> bad(good.begin(), good.end());
        bad[at] ^= 0xff;
        sniffer.send_bytes(bad);
    }
    EXPECT_TRUE(answers(sniffer, kVip));
    EXPECT_EQ(host.packets().counts().frames[0], 1U);
}

// A tagged frame for a VLAN that this host has no interface for loses its tag on its way up and
// then looks like any other: only the kernel's packet type tells.
TEST_F(Layer2, IgnoresRequestsOfForeignVlans) {
    Host host(node_);
    host.announce(kVip);
    host.announce(kOtherVip);
    const Sniffer sniffer(client_, "eth0");
    const ArpFrameBytes plain = build_arp(question(sniffer, kVip));
    std::vector<std::uint8_t> tagged(plain.begin(), plain.end());
    tagged.insert(tagged.begin() + 12, {0x81, 0x00, 0x00, 0x64});
    sniffer.send_bytes(tagged);
    EXPECT_TRUE(answers(sniffer, kOtherVip));
    EXPECT_FALSE(sniffer.reply_for(ip_of(kVip), milliseconds{20}).has_value());
}

TEST_F(Layer2, T076AnswersOnTheAdvertisedInterfaceOnly) {
    auto second = add_veth(client_, "eth1", node_, "eth1");
    second.first.up();
    second.second.up();
    Host host(node_);
    host.announce(kVip, only("eth1"));
    host.announce(kOtherVip);
    const Sniffer on_eth0(client_, "eth0");
    const Sniffer on_eth1(client_, "eth1");
    EXPECT_TRUE(answers(on_eth1, kVip));
    EXPECT_TRUE(silent(on_eth0, question(on_eth0, kVip), kOtherVip));
}

TEST_F(Layer2, T077ABridgePortIsSilentAndItsMasterAnswers) {
    const Link bridge = add_bridge(node_, "br0");
    cable_.second.set_master(bridge);
    bridge.up();
    Host host(node_);
    host.announce(kVip);
    const Sniffer sniffer(client_, "eth0");
    sniffer.ask(ip_of(kVip), kSender);
    const auto reply = sniffer.reply_for(ip_of(kVip), kLong);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->sender_mac, mac_of(bridge.mac()));
    EXPECT_FALSE(sniffer.reply_for(ip_of(kVip), milliseconds{20}).has_value()) << "one answer";
}

TEST_F(Layer2, AReplacedInterfaceAnswersAgain) {
    Host host(node_);
    host.announce(kVip, only("eth0"));
    cable_.second.remove();
    cable_.first.leave();
    cable_.second.leave();
    host.refresh();
    cable_ = add_veth(client_, "eth0", node_, "eth0");
    cable_.first.up();
    cable_.second.up();
    host.refresh();
    const Sniffer sniffer(client_, "eth0");
    EXPECT_TRUE(answers(sniffer, kVip));
}

TEST_F(Layer2, AnInterfaceThatGoesDownAndUpAnswersAgain) {
    Host host(node_);
    host.announce(kVip);
    cable_.second.down();
    host.refresh();
    cable_.second.up();
    host.refresh();
    const Sniffer sniffer(client_, "eth0");
    EXPECT_TRUE(answers(sniffer, kVip));
}

TEST_F(Layer2, AChangedMacIsAnsweredWithAndAnnounced) {
    Host host(node_);
    host.announce(kVip);
    const Sniffer sniffer(client_, "eth0");
    cable_.second.set_mac("02:00:00:00:12:34");
    host.refresh();
    const auto announced = sniffer.next(kLong);
    ASSERT_TRUE(announced.has_value());
    EXPECT_EQ(announced->sender_mac, mac_of("02:00:00:00:12:34"));
    sniffer.ask(ip_of(kVip), kSender);
    const auto reply = sniffer.reply_for(ip_of(kVip), kLong);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->sender_mac, mac_of("02:00:00:00:12:34"));
}

TEST_F(Layer2, AThousandAddressesAreAllAnswered) {
    Host host(node_);
    for (std::uint32_t i = 0; i < 1000; ++i) {
        host.announcer().announce({"default", "s" + std::to_string(i)},
                                  ip::Address::from_ipv4(0x0a070100 + i),
                                  {},
                                  Instant{});
    }
    host.flush();
    const Sniffer sniffer(client_, "eth0");
    for (std::uint32_t i = 0; i < 1000; ++i) {
        const auto address = ip::Address::from_ipv4(0x0a070100 + i);
        sniffer.ask(address, kSender);
        ASSERT_TRUE(sniffer.reply_for(address, kLong).has_value()) << address.to_string();
    }
    // The last reply may be here before it is counted there.
    EXPECT_TRUE(eventually([&] {
        std::uint64_t requests = 0;
        std::uint64_t responses = 0;
        host.announcer().counters().for_each([&](const ip::Address&, const AddressSlot& slot) {
            requests += slot.requests_received.value();
            responses += slot.responses_sent.value();
        });
        return requests == 1000 && responses == 1000;
    }));
    EXPECT_EQ(host.packets().counts().overruns, 0U);
}

TEST_F(Layer2, TwoNodesWithOnePictureNeverBothAnswer) {
    auto lan = NetNamespace::create("l2-lan");
    const Link bridge = add_bridge(lan, "br0");
    bridge.up();
    auto peer = NetNamespace::create("l2-peer");
    std::vector<std::pair<Link, Link>> cables;
    for (const NetNamespace* ns : {&client_, &node_, &peer}) {
        cables.push_back(add_veth(*ns, "lan0", lan, "p" + std::to_string(cables.size())));
        cables.back().first.up();
        cables.back().second.up();
        cables.back().second.set_master(bridge);
    }
    Host first(node_);
    Host second(peer);
    const Sniffer sniffer(client_, "lan0");
    for (int round = 0; round < 4; ++round) {
        // The old owner learns first, as both follow one picture.
        Host& owner = round % 2 == 0 ? first : second;
        Host& other = round % 2 == 0 ? second : first;
        other.withdraw(kVip);
        owner.announce(kVip);
        sniffer.ask(ip_of(kVip), kSender);
        const auto reply = sniffer.reply_for(ip_of(kVip), kLong);
        ASSERT_TRUE(reply.has_value());
        EXPECT_EQ(reply->sender_mac, mac_of(cables[round % 2 == 0 ? 1 : 2].first.mac()));
        EXPECT_FALSE(sniffer.reply_for(ip_of(kVip), milliseconds{20}).has_value());
    }
}

TEST_F(Layer2, AnEndedThreadAnswersNothing) {
    Host host(node_);
    host.announce(kVip);
    const Sniffer sniffer(client_, "eth0");
    ASSERT_TRUE(answers(sniffer, kVip));
    host.kill();
    sniffer.ask(ip_of(kVip), kSender);
    EXPECT_FALSE(sniffer.reply_for(ip_of(kVip), milliseconds{50}).has_value());
}

// Foreign requests do not even wake the thread: the kernel filter keeps them.
TEST_F(Layer2, ForeignRequestsWakeNobody) {
    Host host(node_);
    host.announce(kVip);
    const Sniffer sniffer(client_, "eth0");
    for (std::uint32_t i = 0; i < 100; ++i) {
        sniffer.ask(ip::Address::from_ipv4(0x0a070000 + i % 99 + 1), kSender);
    }
    ASSERT_TRUE(answers(sniffer, kVip));
    EXPECT_LE(host.packets().counts().wake_ups, 2U);
}

}  // namespace
}  // namespace ferro::layer2
