// The feed log and its cursors: every subscriber, however slow and from wherever it resumes, ends
// up with the state. The last test plays a random history against a reader that keeps only digests,
// as a speaker does.
#include "controller/engine/feed_log.h"

#include "controller/engine/feed_cursor.h"
#include "core/base/prng.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace ferro::controller {
namespace {

model::ObjectRef service(int number) {
    return {.kind = model::Kind::service,
            .key = {.namespace_name = "default", .name = "s" + std::to_string(number)}};
}

TEST(FeedLog, GivesEachChangedObjectOnceInItsNewestState) {
    FeedLog log;
    log.put(service(1), "a");
    log.put(service(2), "b");
    EXPECT_EQ(log.commit(), 2U);
    for (int i = 0; i < 1'000; ++i) {
        log.put(service(1), "a" + std::to_string(i));
        log.commit();
    }
    EXPECT_EQ(log.head(), 1'002U);
    const FeedChunk chunk = log.changes_since(1, 1'000'000);
    EXPECT_TRUE(chunk.complete);
    EXPECT_EQ(chunk.cursor, 1'002U);
    ASSERT_EQ(chunk.objects.size(), 2U);
    EXPECT_EQ(chunk.objects[0], "b");
    EXPECT_EQ(chunk.objects[1], "a999");
}

TEST(FeedLog, CountsNothingWhenNothingChanged) {
    FeedLog log;
    EXPECT_EQ(log.head(), 0U);
    EXPECT_EQ(log.commit(), 1U) << "an empty state is a state";
    log.put(service(1), "a");
    EXPECT_EQ(log.commit(), 2U);
    log.put(service(1), "a");
    log.remove(service(9));
    EXPECT_EQ(log.commit(), 2U);
}

TEST(FeedLog, ShowsNothingBeforeTheCommit) {
    FeedLog log;
    log.commit();
    log.put(service(1), "a");
    EXPECT_TRUE(log.changes_since(1, 1'000).objects.empty());
    log.remove(service(1));
    log.commit();
    EXPECT_TRUE(log.changes_since(1, 1'000).objects.empty()) << "put and removed in one commit";
    EXPECT_EQ(log.object_count(), 0U);
}

TEST(FeedLog, CutsChunksBySizeAndGoesOnWhereItStopped) {
    FeedLog log;
    for (int i = 0; i < 100; ++i) {
        log.put(service(i), std::string(100, 'x'));
    }
    log.commit();
    FeedVersion cursor = 0;
    std::size_t chunks = 0;
    std::size_t objects = 0;
    for (bool complete = false; !complete; ++chunks) {
        const FeedChunk chunk = log.changes_since(cursor, 1'000);
        EXPECT_LE(chunk.objects.size(), 10U);
        EXPECT_GT(chunk.cursor, cursor);
        objects += chunk.objects.size();
        cursor = chunk.cursor;
        complete = chunk.complete;
    }
    EXPECT_EQ(objects, 100U);
    EXPECT_EQ(chunks, 10U);
    // One object larger than the limit is a chunk of its own.
    EXPECT_EQ(log.changes_since(0, 1).objects.size(), 1U);
}

TEST(FeedLog, RemembersRemovalsUpToItsLimit) {
    FeedLog log(FeedLog::Limits{.tombstones = 10});
    for (int i = 0; i < 20; ++i) {
        log.put(service(i), "x");
    }
    const FeedVersion full = log.commit();
    for (int i = 0; i < 10; ++i) {
        log.remove(service(i));
    }
    log.commit();
    EXPECT_EQ(log.tombstone_count(), 10U);
    ASSERT_TRUE(log.can_resume(full));
    EXPECT_EQ(log.changes_since(full, 100'000).removed.size(), 10U);
    log.remove(service(10));
    log.commit();
    EXPECT_EQ(log.tombstone_count(), 10U);
    EXPECT_FALSE(log.can_resume(full));
    EXPECT_TRUE(log.can_resume(full + 1)) << "the removal of s0 is all that is forgotten";
    EXPECT_EQ(log.changes_since(full + 1, 100'000).removed.size(), 10U);
    log.put(service(5), "again");
    log.commit();
    EXPECT_EQ(log.tombstone_count(), 9U);
    EXPECT_EQ(log.object_count(), 10U);
}

TEST(FeedLog, StaysSmallWhileOneObjectComesAndGoes) {
    FeedLog log(FeedLog::Limits{.tombstones = 10});
    log.put(service(0), "first");
    log.put(service(1), "x");
    log.commit();
    log.remove(service(0));
    log.commit();
    for (int i = 0; i < 1'000; ++i) {
        log.put(service(1), "x" + std::to_string(i));
        log.commit();
        log.remove(service(1));
        log.commit();
    }
    EXPECT_LE(log.tombstone_count(), 10U);
    EXPECT_EQ(log.object_count(), 0U);
    EXPECT_EQ(log.bytes(), 0U);
}

TEST(FeedCursor, WaitsForTheFirstCommit) {
    FeedLog log;
    FeedCursor cursor;
    cursor.start(log, 0, false, true);
    EXPECT_FALSE(cursor.next(log, 1'000));
    log.commit();
    const auto chunk = cursor.next(log, 1'000);
    ASSERT_TRUE(chunk);
    EXPECT_TRUE(chunk->complete);
    EXPECT_FALSE(cursor.next(log, 1'000)) << "level";
}

TEST(FeedCursor, TellsASpeakerThatMissedNothingThatItIsLevel) {
    FeedLog log;
    log.put(service(1), "a");
    const FeedVersion version = log.commit();
    FeedCursor cursor;
    EXPECT_EQ(cursor.start(log, version, true, false), FeedResume::deltas);
    const auto chunk = cursor.next(log, 1'000);
    ASSERT_TRUE(chunk);
    EXPECT_TRUE(chunk->complete);
    EXPECT_TRUE(chunk->objects.empty());
    EXPECT_EQ(chunk->cursor, version);
}

TEST(FeedCursor, AsksForDigestsWhenTheEpochOrTheVersionIsUnknown) {
    FeedLog log;
    log.put(service(1), "a");
    log.commit();
    FeedCursor cursor;
    EXPECT_EQ(cursor.start(log, 1, false, false), FeedResume::by_content);
    EXPECT_EQ(cursor.start(log, 77, true, false), FeedResume::by_content)
        << "a version from the future";
    EXPECT_FALSE(cursor.next(log, 1'000)) << "waiting for digests";
    EXPECT_EQ(cursor.start(log, 1, true, false), FeedResume::deltas);
    EXPECT_FALSE(cursor.end_digests(log)) << "nobody asked";
}

TEST(FeedCursor, ResumedByContentSendsOnlyDifferences) {
    FeedLog log;
    log.put(service(1), "same");
    log.put(service(2), "new");
    log.put(service(3), "unknown to the speaker");
    log.commit();
    FeedCursor cursor;
    ASSERT_EQ(cursor.start(log, 5, false, false), FeedResume::by_content);
    const std::uint64_t gone = model::digest_of(service(9));
    const std::vector<model::Digest> held{
        {.ref = model::digest_of(service(1)), .content = model::digest_of("same")},
        {.ref = model::digest_of(service(2)), .content = model::digest_of("old")},
        {.ref = gone, .content = model::digest_of("x")}};
    ASSERT_TRUE(cursor.add_digests(held));
    ASSERT_TRUE(cursor.end_digests(log));
    const auto chunk = cursor.next(log, 100'000);
    ASSERT_TRUE(chunk);
    EXPECT_EQ(chunk->removed_by_hash, std::vector<std::uint64_t>{gone});
    EXPECT_EQ(chunk->objects, (std::vector<std::string_view>{"new", "unknown to the speaker"}));
    EXPECT_TRUE(chunk->complete);
}

TEST(FeedCursor, RefusesMoreDigestsThanItsLimit) {
    FeedLog log;
    log.commit();
    FeedCursor cursor(FeedCursor::Limits{.digests = 2});
    cursor.start(log, 5, false, false);
    const std::vector<model::Digest> two(2);
    EXPECT_TRUE(cursor.add_digests(two));
    EXPECT_FALSE(cursor.add_digests(std::span(two).first(1)));
}

TEST(FeedCursor, SlowerThanTheChangesSeesNewestStatesOnly) {
    FeedLog log;
    for (int i = 0; i < 100; ++i) {
        log.put(service(i), "0");
    }
    log.commit();
    FeedCursor cursor;
    cursor.start(log, log.head(), true, false);
    ASSERT_TRUE(cursor.next(log, 1'000));
    for (int change = 1; change <= 100'000; ++change) {
        log.put(service(change % 100), std::to_string(change));
        log.commit();
    }
    const auto chunk = cursor.next(log, 1'000'000);
    ASSERT_TRUE(chunk);
    EXPECT_EQ(chunk->objects.size(), 100U);
    EXPECT_TRUE(chunk->complete);
    EXPECT_EQ(cursor.coalesced(), 100'000U - 100U);
}

/// Keeps bytes by name as a speaker would, and applies whole batches only.
class Reader {
  public:
    void connect(const FeedLog& log, std::uint64_t epoch) {
        staged_ = state_;
        const bool known = epoch == epoch_;
        // Adopted with the first whole batch only: until then the version counts in the old epoch.
        offered_epoch_ = epoch;
        answer(log, cursor_.start(log, version_, known, state_.empty()));
    }

    /// One piece. False when there is none.
    bool step(const FeedLog& log, std::size_t max_bytes) {
        if (cursor_.fell_behind(log)) {
            ++resyncs;
            staged_ = state_;
            answer(log, cursor_.start(log, version_, false, state_.empty()));
        }
        const auto chunk = cursor_.next(log, max_bytes);
        if (!chunk) {
            return false;
        }
        for (const std::uint64_t hash : chunk->removed_by_hash) {
            staged_.erase(hash);
        }
        for (const model::ObjectRef* ref : chunk->removed) {
            staged_.erase(model::digest_of(*ref));
        }
        for (const std::string_view bytes : chunk->objects) {
            // These tests' objects are "name=value".
            const std::string name(bytes.substr(0, bytes.find('=')));
            const model::ObjectRef ref{.kind = model::Kind::service,
                                       .key = {.namespace_name = "default", .name = name}};
            staged_[model::digest_of(ref)] = bytes;
        }
        if (chunk->complete) {
            state_ = staged_;
            version_ = chunk->cursor;
            epoch_ = offered_epoch_;
        }
        return true;
    }

    const std::map<std::uint64_t, std::string>& state() const { return state_; }

    int resyncs = 0;

  private:
    void answer(const FeedLog& log, FeedResume resume) {
        if (resume == FeedResume::deltas) {
            return;
        }
        std::vector<model::Digest> digests;
        for (const auto& [hash, bytes] : state_) {
            digests.push_back({.ref = hash, .content = model::digest_of(bytes)});
        }
        ASSERT_TRUE(cursor_.add_digests(digests));
        ASSERT_TRUE(cursor_.end_digests(log));
    }

    FeedCursor cursor_;
    std::uint64_t epoch_ = 0;
    std::uint64_t offered_epoch_ = 0;
    FeedVersion version_ = 0;
    std::map<std::uint64_t, std::string> state_;
    std::map<std::uint64_t, std::string> staged_;
};

using Truth = std::map<std::uint64_t, std::string>;

void edit(FeedLog& log, Truth& truth, Prng& prng) {
    for (auto count = prng.below(4) + 1; count > 0; --count) {
        const auto ref = service(static_cast<int>(prng.below(40)));
        const std::uint64_t hash = model::digest_of(ref);
        if (prng.chance(40)) {
            log.remove(ref);
            truth.erase(hash);
        } else {
            std::string bytes = ref.key.name + "=" + std::to_string(prng.below(3));
            truth[hash] = bytes;
            log.put(ref, std::move(bytes));
        }
    }
    log.commit();
}

TEST(FeedCursor, EveryReaderEndsWithTheStateWhateverHappens) {
    int resyncs = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Prng prng(seed);
        auto log = std::make_unique<FeedLog>(FeedLog::Limits{.tombstones = 5});
        std::uint64_t epoch = 1;
        Truth truth;
        edit(*log, truth, prng);
        Reader reader;
        reader.connect(*log, epoch);
        for (int turn = 0; turn < 300; ++turn) {
            const auto dice = prng.below(100);
            if (dice < 50) {
                edit(*log, truth, prng);
            } else if (dice < 90) {
                reader.step(*log, 1 + prng.below(40));
            } else if (dice < 96) {
                reader.connect(*log, epoch);
            } else {
                // The controller restarts: the same objects under new versions.
                log = std::make_unique<FeedLog>(FeedLog::Limits{.tombstones = 5});
                ++epoch;
                for (const auto& [hash, bytes] : truth) {
                    const std::string name = bytes.substr(0, bytes.find('='));
                    log->put({.kind = model::Kind::service,
                              .key = {.namespace_name = "default", .name = name}},
                             bytes);
                }
                log->commit();
                reader.connect(*log, epoch);
            }
        }
        while (reader.step(*log, 64)) {
        }
        ASSERT_EQ(reader.state(), truth) << "seed " << seed;
        resyncs += reader.resyncs;
    }
    EXPECT_GT(resyncs, 100)
        << "the tombstone limit was never met: the test shows less than it says";
}

}  // namespace
}  // namespace ferro::controller
