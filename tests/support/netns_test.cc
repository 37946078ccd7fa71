// The test support itself: what it builds is there in the kernel, and is gone afterwards.
#include "tests/support/netns.h"

#include "tests/support/eventually.h"

#include <gtest/gtest.h>

#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <stdexcept>

namespace ferro::test {
namespace {

TEST(NetNamespace, IsThereWhileTheObjectLivesAndGoneAfterwards) {
    std::string path;
    {
        const NetNamespace ns = NetNamespace::create("life");
        path = ns.path();
        EXPECT_TRUE(std::filesystem::exists(path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(NetNamespace, RunsWorkInsideAndPassesExceptionsOn) {
    const NetNamespace ns = NetNamespace::create("run");
    const Link bridge = add_link(ns, "only-here", "bridge");
    EXPECT_EQ(::if_nametoindex("only-here"), 0U);
    EXPECT_EQ(call_in(ns, [] { return ::if_nametoindex("only-here"); }),
              static_cast<unsigned>(bridge.index()));
    EXPECT_THROW(run_in(ns, [] { throw std::runtime_error("out"); }), std::runtime_error);
}

TEST(NetNamespace, TwoHostsOnAVethPairReachEachOther) {
    const NetNamespace left = NetNamespace::create("left");
    const NetNamespace right = NetNamespace::create("right");
    const auto [a, b] = add_veth(left, "eth0", right, "eth0");
    a.add_address("10.9.0.1/24");
    b.add_address("10.9.0.2/24");
    a.up();
    b.up();
    Process ping = exec_in(left, {"arping", "-c", "1", "-w", "5", "-I", "eth0", "10.9.0.2"});
    EXPECT_EQ(ping.wait(std::chrono::seconds{10}), 0) << ping.output();
}

TEST(Link, IsRenamedMovedEnslavedAndRemoved) {
    const NetNamespace one = NetNamespace::create("one");
    const NetNamespace two = NetNamespace::create("two");
    const Link bridge = add_bridge(one, "br0");
    auto [port, peer] = add_veth(one, "port", one, "peer");
    port.set_master(bridge);
    EXPECT_NE(one.ip("link show master br0").find("port"), std::string::npos);
    port.clear_master();
    EXPECT_EQ(one.ip("link show master br0"), "");
    port.rename("other");
    port.set_mac("02:00:00:00:00:77");
    EXPECT_EQ(port.mac(), "02:00:00:00:00:77");
    port.move_to(two);
    EXPECT_NE(two.ip("link show").find("other"), std::string::npos);
    port.remove();
    EXPECT_EQ(two.ip("link show").find("other"), std::string::npos);
    const Link macvlan = add_macvlan(one, "mv0", bridge);
    EXPECT_GT(macvlan.index(), bridge.index());
    const Link no_arp = add_link(one, "noarp", "ifb");
    EXPECT_NE(one.ip("link show noarp").find("NOARP"), std::string::npos);
}

TEST(Process, IsKilledWithItsObjectAndReportsItsEnd) {
    pid_t pid = 0;
    {
        const Process sleeper = Process::start({"sleep", "1000"});
        pid = sleeper.pid();
    }
    EXPECT_EQ(::kill(pid, 0), -1);
    const CommandResult result = run_command({"sh", "-c", "echo out; echo err >&2; exit 3"});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.output, "out\nerr\n");
    EXPECT_THROW(Process::start({"/nonexistent/program"}), std::runtime_error);
}

}  // namespace
}  // namespace ferro::test
