// The speaker's side without a socket: what arrives in pieces is told as differences between whole
// states.
#include "core/base/prng.h"
#include "proto/feed.pb.h"
#include "proto/feed_objects.h"
#include "proto/feed_report.h"
#include "speaker/feed/digest_set.h"
#include "speaker/feed/outbox.h"
#include "speaker/feed/receiver.h"

#include <gtest/gtest.h>

#include <map>

namespace ferro::feed {
namespace {

model::Object node(const std::string& name, const std::string& address) {
    return model::Node{
        .meta = {.key = {.namespace_name = "", .name = name}, .labels = {}, .annotations = {}},
        .network_unavailable = std::nullopt,
        .internal_ips = {address}};
}

v1::Part part_of(const std::vector<model::Object>& objects, std::uint64_t complete = 0) {
    v1::Part part;
    for (const model::Object& object : objects) {
        part.add_objects(encode_object(object));
    }
    part.set_complete_up_to(complete);
    return part;
}

class Receiver : public ::testing::Test {
  protected:
    std::vector<model::ObjectRef> held_;
    FeedReceiver receiver_{{}, [this](const FeedReceiver::VisitRef& visit) {
                               for (const auto& ref : held_) {
                                   visit(ref);
                               }
                           }};
};

TEST_F(Receiver, TellsNothingBeforeTheBatchIsWhole) {
    EXPECT_FALSE(receiver_.add(part_of({node("a", "1")}))) << "no Start";
    receiver_.begin(7);
    EXPECT_EQ(receiver_.add(part_of({node("b", "1")})).value(), false);
    EXPECT_EQ(receiver_.epoch(), 0U);
    EXPECT_EQ(receiver_.add(part_of({node("a", "1")}, 3)).value(), true);
    const auto changes = receiver_.take_batch();
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].ref.key.name, "a") << "sorted by name";
    EXPECT_EQ(receiver_.epoch(), 7U);
    EXPECT_EQ(receiver_.version(), 3U);
}

TEST_F(Receiver, AnotherStartVoidsWhatWasGathered) {
    receiver_.begin(7);
    ASSERT_TRUE(receiver_.add(part_of({node("a", "1")})));
    receiver_.begin(8);
    ASSERT_TRUE(receiver_.add(part_of({}, 1)).value());
    EXPECT_TRUE(receiver_.take_batch().empty());
}

TEST_F(Receiver, LeavesOutWhatDidNotChange) {
    receiver_.begin(7);
    ASSERT_TRUE(receiver_.add(part_of({node("a", "1"), node("b", "1")}, 3)));
    receiver_.take_batch();
    ASSERT_TRUE(receiver_.add(part_of({node("a", "1"), node("b", "2")}, 4)));
    const auto changes = receiver_.take_batch();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].ref.key.name, "b");
    EXPECT_EQ(receiver_.counters().unchanged, 1U);
}

TEST_F(Receiver, FindsTheNamesOfWhatIsGoneByHash) {
    receiver_.begin(7);
    ASSERT_TRUE(receiver_.add(part_of({node("a", "1"), node("b", "1")}, 3)));
    for (const auto& change : receiver_.take_batch()) {
        held_.push_back(change.ref);
    }
    v1::Part part;
    part.add_removed_by_hash(model::digest_of(model::ref_of(node("b", ""))));
    part.add_removed_by_hash(12345);
    part.set_complete_up_to(4);
    ASSERT_TRUE(receiver_.add(part));
    const auto changes = receiver_.take_batch();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].ref.key.name, "b");
    EXPECT_EQ(changes[0].object, nullptr);
    EXPECT_EQ(receiver_.digests().size(), 1U);
}

TEST_F(Receiver, SkipsKindsThatItDoesNotKnowAndRefusesBrokenObjects) {
    receiver_.begin(7);
    v1::Part part = part_of({node("a", "1")}, 1);
    part.add_objects(std::string("\x9A\x06\x00", 3));
    part.add_removed()->set_kind(99);
    ASSERT_TRUE(receiver_.add(part));
    EXPECT_EQ(receiver_.take_batch().size(), 1U);
    EXPECT_EQ(receiver_.counters().unknown_kinds, 2U);
    part.add_objects("\xFF");
    EXPECT_FALSE(receiver_.add(part));
}

TEST(FeedReceiver, RefusesABatchBeyondItsLimit) {
    FeedReceiver receiver({.staged_bytes = 100}, [](const FeedReceiver::VisitRef&) {});
    receiver.begin(1);
    const auto big = receiver.add(part_of({node("a", std::string(200, 'x'))}));
    ASSERT_FALSE(big);
    EXPECT_EQ(big.error().code, ErrorCode::resource_exhausted);
}

TEST(DigestSet, IsAMapWhateverTheEdits) {
    Prng prng(3);
    DigestSet set;
    std::map<std::uint64_t, std::uint64_t> truth;
    for (int turn = 0; turn < 2'000; ++turn) {
        std::map<std::uint64_t, DigestSet::Edit> edits;
        for (auto count = prng.below(6); count > 0; --count) {
            const std::uint64_t ref = prng.below(50);
            const std::uint64_t content = prng.next();
            const bool remove = prng.chance(40);
            edits[ref] = {.ref = ref, .content = remove ? std::nullopt : std::optional(content)};
        }
        std::vector<DigestSet::Edit> list;
        for (const auto& [ref, edit] : edits) {
            list.push_back(edit);
            if (edit.content) {
                truth[ref] = *edit.content;
            } else {
                truth.erase(ref);
            }
        }
        set.apply(std::move(list));
        ASSERT_EQ(set.all().size(), truth.size());
        for (const model::Digest& digest : set.all()) {
            ASSERT_EQ(truth.at(digest.ref), digest.content);
        }
    }
}

Announcement announcement(std::uint32_t address, const char* interface) {
    return {.key = {.service = {.namespace_name = "a", .name = "b"},
                    .address = ip::Address::from_ipv4(address),
                    .protocol = AnnouncementProtocol::layer2},
            .interfaces = {interface},
            .since = WallTime{1}};
}

TEST(Outbox, KeepsTheNewestStateOfEachAnnouncement) {
    Outbox outbox;
    const auto next = [&](v1::SpeakerMessage& message) {
        message.Clear();
        return outbox.next("n", "v", {}, message);
    };
    v1::SpeakerMessage message;
    EXPECT_FALSE(next(message)) << "no connection yet";
    outbox.open(5, 6);
    ASSERT_TRUE(next(message));
    EXPECT_EQ(message.hello().epoch(), 5U);
    EXPECT_FALSE(next(message));
    for (int i = 0; i < 1'000; ++i) {
        outbox.report({.announced = {announcement(1, "eth0")}, .withdrawn = {}, .problems = {}},
                      10);
        outbox.report({.announced = {}, .withdrawn = {announcement(1, "").key}, .problems = {}},
                      10);
    }
    outbox.report({.announced = {announcement(2, "eth1")}, .withdrawn = {}, .problems = {}}, 10);
    ASSERT_TRUE(next(message));
    EXPECT_EQ(message.report().withdrawn_size(), 1);
    EXPECT_EQ(message.report().announced_size(), 1);
    EXPECT_FALSE(next(message));
}

TEST(Outbox, ReplacesTooManyChangesByAFullReport) {
    Outbox outbox;
    outbox.open(0, 0);
    v1::SpeakerMessage message;
    const auto full = [] {
        return FullReport{.announced = {announcement(9, "eth9")}, .problems = {}};
    };
    ASSERT_TRUE(outbox.next("n", "v", full, message));
    ASSERT_TRUE(outbox.next("n", "v", full, message));
    ReportChanges many;
    for (std::uint32_t i = 0; i < 11; ++i) {
        many.announced.push_back(announcement(i, "eth0"));
    }
    EXPECT_FALSE(outbox.report(many, 10));
    message.Clear();
    ASSERT_TRUE(outbox.next("n", "v", full, message));
    EXPECT_TRUE(message.report().full());
    EXPECT_EQ(message.report().announced_size(), 1);
    EXPECT_EQ(outbox.full_reports(), 2U);
}

}  // namespace
}  // namespace ferro::feed
