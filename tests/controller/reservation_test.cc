// Services whose manifest cannot be read after a restart: nobody takes their addresses meanwhile.
#include "tests/controller/reconciler_world.h"

#include <gtest/gtest.h>

namespace ferro::controller {
namespace {

using testing::Cluster;
using testing::PoolWords;
using testing::ServiceWords;
using testing::Texts;

const PoolWords kTwo("p", {"10.0.0.0/31"});
const model::ServiceStatus kHidden{{"default", "hidden"}, {"10.0.0.0", "no address"}, "p"};

class ReconcilerReserved : public ::testing::Test {
  protected:
    /// "hidden" has 10.0.0.0 and cannot be seen; "a" gets the other one, "b" and "c" wait, "c" for
    /// this very address.
    ReconcilerReserved() {
        cluster.reconciler.set_reserved({kHidden});
        cluster.start({kTwo},
                      {ServiceWords("a"), ServiceWords("b"), ServiceWords("c").wants("10.0.0.0")});
    }

    Cluster cluster;
};

TEST_F(ReconcilerReserved, GivesTheAddressToNobodyElse) {
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.0.1"});
    EXPECT_EQ(cluster.refusal("b"), "no_free_address");
    EXPECT_EQ(cluster.refusal("c"), "address_in_use");
    EXPECT_EQ(cluster.reconciler.condition({"default", "c"})->refusal->blocking,
              std::vector{kHidden.service});
}

TEST_F(ReconcilerReserved, GivesItToTheServiceThatComesIntoView) {
    cluster.reconciler.set_reserved({});
    cluster.tell(ServiceWords("hidden").holding({"10.0.0.0"}, "p").service);
    cluster.run();
    EXPECT_EQ(cluster.ips("hidden"), Texts{"10.0.0.0"});
    EXPECT_EQ(cluster.reasons("hidden"), Texts{});
    EXPECT_EQ(cluster.reconciler.waiting(), 2U);
}

TEST_F(ReconcilerReserved, GivesItToWhoWaitsOnceTheServiceIsForgotten) {
    cluster.reconciler.set_reserved({});
    cluster.run();
    EXPECT_EQ(cluster.ips("b"), Texts{"10.0.0.0"});
    EXPECT_EQ(cluster.refusal("c"), "address_in_use");
}

TEST_F(ReconcilerReserved, KeepsTheAddressOfAServiceThatGoesOutOfView) {
    cluster.reconciler.set_reserved({kHidden, {{"default", "a"}, {"10.0.0.1"}, "p"}});
    cluster.remove("a");
    EXPECT_EQ(cluster.ips("b"), Texts{});
    EXPECT_EQ(cluster.reconciler.waiting(), 2U);
}

TEST(ReconcilerReservedAtStart, LeavesItToTheVisibleServiceThatSharesIt) {
    Cluster cluster;
    cluster.reconciler.set_reserved({kHidden});
    cluster.start({kTwo}, {ServiceWords("a").share("k").holding({"10.0.0.0"}, "p")});
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.0.0"});
    cluster.reconciler.set_reserved({});
    cluster.tell(
        ServiceWords("hidden").share("k").ports({{"TCP", 443}}).holding({"10.0.0.0"}, "p").service);
    cluster.run();
    EXPECT_EQ(cluster.ips("hidden"), Texts{"10.0.0.0"});
    EXPECT_EQ(cluster.write_count, 0);
}

}  // namespace
}  // namespace ferro::controller
