// LinkMonitor against the kernel, each test in a namespace of its own. The loop runs on a thread of
// its own, as in a daemon; tests change interfaces with `ip` and wait for the monitor to agree.
#include "netlink/link_monitor.h"

#include "runtime/clock.h"
#include "tests/support/eventually.h"
#include "tests/support/netns.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace ferro::netlink {
namespace {

using test::eventually;
using test::Link;
using test::NetNamespace;
using Words = std::vector<std::string>;

// What getifaddrs(3) says: "eth0 10.0.0.1", in the calling thread's namespace.
std::set<std::string> kernel_addresses() {
    std::set<std::string> out;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        throw std::runtime_error("getifaddrs");
    }
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        std::array<char, INET6_ADDRSTRLEN> text{};
        const sockaddr* address = entry->ifa_addr;
        if (address != nullptr && address->sa_family == AF_INET) {
            const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
            ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
        } else if (address != nullptr && address->sa_family == AF_INET6) {
            const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
            ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
        } else {
            continue;
        }
        out.insert(std::string(entry->ifa_name) + " " + text.data());
    }
    ::freeifaddrs(list);
    return out;
}

// A daemon in small: a loop on its own thread, a monitor, and a record of what it told.
class Watched {
  public:
    explicit Watched(const NetNamespace& ns, LinkMonitorOptions options = {}) {
        test::run_in(ns, [&] { start(options); });
        loop_thread_ = std::thread([this] { loop_.run(); });
    }

    ~Watched() {
        loop_.stop();
        loop_thread_.join();
    }

    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    /// Runs on the loop and waits.
    template <typename Work>
    auto on_loop(Work work) {
        std::packaged_task<decltype(work())()> task(std::move(work));
        auto result = task.get_future();
        loop_.post([&task] { task(); });
        return result.get();
    }

    std::vector<netlink::Link> snapshot() {
        return on_loop([this] { return monitor_->snapshot(); });
    }

    LinkMonitorCounters counters() {
        return on_loop([this] { return monitor_->counters(); });
    }

    std::optional<netlink::Link> link(const std::string& name) {
        for (netlink::Link& link : snapshot()) {
            if (link.name == name) {
                return std::move(link);
            }
        }
        return std::nullopt;
    }

    /// Whether the monitor comes to say so of the link.
    template <typename Condition>
    bool sees(const std::string& name, Condition condition) {
        return eventually([&] {
            const std::optional<netlink::Link> found = link(name);
            return found && condition(*found);
        });
    }

    bool sees(const std::string& name) {
        return sees(name, [](const netlink::Link&) { return true; });
    }

    bool misses(const std::string& name) {
        return eventually([&] { return !link(name).has_value(); });
    }

    /// Names and removals in the order told: "+eth0", "-2".
    Words told() {
        const std::lock_guard lock(mutex_);
        return told_;
    }

    void forget() {
        const std::lock_guard lock(mutex_);
        told_.clear();
    }

    Instant last_told() {
        const std::lock_guard lock(mutex_);
        return last_told_;
    }

    /// Keeps the loop from reading while this lives.
    class Blocked {
      public:
        explicit Blocked(Watched& watched) {
            watched.loop_.post([go_on = go_on_.get_future().share()] { go_on.wait(); });
        }

        ~Blocked() { go_on_.set_value(); }

        Blocked(const Blocked&) = delete;
        Blocked& operator=(const Blocked&) = delete;

      private:
        std::promise<void> go_on_;
    };

  private:
    void start(LinkMonitorOptions options) {
        LinkListener listener{
            [this](const netlink::Link& link) { tell("+" + link.name); },
            [this](InterfaceIndex index) { tell("-" + std::to_string(index.value)); }};
        auto started = LinkMonitor::start(loop_, std::move(listener), options);
        if (!started) {
            throw std::runtime_error(started.error().context);
        }
        monitor_ = std::move(*started);
    }

    void tell(std::string what) {
        const std::lock_guard lock(mutex_);
        told_.push_back(std::move(what));
        last_told_ = runtime::monotonic_now();
    }

    runtime::Loop loop_;
    std::unique_ptr<LinkMonitor> monitor_;
    std::thread loop_thread_;
    std::mutex mutex_;
    Words told_;
    Instant last_told_;
};

std::set<std::string> addresses_of(const std::vector<netlink::Link>& links) {
    std::set<std::string> out;
    for (const netlink::Link& link : links) {
        for (const InterfaceAddress& held : link.addresses) {
            out.insert(link.name + " " + held.address.to_string());
        }
    }
    return out;
}

bool holds(const netlink::Link& link, const std::string& address) {
    return std::any_of(link.addresses.begin(), link.addresses.end(), [&](const auto& held) {
        return held.address.to_string() == address;
    });
}

TEST(LinkMonitor, SnapshotIsWholeWhenStartReturns) {
    const NetNamespace ns = NetNamespace::create("snap");
    const Link bridge = test::add_bridge(ns, "br0");
    const Link quiet = test::add_link(ns, "quiet0", "ifb");
    bridge.set_mac("02:00:00:00:00:01");
    bridge.add_address("10.1.0.1/24");
    bridge.up();
    Watched watched(ns);
    const std::vector<netlink::Link> links = watched.snapshot();
    ASSERT_EQ(links.size(), 3U);
    EXPECT_TRUE(links[0].loopback);
    EXPECT_FALSE(links[0].broadcast);
    EXPECT_TRUE(holds(links[0], "127.0.0.1"));
    const netlink::Link& br0 = links[1];
    EXPECT_EQ(br0.name, "br0");
    EXPECT_EQ(br0.index.value, bridge.index());
    EXPECT_EQ(br0.kind, "bridge");
    EXPECT_EQ(to_string(br0.mac.value()), "02:00:00:00:00:01");
    EXPECT_TRUE(br0.up && br0.broadcast && !br0.no_arp && !br0.loopback && !br0.master);
    ASSERT_FALSE(br0.addresses.empty());
    EXPECT_EQ(br0.addresses[0].prefix_length, 24);
    EXPECT_TRUE(links[2].no_arp);
    EXPECT_FALSE(links[2].up);
    EXPECT_EQ(watched.told(), Words{}) << "what is in the snapshot is not told again";
}

TEST(LinkMonitor, TellsOfALinkThatAppearsAndVanishes) {
    const NetNamespace ns = NetNamespace::create("appear");
    Watched watched(ns);
    auto [a, b] = test::add_veth(ns, "eth0", ns, "eth1");
    const int index = a.index();
    ASSERT_TRUE(watched.sees("eth0"));
    ASSERT_TRUE(watched.sees("eth1"));
    watched.forget();
    a.remove();
    ASSERT_TRUE(watched.misses("eth0"));
    ASSERT_TRUE(watched.misses("eth1"));
    const Words told = watched.told();
    EXPECT_EQ(std::count(told.begin(), told.end(), "-" + std::to_string(index)), 1);
}

TEST(LinkMonitor, FollowsARenameAndAMacChangeUnderOneIndex) {
    const NetNamespace ns = NetNamespace::create("rename");
    Watched watched(ns);
    Link link = test::add_bridge(ns, "old");
    ASSERT_TRUE(watched.sees("old"));
    const InterfaceIndex index = watched.link("old")->index;
    link.rename("new");
    ASSERT_TRUE(watched.sees("new", [&](const auto& now) { return now.index == index; }));
    EXPECT_FALSE(watched.link("old").has_value());
    link.set_mac("02:00:00:00:00:42");
    EXPECT_TRUE(watched.sees("new", [&](const netlink::Link& now) {
        return now.index == index && now.mac && to_string(*now.mac) == "02:00:00:00:00:42";
    }));
}

TEST(LinkMonitor, FollowsUpDownAndCarrier) {
    const NetNamespace ns = NetNamespace::create("carrier");
    Watched watched(ns);
    const auto [a, b] = test::add_veth(ns, "eth0", ns, "eth1");
    ASSERT_TRUE(watched.sees("eth0", [](const auto& now) { return !now.up && !now.running; }));
    a.up();
    ASSERT_TRUE(watched.sees("eth0", [](const auto& now) { return now.up && !now.running; }));
    b.up();
    ASSERT_TRUE(watched.sees("eth0", [](const auto& now) { return now.up && now.running; }));
    b.down();
    ASSERT_TRUE(watched.sees("eth0", [](const auto& now) { return now.up && !now.running; }));
    a.down();
    EXPECT_TRUE(watched.sees("eth0", [](const auto& now) { return !now.up; }));
}

TEST(LinkMonitor, TellsAFlapThatHappenedWhileTheLoopWasBusy) {
    const NetNamespace ns = NetNamespace::create("flap");
    const Link link = test::add_bridge(ns, "br0");
    link.up();
    Watched watched(ns);
    {
        const Watched::Blocked blocked(watched);
        link.down();
        link.up();
    }
    EXPECT_TRUE(eventually([&] { return watched.told().size() >= 2; }));
}

TEST(LinkMonitor, FollowsEnslavingAndReleaseWithoutLosingThePort) {
    const NetNamespace ns = NetNamespace::create("master");
    const Link bridge = test::add_bridge(ns, "br0");
    const auto [port, peer] = test::add_veth(ns, "port", ns, "peer");
    Watched watched(ns);
    const InterfaceIndex bridge_index = watched.link("br0")->index;
    port.set_master(bridge);
    ASSERT_TRUE(watched.sees("port", [&](const auto& now) { return now.master == bridge_index; }));
    port.clear_master();
    ASSERT_TRUE(watched.sees("port", [](const auto& now) { return !now.master; }));
    for (const std::string& what : watched.told()) {
        EXPECT_NE(what[0], '-') << "a port that leaves its bridge is not removed: " << what;
    }
}

TEST(LinkMonitor, ReleasesThePortsOfABridgeThatIsRemoved) {
    const NetNamespace ns = NetNamespace::create("unbridge");
    Link bridge = test::add_bridge(ns, "br0");
    const auto [port, peer] = test::add_veth(ns, "port", ns, "peer");
    port.set_master(bridge);
    Watched watched(ns);
    ASSERT_TRUE(watched.link("port")->master.has_value());
    bridge.remove();
    EXPECT_TRUE(watched.sees("port", [](const auto& now) { return !now.master; }));
    EXPECT_TRUE(watched.misses("br0"));
}

TEST(LinkMonitor, FollowsAddressesOfBothFamilies) {
    const NetNamespace ns = NetNamespace::create("addr");
    const Link link = test::add_bridge(ns, "br0");
    link.up();
    Watched watched(ns);
    link.add_address("10.2.0.1/24");
    link.add_address("fd00:2::1/64");
    ASSERT_TRUE(watched.sees(
        "br0", [](const auto& now) { return holds(now, "10.2.0.1") && holds(now, "fd00:2::1"); }));
    link.remove_address("10.2.0.1/24");
    link.remove_address("fd00:2::1/64");
    EXPECT_TRUE(watched.sees("br0", [](const auto& now) {
        return !holds(now, "10.2.0.1") && !holds(now, "fd00:2::1");
    }));
    ns.ip("addr add 10.2.0.7 peer 10.2.0.8/32 dev br0");
    EXPECT_TRUE(watched.sees("br0", [](const auto& now) { return holds(now, "10.2.0.7"); }));
    EXPECT_FALSE(holds(*watched.link("br0"), "10.2.0.8")) << "the peer's address is not ours";
}

TEST(LinkMonitor, WaitsForDuplicateAddressDetectionOfTheLinkLocalAddress) {
    const NetNamespace ns = NetNamespace::create("dad");
    const auto [a, b] = test::add_veth(ns, "eth0", ns, "eth1");
    Watched watched(ns);
    a.up();
    b.up();
    ASSERT_TRUE(watched.sees("eth0", [](const auto& now) { return !now.addresses.empty(); }));
    EXPECT_TRUE(watched.sees("eth0", [](const auto& now) { return now.has_ipv6_link_local(); }));
}

TEST(LinkMonitor, FollowsALinkThatLeavesTheNamespaceAndReturns) {
    const NetNamespace ns = NetNamespace::create("here");
    const NetNamespace away = NetNamespace::create("away");
    auto [a, b] = test::add_veth(ns, "eth0", ns, "eth1");
    Watched watched(ns);
    ASSERT_TRUE(watched.link("eth0").has_value());
    a.move_to(away);
    ASSERT_TRUE(watched.misses("eth0"));
    a.move_to(ns);
    EXPECT_TRUE(watched.sees("eth0"));
}

TEST(LinkMonitor, TellsOfANewLinkUnderAnOldIndex) {
    const NetNamespace ns = NetNamespace::create("reuse");
    ns.ip("link add br0 index 77 type bridge");
    Watched watched(ns);
    {
        const Watched::Blocked blocked(watched);
        ns.ip_batch({"link del br0", "link add br0 index 77 type bridge"});
    }
    ASSERT_TRUE(eventually([&] { return watched.told().size() >= 2; }));
    const Words told = watched.told();
    EXPECT_EQ(told[0], "-77");
    EXPECT_EQ(told[1], "+br0");
}

// Both directions of loss: things that came and things that went while nobody listened.
TEST(LinkMonitor, EqualsTheKernelAfterNotificationsWereLost) {
    const NetNamespace ns = NetNamespace::create("nobufs");
    const Link bridge = test::add_bridge(ns, "br0");
    bridge.up();
    Link doomed = test::add_bridge(ns, "doomed");
    bridge.add_address("10.3.255.1/32");
    LinkMonitorOptions tiny;
    tiny.receive_buffer_bytes = 1;  // the kernel makes it its smallest, about 2 KiB
    Watched watched(ns, tiny);
    {
        const Watched::Blocked blocked(watched);
        Words lines{"addr del 10.3.255.1/32 dev br0", "link del doomed"};
        for (int i = 0; i < 4000; ++i) {
            const std::string address =
                "10.3." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250) + "/32";
            lines.push_back("addr add " + address + " dev br0");
            if (i % 3 == 0) {
                lines.push_back("addr del " + address + " dev br0");
            }
        }
        ns.ip_batch(lines);
    }
    doomed.leave();
    const std::set<std::string> expected = test::call_in(ns, kernel_addresses);
    ASSERT_GT(expected.size(), 2600U);
    EXPECT_TRUE(eventually([&] { return addresses_of(watched.snapshot()) == expected; }));
    EXPECT_FALSE(watched.link("doomed").has_value());
    EXPECT_GE(watched.counters().overruns, 1U);
    EXPECT_GE(watched.counters().resyncs, 1U);
    // It listens again afterwards.
    bridge.add_address("10.4.0.1/32");
    EXPECT_TRUE(watched.sees("br0", [](const auto& now) { return holds(now, "10.4.0.1"); }));
}

// The loop is not blocked here: changes pour in while the monitor reads, overruns and resyncs as it
// goes, and dumps are interrupted by further changes.
TEST(LinkMonitor, EqualsTheKernelAfterAStormDuringResyncs) {
    const NetNamespace ns = NetNamespace::create("storm");
    const Link bridge = test::add_bridge(ns, "br0");
    bridge.up();
    LinkMonitorOptions tiny;
    tiny.receive_buffer_bytes = 1;
    Watched watched(ns, tiny);
    for (int round = 0; round < 3; ++round) {
        Words lines;
        for (int i = 0; i < 1500; ++i) {
            lines.push_back("addr add 10.5." + std::to_string(i / 250) + "." +
                            std::to_string(1 + i % 250) + "/32 dev br0");
        }
        for (int i = 0; i < 30; ++i) {
            lines.push_back("link add s" + std::to_string(i) + " type bridge");
        }
        for (int i = 0; i < 30; i += 2) {
            lines.push_back("link del s" + std::to_string(i));
        }
        ns.ip_batch(lines);
        ns.ip_batch({"addr flush dev br0"});
        ns.ip_batch({"addr add 10.6.0." + std::to_string(round + 1) + "/32 dev br0"});
        Words clean;
        for (int i = 1; i < 30; i += 2) {
            clean.push_back("link del s" + std::to_string(i));
        }
        ns.ip_batch(clean);
        const std::set<std::string> expected = test::call_in(ns, kernel_addresses);
        EXPECT_TRUE(eventually([&] {
            const auto links = watched.snapshot();
            return links.size() == 2 && addresses_of(links) == expected;
        })) << "round "
            << round;
    }
}

TEST(LinkMonitor, NeedsNoCapability) {
    const NetNamespace ns = NetNamespace::create("nocaps");
    const Link bridge = test::add_bridge(ns, "br0");
    std::vector<std::string> names;
    test::run_in(ns, [&] {
        // Only this thread gives its capabilities up.
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        __user_cap_data_struct none[2] = {};
        ASSERT_EQ(::syscall(SYS_capset, &header, none), 0);
        ASSERT_NE(::if_nametoindex("br0"), 0U);
        runtime::Loop loop;
        auto monitor = LinkMonitor::start(loop, {[](const auto&) {}, [](InterfaceIndex) {}});
        ASSERT_TRUE(monitor.has_value()) << monitor.error().context;
        for (const netlink::Link& link : (*monitor)->snapshot()) {
            names.push_back(link.name);
        }
    });
    EXPECT_EQ(names, (Words{"lo", "br0"}));
}

// From the system call that changes the link to the listener, on a veth pair, 200 changes. The
// bound is far above what is measured, so that a loaded machine does not fail it.
TEST(LinkMonitor, TellsWithinMilliseconds) {
    const NetNamespace ns = NetNamespace::create("latency");
    const auto [a, b] = test::add_veth(ns, "eth0", ns, "eth1");
    Watched watched(ns);
    const int control = test::call_in(ns, [] { return ::socket(AF_INET, SOCK_DGRAM, 0); });
    ASSERT_GE(control, 0);
    std::vector<double> samples_us;
    for (int i = 0; i < 200; ++i) {
        watched.forget();
        ifreq request{};
        std::strcpy(request.ifr_name, "eth0");
        request.ifr_flags = static_cast<short>(i % 2 == 0 ? IFF_UP : 0);
        const Instant before = runtime::monotonic_now();
        ASSERT_EQ(::ioctl(control, SIOCSIFFLAGS, &request), 0);
        ASSERT_TRUE(eventually([&] { return !watched.told().empty(); }));
        samples_us.push_back(
            std::chrono::duration<double, std::micro>(watched.last_told() - before).count());
    }
    ::close(control);
    std::sort(samples_us.begin(), samples_us.end());
    RecordProperty("p50_us", std::to_string(samples_us[100]));
    RecordProperty("p99_us", std::to_string(samples_us[198]));
    std::cout << "event after change: p50 " << samples_us[100] << " us, p99 " << samples_us[198]
              << " us\n";
    EXPECT_LT(samples_us[100], 50'000.0);
}

}  // namespace
}  // namespace ferro::netlink
