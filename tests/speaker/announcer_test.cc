// The announcer on a clock that the test holds: wishes, interfaces and gratuitous timing, without a
// packet. "Sent" means taken as an order; times are milliseconds since the start.
#include "speaker/layer2/engine/announcer.h"

#include "core/base/prng.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ferro::layer2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Instant ms(std::int64_t value) {
    return Instant(std::chrono::milliseconds(value));
}

ip::Address ip_of(const std::string& text) {
    return ip::Address::parse(text).value();
}

const ip::Address kVip = ip_of("10.0.0.1");
const ip::Address kOtherVip = ip_of("10.0.0.2");
const model::ServiceKey kWeb{"default", "web"};
const model::ServiceKey kMail{"default", "mail"};
const InterfaceChoice kAll{};

InterfaceChoice only(std::vector<std::string> names) {
    InterfaceChoice choice{.all = false, .names = {}};
    for (std::string& name : names) {
        choice.names.emplace_back(std::move(name));
    }
    return choice;
}

/// ethN: index N + 1, MAC 02:00:00:00:00:0N.
Interface eth(std::uint8_t number) {
    return {.index = InterfaceIndex{number + 1},
            .name = InterfaceName("eth" + std::to_string(number)),
            .mac = MacAddress{{2, 0, 0, 0, 0, number}},
            .up = true,
            .broadcast = true};
}

Event event(EventKind kind,
            const model::ServiceKey& service,
            const ip::Address& address,
            AnnounceResult reason = AnnounceResult::announced) {
    return {kind, service, address, reason};
}

class AnnouncerTest : public ::testing::Test {
  protected:
    AnnouncerTest() { announcer_.set_interfaces({eth(0), eth(1)}, ms(0)); }

    /// Interface indexes that got an order for `address` since the last call.
    std::vector<int> sent(const ip::Address& address = kVip) {
        std::vector<int> interfaces;
        for (const GratuitousOrder& order : announcer_.take_orders(100'000)) {
            if (order.address == address) {
                interfaces.push_back(order.interface.value);
            }
        }
        return interfaces;
    }

    /// Runs the clock up to `end` and returns when something was sent.
    std::vector<std::int64_t> times_until(std::int64_t end) {
        std::vector<std::int64_t> times;
        const auto note = [&](Instant now) {
            if (!announcer_.take_orders(100'000).empty()) {
                times.push_back(
                    std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch())
                        .count());
            }
        };
        note(now_);
        while (announcer_.next_deadline() && *announcer_.next_deadline() <= ms(end)) {
            now_ = *announcer_.next_deadline();
            announcer_.advance(now_);
            note(now_);
        }
        return times;
    }

    bool answers(const ip::Address& address, int interface) {
        if (auto table = announcer_.take_table()) {
            table_ = table;
        }
        const auto* entry = table_->find(address);
        return entry != nullptr && table_->mac_of(InterfaceIndex{interface}) != nullptr &&
               table_->answers_on(*entry, InterfaceIndex{interface});
    }

    Announcer announcer_;
    std::shared_ptr<const AnswerTable> table_;
    Instant now_ = ms(0);
};

TEST_F(AnnouncerTest, AnswersWhatIsAnnouncedUntilItIsWithdrawn) {
    EXPECT_EQ(announcer_.announce(kWeb, kVip, kAll, ms(0)), AnnounceResult::announced);
    EXPECT_TRUE(answers(kVip, 1));
    EXPECT_TRUE(answers(kVip, 2));
    EXPECT_FALSE(answers(kOtherVip, 1));
    EXPECT_TRUE(announcer_.announces(kVip));
    announcer_.withdraw(kWeb);
    EXPECT_FALSE(answers(kVip, 1));
    EXPECT_FALSE(announcer_.announces(kVip));
    EXPECT_EQ(announcer_.address_count(), 0U);
    EXPECT_THAT(announcer_.take_events(),
                ElementsAre(event(EventKind::announced, kWeb, kVip),
                            event(EventKind::withdrawn, kWeb, kVip)));
}

TEST_F(AnnouncerTest, PublishesATableOnlyWhenItDiffers) {
    EXPECT_NE(announcer_.take_table(), nullptr);
    EXPECT_EQ(announcer_.take_table(), nullptr);
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    EXPECT_NE(announcer_.take_table(), nullptr);
    announcer_.announce(kWeb, kVip, kAll, ms(10));
    announcer_.set_interfaces({eth(1), eth(0)}, ms(20));
    EXPECT_EQ(announcer_.take_table(), nullptr);
}

TEST_F(AnnouncerTest, T080SendsAtOnceAndThenEvery1100MillisecondsFiveTimesInAll) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    EXPECT_THAT(times_until(60'000), ElementsAre(0, 1100, 2200, 3300, 4400));
    EXPECT_FALSE(announcer_.next_deadline().has_value()) << "nothing in steady state";
}

TEST_F(AnnouncerTest, T080SendsOnEachMatchingInterfaceWithItsOwnMac) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    const auto slot = announcer_.counters().slot_for(kVip);
    EXPECT_THAT(
        announcer_.take_orders(10),
        ElementsAre(
            GratuitousOrder{kVip, InterfaceIndex{1}, MacAddress{{2, 0, 0, 0, 0, 0}}, slot},
            GratuitousOrder{kVip, InterfaceIndex{2}, MacAddress{{2, 0, 0, 0, 0, 1}}, slot}));
}

TEST_F(AnnouncerTest, T081AnotherAnnounceExtendsTheBurstWithoutAnExtraPacket) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    EXPECT_THAT(times_until(3000), ElementsAre(0, 1100, 2200));
    announcer_.announce(kWeb, kVip, kAll, ms(3000));
    EXPECT_THAT(times_until(60'000), ElementsAre(3300, 4400, 5500, 6600, 7700));
    announcer_.announce(kWeb, kVip, kAll, ms(20'000));
    now_ = ms(20'000);
    EXPECT_THAT(times_until(60'000), ElementsAre(20'000, 21'100, 22'200, 23'300, 24'400));
}

TEST_F(AnnouncerTest, ALostAddressIsNotSpammed) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    announcer_.withdraw(kWeb, kVip);
    EXPECT_THAT(times_until(60'000), IsEmpty());
}

TEST_F(AnnouncerTest, AnAddressThatComesBackHasOneBeat) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    announcer_.withdraw(kWeb, kVip);
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    EXPECT_THAT(sent(), ElementsAre(1, 2));
    EXPECT_THAT(times_until(60'000), ElementsAre(1100, 2200, 3300, 4400));
}

TEST_F(AnnouncerTest, ALateCallerSendsOnceNotForEachMissedBeat) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    EXPECT_THAT(sent(), ElementsAre(1, 2));
    announcer_.advance(ms(4000));
    EXPECT_THAT(sent(), ElementsAre(1, 2));
    announcer_.advance(ms(4001));
    EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(AnnouncerTest, ASlowSenderFindsEachAddressOnce) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    announcer_.advance(ms(1100));
    announcer_.advance(ms(2200));
    EXPECT_THAT(sent(), ElementsAre(1, 2));
}

TEST_F(AnnouncerTest, OrdersAreTakenInPieces) {
    for (int i = 1; i <= 10; ++i) {
        announcer_.announce(kWeb, ip_of("10.0.1." + std::to_string(i)), only({"eth0"}), ms(0));
    }
    EXPECT_EQ(announcer_.take_orders(4).size(), 4U);
    EXPECT_TRUE(announcer_.has_orders());
    EXPECT_EQ(announcer_.take_orders(100).size(), 6U);
    EXPECT_FALSE(announcer_.has_orders());
}

TEST_F(AnnouncerTest, ASharedAddressStaysUntilItsLastServiceLeaves) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    announcer_.announce(kMail, kVip, kAll, ms(0));
    announcer_.withdraw(kWeb);
    EXPECT_TRUE(answers(kVip, 1));
    announcer_.withdraw(kMail, kVip);
    EXPECT_FALSE(answers(kVip, 1));
}

TEST_F(AnnouncerTest, ASharedAddressIsAnsweredOnTheUnionOfItsInterfaces) {
    announcer_.set_interfaces({eth(0), eth(1), eth(2)}, ms(0));
    announcer_.announce(kWeb, kVip, only({"eth1"}), ms(0));
    announcer_.announce(kMail, kVip, only({"eth0", "eth1"}), ms(0));
    EXPECT_TRUE(answers(kVip, 1));
    EXPECT_TRUE(answers(kVip, 2));
    EXPECT_FALSE(answers(kVip, 3));
    EXPECT_THAT(announcer_.interfaces_of(kVip),
                ElementsAre(InterfaceName("eth0"), InterfaceName("eth1")));
    announcer_.withdraw(kMail);
    EXPECT_FALSE(answers(kVip, 1));
}

TEST_F(AnnouncerTest, AServiceMayHaveSeveralAddresses) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    announcer_.announce(kWeb, kOtherVip, kAll, ms(0));
    announcer_.withdraw(kWeb, kVip);
    EXPECT_FALSE(answers(kVip, 1));
    EXPECT_TRUE(answers(kOtherVip, 1));
}

TEST_F(AnnouncerTest, UnknownWithdrawalsAreIgnored) {
    announcer_.withdraw(kWeb);
    announcer_.withdraw(kWeb, kVip);
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    announcer_.withdraw(kWeb, kOtherVip);
    announcer_.withdraw(kMail, kVip);
    EXPECT_TRUE(answers(kVip, 1));
}

TEST_F(AnnouncerTest, T074AnAbsentInterfaceFailsOnceWithItsReason) {
    EXPECT_EQ(announcer_.announce(kWeb, kVip, only({"eth9"}), ms(0)),
              AnnounceResult::no_such_interface);
    EXPECT_EQ(announcer_.announce(kWeb, kVip, only({"eth9"}), ms(1)),
              AnnounceResult::no_such_interface);
    EXPECT_THAT(announcer_.take_events(),
                ElementsAre(event(
                    EventKind::announce_failed, kWeb, kVip, AnnounceResult::no_such_interface)));
    EXPECT_FALSE(answers(kVip, 1));
    EXPECT_THAT(times_until(10'000), IsEmpty());
    announcer_.withdraw(kWeb);
    EXPECT_THAT(announcer_.take_events(), IsEmpty()) << "nothing was announced";
}

TEST_F(AnnouncerTest, T074AFailedWishIsFulfilledWhenTheInterfaceAppears) {
    announcer_.announce(kWeb, kVip, only({"eth2"}), ms(0));
    announcer_.take_events();
    announcer_.set_interfaces({eth(0), eth(2)}, ms(500));
    EXPECT_THAT(announcer_.take_events(), ElementsAre(event(EventKind::announced, kWeb, kVip)));
    EXPECT_TRUE(answers(kVip, 3));
    EXPECT_FALSE(answers(kVip, 1));
    EXPECT_THAT(sent(), ElementsAre(3));
}

TEST_F(AnnouncerTest, T075AnEditToAnAbsentInterfaceKeepsTheOldAnnouncement) {
    announcer_.announce(kWeb, kVip, only({"eth0"}), ms(0));
    EXPECT_EQ(announcer_.announce(kWeb, kVip, only({"eth9"}), ms(1)),
              AnnounceResult::no_such_interface);
    EXPECT_TRUE(answers(kVip, 1));
    announcer_.announce(kWeb, kVip, only({"eth1"}), ms(2));
    EXPECT_FALSE(answers(kVip, 1));
    EXPECT_TRUE(answers(kVip, 2));
    EXPECT_THAT(
        announcer_.take_events(),
        ElementsAre(
            event(EventKind::announced, kWeb, kVip),
            event(EventKind::announce_failed, kWeb, kVip, AnnounceResult::no_such_interface),
            event(EventKind::announced, kWeb, kVip)));
}

TEST_F(AnnouncerTest, LosingTheOnlyNamedInterfaceIsToldAndItsReturnToo) {
    announcer_.announce(kWeb, kVip, only({"eth1"}), ms(0));
    announcer_.take_events();
    announcer_.set_interfaces({eth(0)}, ms(100));
    EXPECT_THAT(announcer_.take_events(),
                ElementsAre(event(
                    EventKind::announce_failed, kWeb, kVip, AnnounceResult::no_such_interface)));
    EXPECT_FALSE(answers(kVip, 2));
    announcer_.set_interfaces({eth(0), eth(1)}, ms(200));
    EXPECT_THAT(announcer_.take_events(), ElementsAre(event(EventKind::announced, kWeb, kVip)));
    EXPECT_TRUE(answers(kVip, 2));
}

TEST_F(AnnouncerTest, ADownOrEnslavedInterfaceIsSilentButNoFailure) {
    Interface down = eth(0);
    down.up = false;
    Interface port = eth(1);
    port.enslaved = true;
    Interface quiet = eth(2);
    quiet.noarp = true;
    Interface tunnel = eth(3);
    tunnel.broadcast = false;
    announcer_.set_interfaces({down, port, quiet, tunnel}, ms(0));
    for (const char* name : {"eth0", "eth1", "eth2", "eth3"}) {
        EXPECT_EQ(announcer_.announce(kWeb, kVip, only({name}), ms(0)), AnnounceResult::announced);
    }
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    for (int index = 1; index <= 4; ++index) {
        EXPECT_FALSE(answers(kVip, index)) << index;
    }
    EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(AnnouncerTest, AnInterfaceThatComesUpAnswersAndIsAnnouncedOnAtOnce) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    announcer_.announce(kWeb, kOtherVip, only({"eth0"}), ms(0));
    times_until(10'000);
    announcer_.set_interfaces({eth(0), eth(1), eth(2)}, ms(20'000));
    EXPECT_TRUE(answers(kVip, 3));
    EXPECT_FALSE(answers(kOtherVip, 3));
    const auto orders = announcer_.take_orders(10);
    ASSERT_EQ(orders.size(), 1U) << "not on the interfaces that were there before";
    EXPECT_EQ(orders[0].address, kVip);
    EXPECT_EQ(orders[0].interface, InterfaceIndex{3});
    now_ = ms(20'000);
    EXPECT_THAT(times_until(60'000), ElementsAre(21'100, 22'200, 23'300, 24'400));
}

TEST_F(AnnouncerTest, AChangedMacIsAnsweredWithAndAnnounced) {
    announcer_.announce(kWeb, kVip, kAll, ms(0));
    times_until(10'000);
    Interface changed = eth(0);
    changed.mac.bytes[3] = 0x77;
    announcer_.set_interfaces({changed, eth(1)}, ms(20'000));
    ASSERT_TRUE(answers(kVip, 1));
    EXPECT_EQ(*table_->mac_of(InterfaceIndex{1}), changed.mac);
    const auto orders = announcer_.take_orders(10);
    ASSERT_EQ(orders.size(), 1U);
    EXPECT_EQ(orders[0].mac, changed.mac);
}

TEST_F(AnnouncerTest, AReplugKeepsTheNameAndTakesTheNewIndex) {
    announcer_.announce(kWeb, kVip, only({"eth1"}), ms(0));
    announcer_.set_interfaces({eth(0)}, ms(100));
    Interface replugged = eth(1);
    replugged.index = InterfaceIndex{42};
    announcer_.set_interfaces({eth(0), replugged}, ms(200));
    EXPECT_TRUE(answers(kVip, 42));
    EXPECT_FALSE(answers(kVip, 2));
}

TEST_F(AnnouncerTest, RefusesWhatArpCannotCarry) {
    EXPECT_EQ(announcer_.announce(kWeb, ip_of("fd00::1"), kAll, ms(0)),
              AnnounceResult::ipv6_not_supported);
    EXPECT_EQ(announcer_.announce(kWeb, ip_of("0.0.0.0"), kAll, ms(0)),
              AnnounceResult::unspecified_address);
    EXPECT_EQ(announcer_.address_count(), 0U);
}

/// What the announcer should answer, found the slow way.
struct SlowModel {
    using Claims = std::map<std::pair<ip::Address, model::ServiceKey>, InterfaceChoice>;
    Claims claims;

    [[nodiscard]] bool answers(const ip::Address& address, const Interface& on) const {
        for (const auto& [key, choice] : claims) {
            if (key.first == address && answers_arp(on) &&
                (choice.all || std::count(choice.names.begin(), choice.names.end(), on.name) > 0)) {
                return true;
            }
        }
        return false;
    }
};

// Random wishes, withdrawals and links that go up and down (but stay present, so that no wish
// fails), compared with the slow model after every step.
TEST(Announcer, AgreesWithASlowModelOverRandomHistories) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Prng prng(seed);
        Announcer announcer;
        SlowModel slow;
        std::vector<Interface> links = {eth(0), eth(1), eth(2)};
        Instant now = ms(0);
        announcer.set_interfaces(links, now);
        std::shared_ptr<const AnswerTable> table;
        for (int step = 0; step < 60; ++step) {
            now += std::chrono::milliseconds(prng.below(2000));
            const auto address =
                ip::Address::from_ipv4(static_cast<std::uint32_t>(0x0a000001 + prng.below(4)));
            const model::ServiceKey service{"ns", std::string(1, "abc"[prng.below(3)])};
            const auto choice =
                prng.chance(40) ? kAll : only({"eth" + std::to_string(prng.below(3))});
            if (prng.chance(50)) {
                announcer.announce(service, address, choice, now);
                slow.claims[{address, service}] = choice;
            } else if (prng.chance(50)) {
                announcer.withdraw(service, address);
                slow.claims.erase({address, service});
            } else {
                Interface& link = links[prng.below(3)];
                link.up = !link.up;
                announcer.set_interfaces(links, now);
            }
            announcer.advance(now);
            if (auto fresh = announcer.take_table()) {
                table = fresh;
            }
            for (const GratuitousOrder& order : announcer.take_orders(1000)) {
                EXPECT_TRUE(slow.answers(
                    order.address, links[static_cast<std::size_t>(order.interface.value) - 1]));
            }
            for (std::uint32_t i = 0; i < 4; ++i) {
                const auto vip = ip::Address::from_ipv4(0x0a000001 + i);
                const auto* entry = table->find(vip);
                for (const Interface& link : links) {
                    const bool answered = entry != nullptr &&
                                          table->mac_of(link.index) != nullptr &&
                                          table->answers_on(*entry, link.index);
                    ASSERT_EQ(answered, slow.answers(vip, link)) << "seed " << seed;
                }
            }
        }
        announcer.advance(now + std::chrono::seconds(5));
        announcer.advance(now + std::chrono::seconds(12));
        EXPECT_FALSE(announcer.next_deadline().has_value()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace ferro::layer2
