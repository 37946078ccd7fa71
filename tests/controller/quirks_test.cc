// The quirks of spec 11.3 that concern allocation: what is copied, and what is fixed; and the
// events of services that cannot be served.
#include "tests/controller/reconciler_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferro::controller {
namespace {

using model::IpFamilyPolicy;
using testing::Cluster;
using testing::PoolWords;
using testing::ServiceWords;
using testing::Texts;

const PoolWords kDualPool("p", {"10.0.1.0/24", "fc00::/120"});

TEST(Quirks, Q2DoesNotFlapPreferDualStackWithOneClusterIp) {
    ServiceWords words = ServiceWords("a").dual(IpFamilyPolicy::prefer_dual_stack);
    words.service.cluster_ips = {"10.96.0.1"};
    Cluster cluster;
    cluster.start({kDualPool});
    cluster.apply(words);
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.reasons("a"), Texts{"IPAllocated"});
    EXPECT_EQ(cluster.write_count, 1);
}

TEST(Quirks, Q3AndQ35TellEachCauseOnce) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"})});
    ServiceWords words = ServiceWords("a").dual(IpFamilyPolicy::prefer_dual_stack);
    cluster.apply(words);
    for (int i = 0; i < 30; ++i) {
        cluster.apply(words.label("round", std::to_string(i)));
    }
    EXPECT_EQ(cluster.reasons("a"), (Texts{"IPAllocated", "AdditionalAssignFailed"}));
    ServiceWords refused = ServiceWords("b").pool("nowhere");
    for (int i = 0; i < 30; ++i) {
        cluster.apply(refused.label("round", std::to_string(i)));
    }
    cluster.apply(refused.pool("elsewhere"));
    cluster.apply(refused.pool("nowhere"));
    EXPECT_EQ(cluster.reasons("b"),
              (Texts{"AllocationFailed", "AllocationFailed", "AllocationFailed"}));
}

TEST(Quirks, Q5OrdersTwoRequestedAddressesByTheirTexts) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"203.0.113.0/24", "2001:db8::/120"})});
    cluster.apply(ServiceWords("a")
                      .dual(IpFamilyPolicy::require_dual_stack)
                      .wants("203.0.113.1,2001:db8::1"));
    EXPECT_EQ(cluster.ips("a"), (Texts{"2001:db8::1", "203.0.113.1"}));
    EXPECT_EQ(cluster.write_count, 1);
    // The same when the request comes later, for what is held already.
    cluster.apply(ServiceWords("b").dual(IpFamilyPolicy::require_dual_stack));
    EXPECT_EQ(cluster.ips("b"), (Texts{"203.0.113.0", "2001:db8::"}));
    cluster.apply(
        ServiceWords("b").dual(IpFamilyPolicy::require_dual_stack).wants("203.0.113.0,2001:db8::"));
    EXPECT_EQ(cluster.ips("b"), (Texts{"2001:db8::", "203.0.113.0"}));
}

TEST(Quirks, Q8WipesForeignStatusesWithoutPoolsUnlessTold) {
    ServiceWords foreign("a");
    foreign.service.ingress = {{"203.0.113.9", ""}};
    Cluster copied;
    copied.start({}, {foreign});
    EXPECT_EQ(copied.ips("a"), Texts{});

    ReconcilerOptions options;
    options.keep_foreign_status = true;
    Cluster kept(options);
    kept.start({}, {foreign, ServiceWords("b").holding({"10.0.1.5"}, "old")});
    EXPECT_EQ(kept.ips("a"), Texts{"203.0.113.9"});
    EXPECT_EQ(kept.ips("b"), Texts{});
    EXPECT_TRUE(kept.events.empty());
}

TEST(Quirks, Q29LetsAllClaimsComeBeforeAnyRequest) {
    // "a" lost its pool; first fit would give it what "b" holds, were "b" not asked first.
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/31"})},
                  {ServiceWords("a").holding({"10.9.9.9"}, "gone"),
                   ServiceWords("b").holding({"10.0.1.0"}, "p")});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.1"});
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.reasons("a"), (Texts{"ClearAssignment", "IPAllocated"}));
}

TEST(Quirks, Q30LetsNoSecondFamilyTakeAHoldersAddress) {
    Cluster cluster;
    cluster.start(
        {PoolWords("p", {"10.0.1.0/24", "fc00::/128"})},
        {ServiceWords("a").dual(IpFamilyPolicy::prefer_dual_stack).holding({"10.0.1.0"}, "p"),
         ServiceWords("b").ipv6().holding({"fc00::"}, "p")});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("b"), Texts{"fc00::"});
    cluster.remove("b");
    EXPECT_EQ(cluster.ips("a"), (Texts{"10.0.1.0", "fc00::"}));
}

TEST(Quirks, Q31ServesWaitersWhenAnotherServiceMoves) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/32"}), PoolWords("q", {"10.0.2.0/24"}).manual()});
    cluster.apply(ServiceWords("mover"));
    cluster.apply(ServiceWords("waiter"));
    cluster.apply(ServiceWords("by-ip").wants("10.0.1.0"));
    cluster.apply(ServiceWords("mover").pool("q"));
    EXPECT_EQ(cluster.ips("mover"), Texts{"10.0.2.0"});
    EXPECT_EQ(cluster.ips("waiter"), Texts{"10.0.1.0"});
    cluster.apply(ServiceWords("waiter").pool("q"));
    EXPECT_EQ(cluster.ips("by-ip"), Texts{"10.0.1.0"});
}

TEST(Quirks, Q31ServesAWaiterWhenASharersPortsChange) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/32"})});
    cluster.apply(ServiceWords("a").share("k"));
    cluster.apply(ServiceWords("b").share("k"));
    EXPECT_EQ(cluster.ips("b"), Texts{});
    cluster.apply(ServiceWords("a").share("k").ports({{"TCP", 8080}}));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.1.0"});
}

TEST(Quirks, ServesTheLongestWaitingFirst) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/31"})});
    for (const char* name : {"holder-1", "holder-2", "zulu", "alpha"}) {
        cluster.apply(ServiceWords(name));
    }
    cluster.remove("holder-2");
    EXPECT_EQ(cluster.ips("zulu"), Texts{"10.0.1.1"});
    EXPECT_EQ(cluster.ips("alpha"), Texts{});
    // Told in one turn: an address that is given back goes to who waits, not to who just came.
    cluster.objects.erase({"default", "holder-1"});
    cluster.reconciler.service_removed({"default", "holder-1"});
    cluster.tell_applied(ServiceWords("a-newcomer"));
    cluster.run();
    EXPECT_EQ(cluster.ips("alpha"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("a-newcomer"), Texts{});
}

TEST(Convergence, TellsRequireDualStackWithoutTwoClusterIps) {
    ServiceWords words = ServiceWords("a").dual(IpFamilyPolicy::require_dual_stack);
    words.service.cluster_ips = {"10.96.0.1"};
    Cluster cluster;
    cluster.start({kDualPool}, {words.holding({"10.0.1.0"}, "p")});
    EXPECT_EQ(cluster.ips("a"), Texts{});
    ASSERT_FALSE(cluster.events.empty());
    EXPECT_THAT(cluster.events[0].message, ::testing::HasSubstr("[10.96.0.1]"));
    EXPECT_EQ(cluster.reasons("a"), Texts{"not enough clusterips"});
}

TEST(Convergence, ClearsSilentlyWithoutClusterIp) {
    ServiceWords words("a");
    words.service.cluster_ips.clear();
    Cluster cluster;
    cluster.start({kDualPool}, {words.holding({"10.0.1.0"}, "p")});
    EXPECT_EQ(cluster.ips("a"), Texts{});
    EXPECT_TRUE(cluster.events.empty());
    EXPECT_EQ(cluster.refusal("a"), "no_cluster_ip");
}

TEST(Convergence, LeavesAHeadlessServiceWithAStatusAlone) {
    ServiceWords words("a");
    words.service.cluster_ips = {"None"};
    Cluster cluster;
    cluster.start({kDualPool}, {words.holding({"10.0.1.0"}, "p"), ServiceWords("b")});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.reasons("a"), Texts{"noclusterIPsIPFamily"});
    ServiceWords fresh("c");
    fresh.service.cluster_ips = {"None"};
    cluster.apply(fresh);
    EXPECT_EQ(cluster.reasons("c"), Texts{"AllocationFailed"});
}

TEST(Convergence, ReplacesAStatusThatCannotBeRead) {
    Cluster cluster;
    cluster.start({kDualPool},
                  {ServiceWords("a").holding({"10.0.1.7", "10.0.1.8"}, "p"),
                   ServiceWords("b").holding({"nonsense"}, "p")});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.1.1"});
    EXPECT_EQ(cluster.reasons("a"), (Texts{"nolbIPsIPFamily", "IPAllocated"}));
    EXPECT_EQ(cluster.reasons("b"), (Texts{"nolbIPsIPFamily", "IPAllocated"}));
}

TEST(Convergence, ReplacesAnAddressOfTheWrongFamilyWithoutAnEvent) {
    Cluster cluster;
    cluster.start({kDualPool}, {ServiceWords("a").holding({"fc00::7"}, "p")});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.reasons("a"), Texts{"IPAllocated"});
}

TEST(Convergence, LosesTheOldAddressWhenTheRequestedOneIsTaken) {
    Cluster cluster;
    cluster.start({kDualPool});
    cluster.apply(ServiceWords("a"));
    cluster.apply(ServiceWords("b"));
    cluster.apply(ServiceWords("b").wants("10.0.1.0"));
    EXPECT_EQ(cluster.ips("b"), Texts{});
    EXPECT_EQ(cluster.reasons("b"), (Texts{"IPAllocated", "AllocationFailed"}));
    const auto condition = cluster.reconciler.condition({"default", "b"});
    EXPECT_EQ(condition->state, ServiceState::refused);
    EXPECT_EQ(condition->refusal->blocking.front().name, "a");
}

TEST(Convergence, KeepsTheAddressWhenTheRequestIsGarbage) {
    Cluster cluster;
    cluster.start({kDualPool});
    cluster.apply(ServiceWords("a"));
    cluster.apply(ServiceWords("a").wants("10.0.1.x"));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.events.back().message, "invalid metallb.io/loadBalancerIPs: \"10.0.1.x\"");
    EXPECT_EQ(cluster.reasons("a"), (Texts{"IPAllocated", "LoadBalancerFailed"}));
}

TEST(Convergence, KeepsAddressesOfAPoolThatBecomesManual) {
    Cluster cluster;
    cluster.start({kDualPool});
    cluster.apply(ServiceWords("a"));
    PoolWords manual = kDualPool;
    cluster.pools({manual.manual()});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
}

TEST(Convergence, DecidesFamiliesWithoutClusterIpsInAManifestFolder) {
    ReconcilerOptions options;
    options.cluster_ips = pool::ClusterIps::families_suffice;
    Cluster cluster(options);
    cluster.start({kDualPool});
    const auto apply =
        [&](const char* name, IpFamilyPolicy policy, const std::vector<ip::Family>& families) {
            ServiceWords words = ServiceWords(name).dual(policy, families);
            words.service.cluster_ips.clear();
            cluster.apply(words);
        };
    apply("default", IpFamilyPolicy::single_stack, {});
    apply("six", IpFamilyPolicy::single_stack, {ip::Family::ipv6});
    apply("both", IpFamilyPolicy::require_dual_stack, {ip::Family::ipv6});
    apply("prefer", IpFamilyPolicy::prefer_dual_stack, {});
    EXPECT_EQ(cluster.ips("default"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("six"), Texts{"fc00::"});
    EXPECT_EQ(cluster.ips("both"), (Texts{"10.0.1.1", "fc00::1"}));
    EXPECT_EQ(cluster.ips("prefer"), (Texts{"10.0.1.2", "fc00::2"}));
}

}  // namespace
}  // namespace ferro::controller
