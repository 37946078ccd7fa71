// The manifest source and its store: what is durable, when it is said, and what leaves with a
// service.
#include "tests/kube/watched_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

namespace ferro::kube {
namespace {

using test::eventually;

model::ServiceStatus status(const std::string& service, const std::string& ip) {
    return {{"default", service}, {ip}, "pool"};
}

class ManifestSourceTest : public ::testing::Test {
  protected:
    /// Writes on the loop and waits for every outcome: "web yes" or "web no: <code>".
    std::vector<std::string> write(std::vector<model::ServiceStatus> statuses) {
        std::promise<std::vector<std::string>> finished;
        auto outcomes = std::make_shared<std::vector<std::string>>();
        watched_.loop.post([&] {
            const std::size_t expected = statuses.size();
            watched_.source->write_statuses(
                statuses,
                [&, outcomes, expected](const model::ServiceKey& key, const Result<void>& result) {
                    outcomes->push_back(
                        key.name +
                        (result ? " yes"
                                : std::string(" no: ") + ferro::to_string(result.error().code)));
                    if (outcomes->size() == expected) {
                        finished.set_value(*outcomes);
                    }
                });
        });
        return finished.get_future().get();
    }

    bool has_ip(const std::string& service, const std::string& ip) {
        const auto found = watched_.service(service);
        return found != nullptr &&
               (ip.empty() ? found->ingress.empty()
                           : found->ingress == std::vector<model::LoadBalancerIngress>{{ip, ""}});
    }

    bool reserved(const std::vector<std::string>& expected) {
        return eventually([&] { return watched_.reserved() == expected; });
    }

    WatchedFolder watched_;
};

/// A restart: "web" and "other" have addresses, and the file of "other" is broken.
class BrokenFileAtStart : public ManifestSourceTest {
  protected:
    void SetUp() override {
        watched_.write("a.yaml", service_manifest("web"));
        watched_.write("b.yaml", "b: [\n");
        watched_.store.entries[{"default", "web"}] = status("web", "10.0.0.1");
        watched_.store.entries[{"default", "other"}] = status("other", "10.0.0.2");
        ASSERT_TRUE(watched_.start().has_value());
        ASSERT_TRUE(eventually([&] { return has_ip("web", "10.0.0.1"); }));
    }
};

TEST_F(ManifestSourceTest, AStatusComesBackAsAChangedService) {
    watched_.write("a.yaml", service_manifest("web"));
    ASSERT_TRUE(watched_.start().has_value());
    EXPECT_TRUE(eventually([&] { return has_ip("web", ""); }));
    EXPECT_THAT(write({status("web", "10.0.0.1")}), ::testing::ElementsAre("web yes"));
    EXPECT_TRUE(eventually([&] { return has_ip("web", "10.0.0.1"); }));
    watched_.stop();
    EXPECT_EQ(watched_.store.entries.size(), 1U);
}

TEST_F(ManifestSourceTest, WhatTheStoreRefusesIsNotSaid) {
    watched_.write("a.yaml", service_manifest("web"));
    watched_.store.full = true;
    ASSERT_TRUE(watched_.start().has_value());
    EXPECT_TRUE(eventually([&] { return has_ip("web", ""); }));
    EXPECT_THAT(write({status("web", "10.0.0.1")}),
                ::testing::ElementsAre("web no: resource_exhausted"));
    EXPECT_TRUE(has_ip("web", ""));
    watched_.stop();
    EXPECT_TRUE(watched_.store.entries.empty());
}

TEST_F(ManifestSourceTest, TheStoredStatusIsThereInTheFirstDelivery) {
    watched_.write("a.yaml", service_manifest("web"));
    watched_.store.entries[{"default", "web"}] = status("web", "10.0.0.1");
    ASSERT_TRUE(watched_.start().has_value());
    EXPECT_TRUE(eventually([&] { return has_ip("web", "10.0.0.1"); }));
    EXPECT_THAT(watched_.log(), ::testing::ElementsAre("+Service default/web", "synchronised"));
}

TEST_F(ManifestSourceTest, TheStatusLeavesWithItsService) {
    watched_.write("a.yaml", service_manifest("web"));
    watched_.write("b.yaml", service_manifest("other"));
    ASSERT_TRUE(watched_.start().has_value());
    EXPECT_TRUE(eventually([&] { return has_ip("web", "") && has_ip("other", ""); }));
    write({status("web", "10.0.0.1"), status("other", "10.0.0.2")});
    std::filesystem::remove(watched_.folder() / "a.yaml");
    EXPECT_TRUE(eventually([&] { return watched_.service("web") == nullptr; }));
    EXPECT_THAT(write({status("web", "10.0.0.1")}), ::testing::ElementsAre("web no: not_found"));
    watched_.stop();
    EXPECT_EQ(watched_.store.entries.size(), 1U);
    EXPECT_TRUE(watched_.store.entries.contains({"default", "other"}));
}

TEST_F(ManifestSourceTest, ABrokenFileAtStartCostsNoStoredStatus) {
    watched_.write("a.yaml", service_manifest("web") + "a: [\n");
    watched_.write("b.yaml", "b: [\n");
    watched_.store.entries[{"default", "web"}] = status("web", "10.0.0.1");
    watched_.store.entries[{"default", "other"}] = status("other", "10.0.0.2");
    ASSERT_TRUE(watched_.start().has_value());
    EXPECT_TRUE(eventually([&] { return has_ip("web", "10.0.0.1"); }));
    watched_.write("a.yaml", service_manifest("web"));
    watched_.write("b.yaml", service_manifest("other"));
    EXPECT_TRUE(eventually([&] { return has_ip("other", "10.0.0.2"); }));
}

TEST_F(BrokenFileAtStart, ReservesTheAddressBeforeTheFirstDelivery) {
    EXPECT_THAT(watched_.reserved(), ::testing::ElementsAre("other 10.0.0.2"));
    EXPECT_THAT(watched_.log(),
                ::testing::ElementsAre("reserved 1", "+Service default/web", "synchronised"));
}

TEST_F(BrokenFileAtStart, RepairedEndsTheReservationTogetherWithTheService) {
    watched_.replace("b.yaml", service_manifest("other"));
    EXPECT_TRUE(eventually([&] { return has_ip("other", "10.0.0.2"); }));
    EXPECT_THAT(watched_.reserved(), ::testing::IsEmpty());
    EXPECT_THAT(watched_.log(),
                ::testing::ElementsAre("reserved 1",
                                       "+Service default/web",
                                       "synchronised",
                                       "reserved 0",
                                       "+Service default/other",
                                       "update"));
    watched_.stop();
    EXPECT_EQ(watched_.store.entries.size(), 2U);
}

TEST_F(BrokenFileAtStart, RemovedIsForgottenAndFreesTheAddress) {
    std::filesystem::remove(watched_.folder() / "b.yaml");
    EXPECT_TRUE(reserved({}));
    watched_.stop();
    EXPECT_FALSE(watched_.store.entries.contains({"default", "other"}));
    EXPECT_TRUE(watched_.store.entries.contains({"default", "web"}));
    // Somebody who waits for the address is told with a delivery, though nothing changed in view.
    EXPECT_EQ(watched_.log().back(), "update");
}

TEST_F(BrokenFileAtStart, ReservesAlsoForAServiceThatLeavesMeanwhile) {
    std::filesystem::remove(watched_.folder() / "a.yaml");
    EXPECT_TRUE(reserved({"other 10.0.0.2", "web 10.0.0.1"}));
    watched_.replace("b.yaml", service_manifest("other"));
    EXPECT_TRUE(reserved({}));
    EXPECT_TRUE(eventually([&] { return has_ip("other", "10.0.0.2"); }));
    watched_.stop();
    EXPECT_FALSE(watched_.store.entries.contains({"default", "web"}));
}

TEST_F(ManifestSourceTest, AnObjectThatDoesNotParseAtStartIsReservedForToo) {
    watched_.write("a.yaml",
                   service_manifest("web") +
                       "apiVersion: v1\nkind: Service\nmetadata: {name: other}\n"
                       "spec: {type: LoadBalancer, ports: [{port: none}]}\n");
    watched_.store.entries[{"default", "other"}] = status("other", "10.0.0.2");
    ASSERT_TRUE(watched_.start().has_value());
    EXPECT_TRUE(eventually([&] { return has_ip("web", ""); }));
    EXPECT_THAT(watched_.reserved(), ::testing::ElementsAre("other 10.0.0.2"));
}

TEST_F(ManifestSourceTest, AWholeFolderReservesNothingAlsoWhenTheStoreCannotForget) {
    watched_.write("a.yaml", service_manifest("web"));
    watched_.store.entries[{"default", "gone"}] = status("gone", "10.0.0.2");
    watched_.store.full = true;
    ASSERT_TRUE(watched_.start().has_value());
    EXPECT_TRUE(eventually([&] { return has_ip("web", ""); }));
    EXPECT_THAT(watched_.log(), ::testing::ElementsAre("+Service default/web", "synchronised"));
}

}  // namespace
}  // namespace ferro::kube
