// Server and client over a real socket: cut at every frame, restarted, overtaken, replaced. A
// speaker must always hold a state that the controller committed as a whole, and end with the
// newest.
#include "tests/controller/feed_rig.h"
#include "tests/support/cutting_proxy.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

namespace ferro::test {
namespace {

class FeedStream : public ::testing::Test {
  protected:
    [[nodiscard]] std::string socket(const char* name) const {
        return (directory_ / name).string();
    }

    static feed::FeedEndpoint endpoint(const std::string& path) {
        return feed::FeedEndpoint::parse("unix:" + path).value();
    }

    [[nodiscard]] controller::FeedServerOptions server_options() const {
        controller::FeedServerOptions options;
        options.endpoint = endpoint(socket("server"));
        options.version = "test";
        return options;
    }

    [[nodiscard]] feed::FeedClientOptions client_options(const char* name,
                                                         const std::string& node = "node-1") const {
        feed::FeedClientOptions options;
        options.endpoint = endpoint(socket(name));
        options.node = NodeName(node);
        options.backoff_min = std::chrono::milliseconds{1};
        options.backoff_max = std::chrono::milliseconds{20};
        return options;
    }

    runtime::Loop loop_;
    tests::TemporaryDirectory directory_{"feed"};
};

TEST_F(FeedStream, DeliversThePictureThenItsChanges) {
    TestController controller(loop_, server_options());
    TestSpeaker speaker(loop_, client_options("server"));
    ASSERT_TRUE(run_until(loop_, [&] { return !speaker.batches.empty(); }));
    EXPECT_TRUE(speaker.objects.empty()) << "an empty picture is a picture";
    EXPECT_EQ(speaker.client->age(runtime::monotonic_now()), Duration{0});

    controller.put("a", "1");
    controller.put("b", "1");
    controller.commit();
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }));
    controller.remove("a");
    controller.put("b", "2");
    controller.commit();
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }));
    EXPECT_EQ(speaker.batches, (std::vector<std::size_t>{0, 2, 2}));
    ASSERT_TRUE(run_until(loop_, [&] {
        return controller.server().speakers().at(NodeName("node-1")).applied_version ==
               controller.server().head();
    }));
}

TEST_F(FeedStream, SaysNothingBeforeTheControllerHasSynchronised) {
    auto server = controller::FeedServer::start(loop_, server_options());
    ASSERT_TRUE(server);
    TestSpeaker speaker(loop_, client_options("server"));
    ASSERT_TRUE(run_until(loop_, [&] { return (*server)->speakers().size() == 1; }));
    (*server)->put(service_object("a", "1"));
    EXPECT_FALSE(
        run_until(loop_, [&] { return !speaker.batches.empty(); }, std::chrono::milliseconds{50}));
    (*server)->commit();
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects.size() == 1; }));
    EXPECT_EQ(speaker.batches.size(), 1U);
}

/// The connection is cut after N frames, for N = 0, 1, 2 .. until a whole exchange gets through.
TEST_F(FeedStream, CutAtEveryFrameEndsWithTheStateAndNeverWithAPartOfOne) {
    auto options = server_options();
    options.chunk_bytes = 200;  // some three objects in a part
    TestController controller(loop_, options);
    CuttingProxy proxy(socket("proxy"), socket("server"));
    for (int i = 0; i < 30; ++i) {
        controller.put("s" + std::to_string(i), "0");
    }
    controller.commit();
    long frames = 0;
    for (;; ++frames) {
        ASSERT_LT(frames, 500);
        const long cuts_before = proxy.cuts();
        proxy.cut_next_after(frames);
        TestSpeaker speaker(loop_, client_options("proxy"));
        speaker.on_batch = [&] {
            EXPECT_TRUE(controller.ever_committed(speaker.objects)) << frames;
        };
        const std::string value = std::to_string(frames);
        // Edits while the connection is being cut; the first batch may or may not hold them.
        controller.put("s" + std::to_string(frames % 30), value);
        controller.remove("s" + std::to_string((frames + 7) % 30));
        controller.commit();
        ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }))
            << frames;
        controller.put("last", value);
        controller.commit();
        ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }))
            << frames;
        if (proxy.cuts() == cuts_before) {
            break;  // the whole exchange took fewer frames
        }
        proxy.cut_next_after(CuttingProxy::kNever);
    }
    EXPECT_GT(frames, 20) << "fewer cuts than parts: the proxy did not cut where it should";
}

/// The same for a speaker that comes to a restarted controller: every step of the resume by content
/// is cut once.
TEST_F(FeedStream, CutAtEveryFrameOfAResumeByContentNeverFlaps) {
    auto options = server_options();
    options.chunk_bytes = 100;
    TestController controller(loop_, options);
    CuttingProxy proxy(socket("proxy"), socket("server"));
    for (int i = 0; i < 20; ++i) {
        controller.put("s" + std::to_string(i), "0");
    }
    controller.commit();
    TestSpeaker speaker(loop_, client_options("proxy"));
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }));
    long frames = 0;
    for (;; ++frames) {
        ASSERT_LT(frames, 500);
        const std::string value = "r" + std::to_string(frames);
        controller.stop();
        ASSERT_TRUE(run_until(loop_, [&] { return !speaker.client->connected(); }));
        // Meanwhile: five objects change, one goes, one comes.
        for (int i = 0; i < 5; ++i) {
            controller.put("s" + std::to_string((frames * 3 + i) % 20), value);
        }
        controller.remove("extra" + std::to_string(frames - 1));
        controller.put("extra" + std::to_string(frames), value);
        const long cuts_before = proxy.cuts();
        const long connections_before = proxy.connections();
        proxy.cut_next_after(frames);  // of the next connection that finds somebody
        controller.restart();
        const std::size_t batches = speaker.batches.size();
        ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }))
            << frames;
        ASSERT_EQ(speaker.batches.size(), batches + 1) << "one batch, whatever was cut";
        EXPECT_EQ(speaker.batches.back(), frames == 0 ? 6U : 7U) << "exactly the difference";
        ASSERT_TRUE(run_until(loop_, [&] { return speaker.client->connected(); }));
        if (proxy.cuts() == cuts_before && proxy.connections() > connections_before) {
            break;
        }
    }
    EXPECT_GT(frames, 10);
    EXPECT_EQ(speaker.client->counters().unresolved_names, 0U);
}

TEST_F(FeedStream, ARestartedControllerSendsExactlyTheDifference) {
    TestController controller(loop_, server_options());
    for (int i = 0; i < 1'000; ++i) {
        controller.put("s" + std::to_string(i), "0");
    }
    controller.commit();
    TestSpeaker speaker(loop_, client_options("server"));
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }));
    const auto old_epoch = controller.server().epoch();
    controller.stop();
    ASSERT_TRUE(run_until(loop_, [&] { return !speaker.client->connected(); }));
    EXPECT_EQ(speaker.objects.size(), 1'000U) << "the last state stands";
    EXPECT_GT(speaker.client->age(runtime::monotonic_now()).value(), Duration{0});
    EXPECT_EQ(speaker.links_down, 1);
    controller.put("s7", "changed");
    controller.put("new", "1");
    controller.remove("s8");
    controller.restart();
    EXPECT_NE(controller.server().epoch(), old_epoch);
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }));
    EXPECT_EQ(speaker.batches, (std::vector<std::size_t>{1'000, 3}));
    const auto counters = controller.server().counters();
    EXPECT_EQ(counters.resumed_by_content, 1U);
    EXPECT_EQ(counters.objects_sent, 2U) << "the third is a removal";
    EXPECT_EQ(speaker.client->counters().unchanged_objects, 0U);
    EXPECT_EQ(speaker.client->age(runtime::monotonic_now()), Duration{0});
}

TEST_F(FeedStream, AReconnectToTheSameControllerTakesTheDeltasOnly) {
    TestController controller(loop_, server_options());
    CuttingProxy proxy(socket("proxy"), socket("server"));
    for (int i = 0; i < 100; ++i) {
        controller.put("s" + std::to_string(i), "0");
    }
    controller.commit();
    auto quick = client_options("proxy");
    quick.keepalive_time = std::chrono::milliseconds{200};
    quick.keepalive_timeout = std::chrono::milliseconds{200};
    TestSpeaker speaker(loop_, quick);
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }));
    const auto sent = controller.server().counters().objects_sent;
    // A limit on the connection that is there cannot be set; so the next one is cut at its first
    // frame, and this one is ended by its own keepalive: stalled, it answers no ping.
    proxy.stall(true);
    proxy.cut_next_after(0);
    controller.put("s1", "1");
    controller.commit();
    ASSERT_TRUE(run_until(loop_, [&] { return !speaker.client->connected(); }));
    proxy.stall(false);
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }));
    EXPECT_EQ(speaker.batches, (std::vector<std::size_t>{100, 1}));
    // Once into the connection that was dead, once into the new one.
    EXPECT_LE(controller.server().counters().objects_sent, sent + 2);
    EXPECT_EQ(controller.server().counters().resumed_by_content, 0U);
}

TEST_F(FeedStream, ASpeakerSlowerThanTheChangesIsCoalesced) {
    auto options = server_options();
    options.keepalive_time = std::chrono::seconds{60};
    TestController controller(loop_, options);
    controller.keep_history = false;
    CuttingProxy proxy(socket("proxy"), socket("server"));
    const std::string padding(1'000, 'x');
    for (int i = 0; i < 100; ++i) {
        controller.put("s" + std::to_string(i), padding + "0");
    }
    controller.commit();
    auto slow = client_options("proxy");
    slow.keepalive_time = std::chrono::seconds{60};
    TestSpeaker speaker(loop_, slow);
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.objects == controller.objects(); }));
    proxy.stall(true);
    // 100 MB of changes past a connection that passes nothing on. The loop turns, so whatever can
    // be sent is sent.
    for (int change = 1; change <= 100'000; ++change) {
        controller.put("s" + std::to_string(change % 100), padding + std::to_string(change));
        controller.commit();
        if (change % 100 == 0) {
            loop_.context().poll();
        }
    }
    const auto stalled = controller.server().counters();
    EXPECT_LT(stalled.objects_sent, 10'000U) << "what fits into sockets and windows";
    proxy.stall(false);
    ASSERT_TRUE(run_until(
        loop_, [&] { return speaker.objects == controller.objects(); }, std::chrono::seconds{60}));
    const auto counters = controller.server().counters();
    // Every change was either sent or overtaken.
    EXPECT_EQ(counters.objects_sent + counters.changes_coalesced, 100U + 100'000U);
    EXPECT_GT(counters.changes_coalesced, 90'000U);
    EXPECT_EQ(counters.resumed_by_content, 0U);
    EXPECT_EQ(speaker.links_down, 0);
}

TEST_F(FeedStream, OfTwoSpeakersWithOneNameTheNewestIsServed) {
    TestController controller(loop_, server_options());
    auto options = client_options("server");
    options.backoff_max =
        std::chrono::seconds{60};  // the older one stays away for the rest of this test
    TestSpeaker older(loop_, options);
    ASSERT_TRUE(run_until(loop_, [&] { return older.client->connected(); }));
    TestSpeaker newer(loop_, options);
    ASSERT_TRUE(
        run_until(loop_, [&] { return newer.client->connected() && !older.client->connected(); }));
    EXPECT_NE(older.last_reason.find("newer connection"), std::string::npos) << older.last_reason;
    controller.put("a", "1");
    controller.commit();
    ASSERT_TRUE(run_until(loop_, [&] { return newer.objects == controller.objects(); }));
    EXPECT_TRUE(older.objects.empty());
    EXPECT_TRUE(controller.server().speakers().at(NodeName("node-1")).connected);
    EXPECT_EQ(controller.server().counters().sessions_replaced, 1U);
}

feed::Announcement announcement(const std::string& service, std::uint32_t address) {
    return {.key = {.service = {.namespace_name = "default", .name = service},
                    .address = ip::Address::from_ipv4(address),
                    .protocol = feed::AnnouncementProtocol::layer2},
            .interfaces = {"eth0"},
            .since = WallTime{1'000}};
}

TEST_F(FeedStream, ReportsReachTheControllerAndAreToldAgainAfterAReconnect) {
    TestController controller(loop_, server_options());
    TestSpeaker speaker(loop_, client_options("server"));
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.client->connected(); }));
    const NodeName node("node-1");
    const auto announced = [&] { return controller.server().speakers().at(node).announced; };

    feed::ReportChanges changes;
    changes.announced = {announcement("a", 1), announcement("b", 2)};
    changes.problems =
        std::vector<feed::Problem>{{.service = {.namespace_name = "default", .name = "c"},
                                    .address = ip::Address::from_ipv4(3),
                                    .reason = "announceFailed",
                                    .message = "no eth9"}};
    speaker.client->report(changes);
    ASSERT_TRUE(run_until(loop_, [&] { return announced().size() == 2; }));
    EXPECT_EQ(controller.server().speakers().at(node).problems, *changes.problems);

    feed::ReportChanges withdrawal;
    withdrawal.withdrawn = {announcement("a", 1).key};
    speaker.client->report(withdrawal);
    ASSERT_TRUE(run_until(loop_, [&] { return announced().size() == 1; }));
    EXPECT_EQ(announced().begin()->second, announcement("b", 2));

    // 5,000 announcements: a full report of three messages.
    for (std::uint32_t i = 0; i < 5'000; ++i) {
        speaker.full_report.announced.push_back(announcement("s" + std::to_string(i), i));
    }
    controller.restart();
    ASSERT_TRUE(run_until(loop_, [&] {
        const auto& speakers = controller.server().speakers();
        return speakers.contains(node) && speakers.at(node).announced.size() == 5'000;
    }));
    EXPECT_TRUE(controller.server().speakers().at(node).problems.empty());

    speaker.client.reset();
    ASSERT_TRUE(
        run_until(loop_, [&] { return !controller.server().speakers().at(node).connected; }));
    EXPECT_EQ(announced().size(), 5'000U) << "the last report is kept";
    controller.server().forget(node);
    EXPECT_TRUE(controller.server().speakers().empty());
}

TEST_F(FeedStream, ADeadConnectionIsNoticedByBothEnds) {
    auto options = server_options();
    options.keepalive_time = std::chrono::milliseconds{200};
    options.keepalive_timeout = std::chrono::milliseconds{200};
    TestController controller(loop_, options);
    CuttingProxy proxy(socket("proxy"), socket("server"));
    auto quick = client_options("proxy");
    quick.keepalive_time = std::chrono::milliseconds{200};
    quick.keepalive_timeout = std::chrono::milliseconds{200};
    TestSpeaker speaker(loop_, quick);
    ASSERT_TRUE(run_until(loop_, [&] { return speaker.client->connected(); }));
    proxy.stall(true);
    const Instant start = runtime::monotonic_now();
    ASSERT_TRUE(run_until(loop_, [&] {
        return !speaker.client->connected() &&
               !controller.server().speakers().at(NodeName("node-1")).connected;
    }));
    EXPECT_LT(runtime::monotonic_now() - start, std::chrono::seconds{5});
    proxy.stall(false);
    EXPECT_TRUE(run_until(loop_, [&] { return speaker.client->connected(); }));
}

TEST_F(FeedStream, ASecondControllerOnTheSameSocketIsRefused) {
    TestController controller(loop_, server_options());
    const auto second = controller::FeedServer::start(loop_, server_options());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
}

}  // namespace
}  // namespace ferro::test
