// Writes: only when something differs, one at a time, echoes told from edits, failures that lose
// nothing.
#include "tests/controller/reconciler_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferro::controller {
namespace {

using testing::Cluster;
using testing::PoolWords;
using testing::ServiceWords;
using testing::Texts;
using testing::with_status;

const model::ServiceKey kA{"default", "a"};
const PoolWords kPool("p", {"10.0.1.0/24"});
const Result<void> kDone{};
const Result<void> kDiskFull{Error{ErrorCode::resource_exhausted, "writing ledger: disk full"}};

Reconciler::ServicePtr object(const ServiceWords& words) {
    return std::make_shared<const model::Service>(words.service);
}

Publication publication(const Reconciler& reconciler) {
    return reconciler.condition(kA)->publication;
}

TEST(ReconcilerWrites, WritesNothingWhenTheStatusSaysItAlready) {
    // Q4: MetalLB repeats the write at each look.
    Cluster cluster;
    cluster.start({kPool}, {ServiceWords("a").holding({"10.0.1.9"}, "p")});
    cluster.apply(ServiceWords("a").label("x", "y"));
    EXPECT_EQ(cluster.write_count, 0);
    EXPECT_EQ(publication(cluster.reconciler), Publication::published);
}

TEST(ReconcilerWrites, RepairsTheTextsOfAStatus) {
    Cluster cluster;
    cluster.start({PoolWords("p", {"fc00::/120"})},
                  {ServiceWords("a").ipv6().holding({"FC00:0:0::9"}, "p")});
    EXPECT_EQ(cluster.ips("a"), Texts{"fc00::9"});
    ServiceWords named = ServiceWords("a").ipv6().holding({"fc00::9"}, "p");
    named.service.ingress.push_back({"", "host.example"});
    cluster.apply(named);
    EXPECT_EQ(cluster.ips("a"), Texts{"fc00::9"});
    EXPECT_EQ(cluster.write_count, 2);
}

TEST(ReconcilerWrites, HasOneWriteUnderWayAtATime) {
    Reconciler reconciler;
    reconciler.first_synchronisation(
        {object(ServiceWords("a"))},
        testing::configuration({kPool, PoolWords("q", {"10.0.2.0/24"})}));
    const auto first = reconciler.take_writes();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].ips, Texts{"10.0.1.0"});
    EXPECT_EQ(publication(reconciler), Publication::writing);
    reconciler.service_changed(object(ServiceWords("a").pool("q")));
    EXPECT_TRUE(reconciler.take_writes().empty());
    reconciler.write_done(kA, kDone);
    const auto second = reconciler.take_writes();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].ips, Texts{"10.0.2.0"});
    EXPECT_EQ(second[0].pool, "q");
    reconciler.write_done(kA, kDone);
    EXPECT_TRUE(reconciler.take_writes().empty());
    EXPECT_EQ(publication(reconciler), Publication::published);
}

TEST(ReconcilerWrites, TellsALateEchoFromAnEdit) {
    const ServiceWords asks = ServiceWords("a").pool("q");
    Reconciler reconciler;
    reconciler.first_synchronisation(
        {object(ServiceWords("a"))},
        testing::configuration({kPool, PoolWords("q", {"10.0.2.0/24"})}));
    const auto first = reconciler.take_writes();
    reconciler.write_done(kA, kDone);
    reconciler.service_changed(object(asks));
    const auto second = reconciler.take_writes();
    ASSERT_EQ(second.size(), 1U);
    reconciler.write_done(kA, kDone);
    // Only now the echo of the first write arrives, then that of the second.
    reconciler.service_changed(
        std::make_shared<const model::Service>(with_status(asks.service, first[0])));
    EXPECT_TRUE(reconciler.take_writes().empty());
    EXPECT_EQ(reconciler.allocator().find(kA)->addresses, pool::testing::addrs({"10.0.2.0"}));
    reconciler.service_changed(
        std::make_shared<const model::Service>(with_status(asks.service, second[0])));
    EXPECT_TRUE(reconciler.take_writes().empty());
    // A status that nobody here wrote is somebody's edit, and counts.
    ServiceWords edited = asks;
    edited.holding({"10.0.2.77"}, "q");
    reconciler.service_changed(object(edited));
    EXPECT_TRUE(reconciler.take_writes().empty());
    EXPECT_EQ(reconciler.allocator().find(kA)->addresses, pool::testing::addrs({"10.0.2.77"}));
}

TEST(ReconcilerWrites, KnowsAnEchoThatComesBeforeTheAnswer) {
    Reconciler reconciler;
    reconciler.first_synchronisation({object(ServiceWords("a"))}, testing::configuration({kPool}));
    const auto writes = reconciler.take_writes();
    reconciler.service_changed(
        std::make_shared<const model::Service>(with_status(ServiceWords("a").service, writes[0])));
    EXPECT_TRUE(reconciler.take_writes().empty());
    reconciler.write_done(kA, kDone);
    EXPECT_TRUE(reconciler.take_writes().empty());
    EXPECT_EQ(publication(reconciler), Publication::published);
}

TEST(ReconcilerWrites, KeepsAnAllocationWhoseWriteFailedAndRetriesWhenTold) {
    Reconciler reconciler;
    reconciler.first_synchronisation({object(ServiceWords("a"))}, testing::configuration({kPool}));
    ASSERT_EQ(reconciler.take_writes().size(), 1U);
    reconciler.write_done(kA, kDiskFull);
    EXPECT_TRUE(reconciler.take_writes().empty());
    EXPECT_EQ(reconciler.failed_writes().at(kA).code, ErrorCode::resource_exhausted);
    const auto condition = reconciler.condition(kA);
    EXPECT_EQ(condition->state, ServiceState::allocated);
    EXPECT_EQ(condition->publication, Publication::failed);
    EXPECT_EQ(condition->write_error->context, "writing ledger: disk full");
    // Nobody else gets it meanwhile.
    reconciler.service_changed(object(ServiceWords("b")));
    const auto other = reconciler.take_writes();
    ASSERT_EQ(other.size(), 1U);
    EXPECT_EQ(other[0].ips, Texts{"10.0.1.1"});

    reconciler.retry_writes();
    const auto again = reconciler.take_writes();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].ips, Texts{"10.0.1.0"});
    reconciler.write_done(kA, kDone);
    EXPECT_TRUE(reconciler.failed_writes().empty());
    EXPECT_EQ(publication(reconciler), Publication::published);
}

TEST(ReconcilerWrites, DropsTheAnswerForAServiceThatIsGone) {
    Reconciler reconciler;
    reconciler.first_synchronisation({object(ServiceWords("a"))}, testing::configuration({kPool}));
    ASSERT_EQ(reconciler.take_writes().size(), 1U);
    reconciler.service_removed(kA);
    reconciler.write_done(kA, kDiskFull);
    EXPECT_TRUE(reconciler.failed_writes().empty());
    EXPECT_FALSE(reconciler.condition(kA).has_value());
    EXPECT_EQ(reconciler.allocator().size(), 0U);
}

TEST(ReconcilerWrites, WaitsForTheOldWriteWhenAServiceIsMadeAgain) {
    Reconciler reconciler;
    reconciler.first_synchronisation({object(ServiceWords("a"))}, testing::configuration({kPool}));
    ASSERT_EQ(reconciler.take_writes().size(), 1U);
    reconciler.service_removed(kA);
    reconciler.service_changed(object(ServiceWords("a").wants("10.0.1.8")));
    EXPECT_TRUE(reconciler.take_writes().empty());
    reconciler.write_done(kA, kDone);
    const auto writes = reconciler.take_writes();
    ASSERT_EQ(writes.size(), 1U);
    EXPECT_EQ(writes[0].ips, Texts{"10.0.1.8"});
}

TEST(ReconcilerWrites, TouchesNothingBeforeTheFirstConfiguration) {
    Reconciler reconciler;
    reconciler.first_synchronisation({object(ServiceWords("a").holding({"10.9.9.9"}, "old"))},
                                     nullptr);
    EXPECT_TRUE(reconciler.take_writes().empty());
    EXPECT_TRUE(reconciler.take_events().empty());
    EXPECT_EQ(reconciler.condition(kA)->state, ServiceState::waiting_for_configuration);
    reconciler.configuration_changed(testing::configuration({kPool}));
    EXPECT_EQ(reconciler.take_writes().size(), 1U);
}

TEST(ReconcilerWrites, NamesDeprecatedAnnotationsOnceWithTheWrite) {
    Cluster cluster;
    cluster.start({kPool});
    const auto words =
        ServiceWords("a").annotation("metallb.universe.tf/loadBalancerIPs", "10.0.1.9");
    cluster.apply(words);
    EXPECT_EQ(cluster.ips("a"), Texts{"10.0.1.9"});
    EXPECT_EQ(cluster.reasons("a"), (Texts{"IPAllocated", "deprecatedAnnotation"}));
    cluster.pools({PoolWords("renamed", {"10.0.1.0/24"})});
    EXPECT_TRUE(cluster.reasons("a").empty());
}

/// "name: ip ip" of each write, in order.
Texts words_of(const std::vector<model::ServiceStatus>& writes) {
    Texts words;
    for (const model::ServiceStatus& write : writes) {
        std::string word = write.service.name + ":";
        for (const std::string& ip : write.ips) {
            word += " " + ip;
        }
        words.push_back(word);
    }
    return words;
}

// Were both written at once, or the new holder's first, a crash or a failed write between them
// would leave one address with two services, and speakers would see both.
TEST(ReconcilerWrites, WritesAnAddressForItsNewHolderOnlyAfterTheOldOnesLossIsWritten) {
    const PoolWords one("one", {"10.0.1.0/32"});
    const PoolWords other("two", {"10.0.2.0/32"});
    const model::ServiceKey b{"default", "b"};
    Reconciler reconciler;
    reconciler.first_synchronisation({object(ServiceWords("a").holding({"10.0.1.0"}, "one")),
                                      object(ServiceWords("b").pool("one"))},
                                     testing::configuration({one, other}));
    ASSERT_TRUE(reconciler.take_writes().empty());

    reconciler.service_changed(object(ServiceWords("a").holding({"10.0.1.0"}, "one").pool("two")));
    EXPECT_EQ(words_of(reconciler.take_writes()), Texts{"a: 10.0.2.0"});
    EXPECT_EQ(reconciler.condition(b)->publication, Publication::queued);
    reconciler.write_done(kA, kDiskFull);
    EXPECT_TRUE(reconciler.take_writes().empty());
    reconciler.retry_writes();
    EXPECT_EQ(words_of(reconciler.take_writes()), Texts{"a: 10.0.2.0"});
    reconciler.write_done(kA, kDone);
    EXPECT_EQ(words_of(reconciler.take_writes()), Texts{"b: 10.0.1.0"});
}

TEST(ReconcilerWrites, DoesNotWriteAnAddressThatAWriteUnderWayStillGivesToItsFormerHolder) {
    const PoolWords one("one", {"10.0.1.0/32"});
    Reconciler reconciler;
    reconciler.first_synchronisation({object(ServiceWords("a")), object(ServiceWords("b"))},
                                     testing::configuration({one}));
    EXPECT_EQ(words_of(reconciler.take_writes()), Texts{"a: 10.0.1.0"});
    reconciler.service_changed(object(ServiceWords("a").type(model::ServiceType::cluster_ip)));
    EXPECT_TRUE(reconciler.take_writes().empty());
    reconciler.write_done(kA, kDone);
    EXPECT_EQ(words_of(reconciler.take_writes()), Texts{"a:"});
    reconciler.write_done(kA, kDone);
    EXPECT_EQ(words_of(reconciler.take_writes()), Texts{"b: 10.0.1.0"});
}

TEST(ReconcilerWrites, WaitsForTheWriteUnderWayOfAServiceThatIsGone) {
    // Somebody may make it again before that write lands, and then it has the address durably.
    const PoolWords one("one", {"10.0.1.0/32"});
    Reconciler reconciler;
    reconciler.first_synchronisation({object(ServiceWords("a")), object(ServiceWords("b"))},
                                     testing::configuration({one}));
    EXPECT_EQ(words_of(reconciler.take_writes()), Texts{"a: 10.0.1.0"});
    reconciler.service_removed(kA);
    EXPECT_TRUE(reconciler.take_writes().empty());
    reconciler.write_done(kA, kDone);
    EXPECT_EQ(words_of(reconciler.take_writes()), Texts{"b: 10.0.1.0"});
}

TEST(ReconcilerWrites, LetsTwoServicesExchangeTheirAddresses) {
    const PoolWords pool("p", {"10.0.1.0/31"});
    const model::ServiceKey b{"default", "b"};
    Reconciler reconciler;
    reconciler.first_synchronisation({object(ServiceWords("a").holding({"10.0.1.0"}, "p")),
                                      object(ServiceWords("b").holding({"10.0.1.1"}, "p"))},
                                     testing::configuration({pool}));
    reconciler.service_changed(
        object(ServiceWords("a").holding({"10.0.1.0"}, "p").wants("10.0.1.1")));
    reconciler.service_changed(
        object(ServiceWords("b").holding({"10.0.1.1"}, "p").wants("10.0.1.0")));
    EXPECT_EQ(words_of(reconciler.take_writes()), (Texts{"a:", "b:"}));
    reconciler.write_done(kA, kDone);
    reconciler.write_done(b, kDone);
    EXPECT_EQ(words_of(reconciler.take_writes()), (Texts{"a: 10.0.1.1", "b: 10.0.1.0"}));
}

}  // namespace
}  // namespace ferro::controller
