// The responder on a real loop: what the speaker's wiring uses. Its timing is the clock's here, so
// only what the engine's own tests cannot show is shown: tables and announcements reach the wire,
// the timer carries a burst on, and silence is immediate.
#include "runtime/loop.h"
#include "speaker/layer2/io/responder.h"
#include "tests/netns/layer2_support.h"
#include "tests/support/eventually.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>

namespace ferro::layer2 {
namespace {

using std::chrono::milliseconds;
using test::add_veth;
using test::NetNamespace;

constexpr milliseconds kLong{5000};
const model::ServiceKey kWeb{"default", "web"};
const ip::Address kVip = ip::Address::from_ipv4(0x0a070064);
const ip::Address kSender = ip::Address::from_ipv4(0x0a070001);

/// A responder whose loop has a thread of its own; call() runs work there and waits.
class RunningResponder {
  public:
    explicit RunningResponder(const NetNamespace& ns) {
        test::run_in(ns, [this] {
            auto started =
                Responder::start(loop_, [this](const Event& event) { events_.push_back(event); });
            if (started) {
                responder_ = std::move(*started);
            }
        });
        thread_ = std::thread([this] { loop_.run(); });
    }

    ~RunningResponder() {
        call([this] { responder_.reset(); });
        loop_.stop();
        thread_.join();
    }

    RunningResponder(const RunningResponder&) = delete;
    RunningResponder& operator=(const RunningResponder&) = delete;

    void call(const std::function<void()>& work) {
        std::promise<void> done;
        loop_.post([&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }

    Responder& operator*() { return *responder_; }

    Responder* operator->() { return responder_.get(); }

    std::vector<Event> events() {
        std::vector<Event> copy;
        call([&] { copy = events_; });
        return copy;
    }

  private:
    runtime::Loop loop_;
    std::vector<Event> events_;
    std::unique_ptr<Responder> responder_;
    std::thread thread_;
};

class ResponderTest : public ::testing::Test {
  protected:
    ResponderTest() {
        cable_.first.up();
        cable_.second.up();
    }

    NetNamespace client_ = NetNamespace::create("l2r-client");
    NetNamespace node_ = NetNamespace::create("l2r-node");
    std::pair<test::Link, test::Link> cable_ = add_veth(client_, "eth0", node_, "eth0");
};

TEST_F(ResponderTest, AnnouncesAnswersAndTells) {
    const Sniffer sniffer(client_, "eth0");
    RunningResponder responder(node_);
    const auto interfaces = interfaces_of(node_);
    responder.call([&] {
        responder->set_interfaces(interfaces);
        EXPECT_EQ(responder->announce(kWeb, kVip, {}), AnnounceResult::announced);
    });
    const MacAddress mac = mac_of(cable_.second.mac());
    EXPECT_EQ(sniffer.next(kLong), gratuitous_request(kVip, mac));
    EXPECT_EQ(sniffer.next(kLong), gratuitous_reply(kVip, mac));
    sniffer.ask(kVip, kSender);
    EXPECT_TRUE(sniffer.reply_for(kVip, kLong).has_value());
    EXPECT_EQ(sniffer.next(kLong), gratuitous_request(kVip, mac)) << "the next beat";
    EXPECT_TRUE(test::eventually([&] { return responder.events().size() == 1; }));
    EXPECT_EQ(responder.events().front().kind, EventKind::announced);
    responder.call([&] { responder->withdraw(kWeb); });
    EXPECT_TRUE(test::eventually([&] { return responder.events().size() == 2; }));
    EXPECT_EQ(responder.events().back().kind, EventKind::withdrawn);
}

TEST_F(ResponderTest, FallsSilentAtOnceAndStaysSo) {
    const Sniffer sniffer(client_, "eth0");
    RunningResponder responder(node_);
    const auto interfaces = interfaces_of(node_);
    responder.call([&] {
        responder->set_interfaces(interfaces);
        responder->announce(kWeb, kVip, {});
    });
    ASSERT_TRUE(sniffer.next(kLong).has_value()) << "announced: the table is in force";
    sniffer.ask(kVip, kSender);
    ASSERT_TRUE(sniffer.reply_for(kVip, kLong).has_value());
    responder.call([&] {
        responder->fall_silent();
        responder->announce({"default", "late"}, ip::Address::from_ipv4(0x0a070065), {});
    });
    sniffer.ask(kVip, kSender);
    EXPECT_FALSE(sniffer.reply_for(kVip, milliseconds{50}).has_value());
}

// Ten thousand announcements leave in pieces; each address is announced and answered.
TEST_F(ResponderTest, AnnouncesTenThousandAddresses) {
    RunningResponder responder(node_);
    const auto interfaces = interfaces_of(node_);
    responder.call([&] {
        responder->set_interfaces(interfaces);
        for (std::uint32_t i = 0; i < 10'000; ++i) {
            responder->announce({"default", "s" + std::to_string(i)},
                                ip::Address::from_ipv4(0x0a080000 + i + 1),
                                {});
        }
    });
    const auto announced = [&] {
        std::uint64_t sent = 0;
        responder.call([&] {
            responder->announcer().counters().for_each(
                [&](const ip::Address&, const AddressSlot& slot) {
                    sent += slot.gratuitous_sent.value();
                });
        });
        return sent >= 20'000;
    };
    EXPECT_TRUE(test::eventually(announced));
    const Sniffer sniffer(client_, "eth0");
    for (const std::uint32_t i : {1U, 5'000U, 10'000U}) {
        const auto address = ip::Address::from_ipv4(0x0a080000 + i);
        sniffer.ask(address, kSender);
        EXPECT_TRUE(sniffer.reply_for(address, kLong).has_value()) << i;
    }
}

}  // namespace
}  // namespace ferro::layer2
