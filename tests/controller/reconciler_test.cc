// The statements of spec 11.2 about allocation that involve a status, an event or a change of mind:
// services and pools in, stored statuses and events out.
#include "controller/engine/reconciler.h"

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

const PoolWords kFour("p", {"192.168.10.0/30"});

TEST(Reconciler, T001GivesAddressesInOrderAndTellsTheFifth) {
    Cluster cluster;
    cluster.start({kFour});
    for (const char* name : {"e", "d", "c", "b", "a"}) {
        cluster.apply(ServiceWords(name));
    }
    EXPECT_EQ(cluster.ips("e"), Texts{"192.168.10.0"});
    EXPECT_EQ(cluster.ips("b"), Texts{"192.168.10.3"});
    EXPECT_EQ(cluster.ips("a"), Texts{});
    EXPECT_EQ(cluster.pool_of("e"), "p");
    ASSERT_EQ(cluster.events.back().reason, EventReason::allocation_failed);
    EXPECT_EQ(cluster.events.back().type, EventType::warning);
    EXPECT_EQ(cluster.events.back().message,
              "Failed to allocate IP for \"default/a\": no available IPs");
    EXPECT_EQ(cluster.events.front().message, "Assigned IP [\"192.168.10.0\"]");
    EXPECT_EQ(cluster.events.front().type, EventType::normal);
    EXPECT_EQ(cluster.reasons("e"), Texts{"IPAllocated"});
    EXPECT_EQ(cluster.refusal("a"), "no_free_address");
}

TEST(Reconciler, T002GivesAFreedAddressToTheWaitingService) {
    Cluster cluster;
    cluster.start({kFour});
    for (const char* name : {"a", "b", "c", "d", "e"}) {
        cluster.apply(ServiceWords(name));
    }
    EXPECT_EQ(cluster.reconciler.waiting(), 1U);
    cluster.remove("b");
    EXPECT_EQ(cluster.ips("e"), Texts{"192.168.10.1"});
    EXPECT_EQ(cluster.reasons("e"), (Texts{"AllocationFailed", "IPAllocated"}));
    EXPECT_EQ(cluster.reconciler.waiting(), 0U);
}

TEST(Reconciler, T003RefusesARequestForABuggyAddress) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"192.168.10.0/24"}).avoid_buggy()});
    cluster.apply(ServiceWords("a"));
    cluster.apply(ServiceWords("b").wants("192.168.10.255"));
    EXPECT_EQ(cluster.ips("a"), Texts{"192.168.10.1"});
    EXPECT_EQ(cluster.ips("b"), Texts{});
    EXPECT_THAT(cluster.events.back().message, ::testing::HasSubstr("is not allowed in config"));
}

TEST(Reconciler, T006ServesAManualPoolOnRequest) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"192.168.10.0/30"}).manual()});
    cluster.apply(ServiceWords("plain"));
    cluster.apply(ServiceWords("by-pool").pool("p"));
    cluster.apply(ServiceWords("by-ip").wants("192.168.10.3"));
    EXPECT_EQ(cluster.reasons("plain"), Texts{"AllocationFailed"});
    EXPECT_EQ(cluster.ips("by-pool"), Texts{"192.168.10.0"});
    EXPECT_EQ(cluster.ips("by-ip"), Texts{"192.168.10.3"});
}

TEST(Reconciler, T010RefusesAPinnedPoolToOtherNamespaces) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"}).namespaces({"a"})});
    cluster.apply(ServiceWords("plain", "b"));
    cluster.apply(ServiceWords("asks", "b").pool("p"));
    EXPECT_EQ(cluster.reasons("plain", "b"), Texts{"AllocationFailed"});
    EXPECT_THAT(cluster.events.back().message, ::testing::HasSubstr("not compatible"));
    EXPECT_EQ(cluster.refusal("asks", "b"), "pool_incompatible");
}

TEST(Reconciler, T013MovesAServiceWhoseLabelNoLongerMatchesItsPool) {
    Cluster cluster;
    cluster.start({PoolWords("pinned", {"10.0.1.0/24"}).selects("x", "y"),
                   PoolWords("open", {"10.0.2.0/24"})});
    cluster.apply(ServiceWords("a").label("x", "y"));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    cluster.apply(ServiceWords("a"));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.2.0"});
    EXPECT_EQ(cluster.reasons("a"), (Texts{"IPAllocated", "ClearAssignment", "IPAllocated"}));
}

TEST(Reconciler, T014AcceptsAnExplicitRequestForAPoolOfUnmatchedNamespaceSelectors) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"}).namespace_selectors_matching_none()});
    cluster.apply(ServiceWords("plain"));
    cluster.apply(ServiceWords("asks").pool("p"));
    EXPECT_EQ(cluster.ips("plain"), Texts{});
    EXPECT_EQ(cluster.ips("asks"), Texts{"10.0.1.0"});
}

TEST(Reconciler, T015PrefersTheNewAnnotationKeyEvenWhenItIsEmpty) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"192.168.10.0/24"})});
    cluster.apply(ServiceWords("a")
                      .annotation("metallb.io/loadBalancerIPs", "192.168.10.9")
                      .annotation("metallb.universe.tf/loadBalancerIPs", "192.168.10.8"));
    cluster.apply(ServiceWords("b")
                      .annotation("metallb.io/loadBalancerIPs", "")
                      .annotation("metallb.universe.tf/loadBalancerIPs", "192.168.10.8"));
    EXPECT_EQ(cluster.ips("a"), Texts{"192.168.10.9"});
    EXPECT_EQ(cluster.ips("b"), Texts{"192.168.10.0"});
}

TEST(Reconciler, T016RefusesTwoWaysOfAskingAndKeepsWhatIsHeld) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"192.168.10.0/24"})});
    ServiceWords both = ServiceWords("a").wants("192.168.10.7");
    both.service.load_balancer_ip = "192.168.10.7";
    cluster.apply(both);
    EXPECT_EQ(cluster.ips("a"), Texts{});
    EXPECT_EQ(cluster.reasons("a"), Texts{"AllocationFailed"});
    EXPECT_EQ(cluster.refusal("a"), "request_ambiguous");

    cluster.apply(ServiceWords("b"));
    ServiceWords later = ServiceWords("b").wants("192.168.10.7");
    later.service.load_balancer_ip = "192.168.10.7";
    cluster.apply(later);
    EXPECT_EQ(cluster.ips("b"), Texts{"192.168.10.0"});
    EXPECT_EQ(cluster.reasons("b"), (Texts{"IPAllocated", "LoadBalancerFailed"}));
    EXPECT_EQ(cluster.refusal("b"), "request_ambiguous");
}

TEST(Reconciler, T017ReadsTwoRequestedAddressesWithBlanks) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.0.0/24", "fc00::/120"})});
    cluster.apply(
        ServiceWords("a").dual(IpFamilyPolicy::require_dual_stack).wants("10.0.0.1, fc00::1"));
    EXPECT_EQ(cluster.ips("a"), (Texts{"10.0.0.1", "fc00::1"}));
}

TEST(Reconciler, T018RefusesLoadBalancerIpOnADualStackService) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.0.0/24", "fc00::/120"})});
    ServiceWords words = ServiceWords("a").dual(IpFamilyPolicy::prefer_dual_stack);
    words.service.load_balancer_ip = "10.0.0.1";
    cluster.apply(words);
    EXPECT_EQ(cluster.ips("a"), Texts{});
    EXPECT_EQ(cluster.events.back().message,
              "Failed to allocate IP for \"default/a\": requested loadBalancer IP(s) "
              "[\"10.0.0.1\"] does not match the ipFamily of the service");
}

TEST(Reconciler, T019HoldsNothingWhenAddressesAndPoolDisagree) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"}), PoolWords("q", {"10.0.2.0/24"})});
    cluster.apply(ServiceWords("a").wants("10.0.1.7").pool("q"));
    EXPECT_EQ(cluster.ips("a"), Texts{});
    EXPECT_EQ(cluster.reasons("a"), Texts{"AllocationFailed"});
    EXPECT_EQ(cluster.refusal("a"), "pool_mismatch");
    cluster.apply(ServiceWords("b").wants("10.0.1.7"));
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.1.7"});
}

TEST(Reconciler, T020MovesToAnotherPoolOnRequest) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"}), PoolWords("q", {"10.0.2.0/24"})});
    cluster.apply(ServiceWords("a"));
    EXPECT_EQ(cluster.pool_of("a"), "p");
    cluster.apply(ServiceWords("a").pool("q"));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.2.0"});
    EXPECT_EQ(cluster.pool_of("a"), "q");
    EXPECT_EQ(cluster.reasons("a"), (Texts{"IPAllocated", "IPAllocated"}));
}

TEST(Reconciler, T021KeepsTheAddressWhenTheRequestIsTakenBack) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"})});
    cluster.apply(ServiceWords("a").wants("10.0.1.9"));
    cluster.apply(ServiceWords("a"));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.9"});
    EXPECT_EQ(cluster.write_count, 1);
}

TEST(Reconciler, T022TellsOfAnUnknownPool) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"})});
    cluster.apply(ServiceWords("a").pool("nowhere"));
    EXPECT_EQ(cluster.events.back().message,
              "Failed to allocate IP for \"default/a\": unknown pool \"nowhere\"");
}

TEST(Reconciler, T023WritesDualStackIpv4First) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"fc00::/120", "10.0.1.0/24"})});
    cluster.apply(ServiceWords("a").dual(IpFamilyPolicy::require_dual_stack,
                                         {ip::Family::ipv6, ip::Family::ipv4}));
    EXPECT_EQ(cluster.ips("a"), (Texts{"10.0.1.0", "fc00::"}));
    EXPECT_EQ(cluster.events.back().message, "Assigned IP [\"10.0.1.0\" \"fc00::\"]");
}

TEST(Reconciler, T024NeverCombinesFamiliesAcrossPools) {
    Cluster cluster;
    cluster.start({PoolWords("p4", {"10.0.1.0/24"}), PoolWords("p6", {"fc00::/120"})});
    cluster.apply(ServiceWords("a").dual(IpFamilyPolicy::require_dual_stack));
    EXPECT_EQ(cluster.reasons("a"), Texts{"AllocationFailed"});
}

TEST(Reconciler, T025AndT026GivesThePrimaryFamilyAndAddsTheOtherWhenThePoolGrows) {
    const ServiceWords words = ServiceWords("a").dual(IpFamilyPolicy::prefer_dual_stack,
                                                      {ip::Family::ipv6, ip::Family::ipv4});
    Cluster cluster;
    cluster.start({PoolWords("p4", {"10.0.1.0/24"}), PoolWords("p6", {"fc00::/120"})});
    cluster.apply(words);
    EXPECT_EQ(cluster.ips("a"), Texts{"fc00::"});
    EXPECT_EQ(cluster.reasons("a"), (Texts{"IPAllocated", "AdditionalAssignFailed"}));
    cluster.pools(
        {PoolWords("p4", {"10.0.1.0/24"}), PoolWords("p6", {"fc00::/120", "10.0.2.0/24"})});
    EXPECT_EQ(cluster.ips("a"), (Texts{"fc00::", "10.0.2.0"}));
    EXPECT_EQ(cluster.events.back().message, "Assigned additional IP \"10.0.2.0\"");
    EXPECT_EQ(cluster.reasons("a"), Texts{"IPAllocated"});
}

TEST(Reconciler, T027StaysOnASingleFamilyPoolWhenADualOneAppears) {
    Cluster cluster;
    cluster.start({PoolWords("p4", {"10.0.1.0/24"})});
    cluster.apply(ServiceWords("a").dual(IpFamilyPolicy::prefer_dual_stack));
    cluster.pools(
        {PoolWords("p4", {"10.0.1.0/24"}), PoolWords("both", {"10.0.2.0/24", "fc00::/120"})});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
}

TEST(Reconciler, T028ClearsAServiceThatIsNoLoadBalancerAnyMore) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/32"})});
    cluster.apply(ServiceWords("a"));
    cluster.apply(ServiceWords("b"));
    EXPECT_EQ(cluster.ips("b"), Texts{});
    cluster.apply(ServiceWords("a").type(model::ServiceType::cluster_ip));
    EXPECT_EQ(cluster.ips("a"), Texts{});
    EXPECT_EQ(cluster.pool_of("a"), "");
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.1.0"});
}

TEST(Reconciler, T029ReplacesAnAddressWhosePoolIsGone) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"}), PoolWords("q", {"10.0.2.0/32"})});
    cluster.apply(ServiceWords("a"));
    cluster.apply(ServiceWords("b"));
    cluster.reasons("a");
    cluster.reasons("b");
    cluster.pools({PoolWords("q", {"10.0.2.0/32"})});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.2.0"});
    EXPECT_EQ(cluster.pool_of("a"), "q");
    EXPECT_EQ(cluster.reasons("a"), (Texts{"ClearAssignment", "IPAllocated"}));
    EXPECT_EQ(cluster.ips("b"), Texts{});
    EXPECT_EQ(cluster.reasons("b"), (Texts{"ClearAssignment", "AllocationFailed"}));
}

TEST(Reconciler, T030ClearsSilentlyWhenAllPoolsAreGone) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"})});
    cluster.apply(ServiceWords("a"));
    cluster.reasons("a");
    cluster.pools({});
    EXPECT_EQ(cluster.ips("a"), Texts{});
    EXPECT_EQ(cluster.pool_of("a"), "");
    EXPECT_TRUE(cluster.events.empty());
    EXPECT_EQ(cluster.refusal("a"), "no_pools");
}

TEST(Reconciler, T031KeepsAnAddressAcrossARenameWhileStopped) {
    Cluster cluster;
    cluster.start({PoolWords("new-name", {"10.0.1.0/24"})},
                  {ServiceWords("a").holding({"10.0.1.7"}, "old-name")});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.7"});
    EXPECT_EQ(cluster.pool_of("a"), "new-name");
    EXPECT_TRUE(cluster.events.empty());
}

TEST(Reconciler, T031ReallocatesWhenThePoolIsDeletedAndMadeAgainLive) {
    Cluster cluster;
    cluster.start({PoolWords("old-name", {"10.0.1.0/24"}), PoolWords("other", {"10.0.9.0/24"})});
    cluster.apply(ServiceWords("a").wants("10.0.1.7"));
    cluster.apply(ServiceWords("a"));
    cluster.reasons("a");
    cluster.pools({PoolWords("other", {"10.0.9.0/24"})});
    cluster.pools({PoolWords("new-name", {"10.0.1.0/24"}), PoolWords("other", {"10.0.9.0/24"})});
    EXPECT_EQ(cluster.reasons("a"), (Texts{"ClearAssignment", "IPAllocated"}));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.9.0"});
}

TEST(Reconciler, T032KeepsHoldersWhenAFullPoolIsSeenAgain) {
    std::vector<ServiceWords> services{ServiceWords("a-waits"), ServiceWords("z-waits")};
    for (int i = 0; i < 4; ++i) {
        const std::string last = std::to_string(i);
        services.push_back(ServiceWords("holder-" + last).holding({"192.168.10." + last}, "p"));
    }
    Cluster cluster;
    cluster.start({kFour}, services);
    for (int i = 0; i < 4; ++i) {
        const std::string last = std::to_string(i);
        EXPECT_EQ(cluster.ips("holder-" + last), Texts{"192.168.10." + last});
        EXPECT_TRUE(cluster.reasons("holder-" + last).empty());
    }
    EXPECT_EQ(cluster.write_count, 0);
    EXPECT_EQ(cluster.reconciler.waiting(), 2U);
}

TEST(Reconciler, T033KeepsAnAddressThatSomebodyWroteByHand) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"})});
    cluster.apply(ServiceWords("a"));
    cluster.apply(ServiceWords("a").holding({"10.0.1.77"}, "p"));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.77"});
    EXPECT_EQ(cluster.write_count, 1);
    EXPECT_EQ(cluster.reconciler.allocator().find({"default", "a"})->addresses,
              pool::testing::addrs({"10.0.1.77"}));
    cluster.apply(ServiceWords("a").holding({"10.9.9.9"}, "p"));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.reasons("a"), (Texts{"IPAllocated", "ClearAssignment", "IPAllocated"}));
}

TEST(Reconciler, T034ServesOnlyItsClass) {
    ReconcilerOptions options;
    options.lb_class = "x";
    Cluster cluster(options);
    cluster.start({PoolWords("p", {"10.0.1.0/24"})});
    cluster.apply(ServiceWords("none"));
    cluster.apply(ServiceWords("mine").lb_class("x"));
    cluster.apply(ServiceWords("other").lb_class("y"));
    EXPECT_EQ(cluster.ips("none"), Texts{});
    EXPECT_EQ(cluster.ips("mine"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("other"), Texts{});
    EXPECT_EQ(cluster.write_count, 1);
}

TEST(Reconciler, T035LeavesServicesWithAClassAloneWhenItHasNone) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"})},
                  {ServiceWords("a").lb_class("x").holding({"10.0.1.0"}, "theirs")});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.pool_of("a"), "theirs");
    EXPECT_EQ(cluster.write_count, 0);
    EXPECT_EQ(cluster.reconciler.condition({"default", "a"})->state, ServiceState::other_class);
}

TEST(Reconciler, T036FreesTheAddressWhenTheTypeChangesAndTheClassGoesWithIt) {
    ReconcilerOptions options;
    options.lb_class = "x";
    Cluster cluster(options);
    cluster.start({PoolWords("p", {"10.0.1.0/32"})});
    cluster.apply(ServiceWords("a").lb_class("x"));
    cluster.apply(ServiceWords("b").lb_class("x"));
    cluster.apply(ServiceWords("a").type(model::ServiceType::cluster_ip));
    EXPECT_EQ(cluster.ips("a"), Texts{});
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.1.0"});
}

TEST(Reconciler, T040ToT044SharesByKeyPortsAndPolicy) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"})});
    cluster.apply(ServiceWords("a").share("k"));
    cluster.apply(ServiceWords("b").share("k").ports({{"TCP", 443}}));
    cluster.apply(ServiceWords("c").share("k"));
    cluster.apply(ServiceWords("d").share("k").ports({{"UDP", 80}}));
    cluster.apply(ServiceWords("e").share("k").ports({{"TCP", 22}}).local({{"x", "1"}}));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("c"), Texts{"10.0.1.1"});
    EXPECT_EQ(cluster.ips("d"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("e"), Texts{"10.0.1.2"});
}

TEST(Reconciler, T045AndT046RefusesASharedRequestWithoutACommonKey) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"})});
    cluster.apply(ServiceWords("a").share("k").wants("10.0.1.5"));
    cluster.apply(ServiceWords("b").share("other").wants("10.0.1.5").ports({{"TCP", 443}}));
    cluster.apply(ServiceWords("c").wants("10.0.1.5").ports({{"TCP", 444}}));
    EXPECT_EQ(cluster.reasons("b"), Texts{"AllocationFailed"});
    EXPECT_THAT(cluster.events.back().message,
                ::testing::HasSubstr("can't change sharing key for \"default/c\", address also in "
                                     "use by default/a"));
    cluster.remove("a");
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.1.5"});
}

TEST(Reconciler, T047MovesASharerThatTakesItsKeyAway) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"})});
    cluster.apply(ServiceWords("a").share("k"));
    cluster.apply(ServiceWords("b").share("k").ports({{"TCP", 443}}));
    cluster.reasons("a");
    cluster.apply(ServiceWords("a"));
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.1"});
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.reasons("a"), (Texts{"ClearAssignment", "IPAllocated"}));
}

TEST(Reconciler, T048TakesALowerFreeAddressBeforeAShareableHigherOne) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"})});
    cluster.apply(ServiceWords("a").share("k").wants("10.0.1.5"));
    cluster.apply(ServiceWords("b").share("k").ports({{"TCP", 443}}));
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.1.0"});
}

TEST(Reconciler, T049ServesAWaiterWhenTheBlockerBecomesShareable) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/32"})});
    cluster.apply(ServiceWords("blocker").share("k").local({{"x", "1"}}));
    cluster.apply(ServiceWords("waiter").share("k").ports({{"TCP", 443}}));
    EXPECT_EQ(cluster.ips("waiter"), Texts{});
    cluster.apply(ServiceWords("blocker").share("k"));
    EXPECT_EQ(cluster.ips("blocker"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("waiter"), Texts{"10.0.1.0"});
}

TEST(Reconciler, ServesTheMostParticularFirstWhenAllComeAtOnce) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/29"})},
                  {ServiceWords("anything"), ServiceWords("one-address").wants("10.0.1.0")});
    EXPECT_EQ(cluster.ips("one-address"), Texts{"10.0.1.0"});
    EXPECT_EQ(cluster.ips("anything"), Texts{"10.0.1.1"});
}

TEST(Reconciler, T053DropsTheCountersOfARemovedPool) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"10.0.1.0/24"}), PoolWords("q", {"10.0.2.0/24"})});
    EXPECT_EQ(cluster.reconciler.allocator().counters().size(), 2U);
    cluster.pools({PoolWords("q", {"10.0.2.0/24"})});
    EXPECT_FALSE(cluster.reconciler.allocator().counters().contains(PoolName("p")));
}

}  // namespace
}  // namespace ferro::controller
