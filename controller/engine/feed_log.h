// FeedLog: the present state of everything that speakers need, with the version at which each
// object last changed.
//
// It keeps no history. An object that changes a thousand times has one entry, at its newest
// version, so a subscriber is only a cursor: "give me what changed after version N" answers with
// each changed object once, in its newest state. A slow speaker is therefore coalesced by nature,
// and nothing is buffered for it. Only removals leave a trace, a tombstone with the object's name;
// tombstones are bounded, and a cursor older than the oldest forgotten one cannot be served from
// here any more: that speaker resumes by content (feed_cursor.h).
//
// put() and remove() gather; commit() makes them visible together. Versions count changes, from 1,
// within one controller process: its epoch, drawn at start, is part of every cursor.
// docs/decisions/0002-feed-versions.md has the reasons.
//
// Threads: none of its own; the owner's. Time does not enter.
#pragma once

#include "core/model/digest.h"
#include "core/model/object_ref.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ferro::controller {

/// Number of the last change that a state holds; 0 = before the first commit.
using FeedVersion = std::uint64_t;

/// Some changes in version order. Views and pointers are good until the log changes.
struct FeedChunk {
    std::vector<std::string_view> objects;         ///< encoded, new or changed
    std::vector<const model::ObjectRef*> removed;  ///< gone, by name
    std::vector<std::uint64_t> removed_by_hash;    ///< gone, by the digest of the name
    FeedVersion cursor = 0;                        ///< what to ask for next
    bool complete = false;                         ///< `cursor` is the head: the state is whole
};

class FeedLog {
  public:
    struct Limits {
        /// 65,536 names are about 6 MB; a speaker that misses more removals than that resumes by
        /// content.
        std::size_t tombstones = 65'536;
    };

    FeedLog() : FeedLog(Limits{}) {}

    explicit FeedLog(Limits limits) : limits_(limits) {}

    /// The object is so from the next commit on. The last put or remove of an object before a
    /// commit counts.
    void put(const model::ObjectRef& ref, std::string bytes);

    /// The object is gone from the next commit on.
    void remove(const model::ObjectRef& ref);

    /// Makes gathered changes visible and returns the new head. Puts of equal bytes and removals of
    /// what is not there change nothing. The first commit gives at least version 1, so that an
    /// empty state can be told from none.
    FeedVersion commit();

    [[nodiscard]] FeedVersion head() const { return head_; }

    /// Whether everything that happened after `cursor` is still known.
    [[nodiscard]] bool can_resume(FeedVersion cursor) const {
        return cursor >= oldest_cursor_ && cursor <= head_;
    }

    /// What changed after `cursor`, in version order, at most `max_bytes` of it, but one change at
    /// least. `cursor` must be resumable (CHECK).
    ///
    /// *Cost*: O(log n) to find the place, then proportional to the chunk.
    [[nodiscard]] FeedChunk changes_since(FeedVersion cursor, std::size_t max_bytes) const;

    /// Appends the object to `chunk` if `version` is still its version. False when it has changed
    /// since.
    bool append(FeedVersion version, FeedChunk& chunk) const;

    struct Held {
        FeedVersion version;
        model::Digest digest;
    };

    /// Every object that exists, in version order.
    [[nodiscard]] std::vector<Held> objects() const;

    [[nodiscard]] bool holds(std::uint64_t ref_hash) const;

    [[nodiscard]] std::size_t object_count() const { return entries_.size() - tombstone_count_; }

    [[nodiscard]] std::size_t tombstone_count() const { return tombstone_count_; }

    /// Size of all encoded objects.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    // Keyed by the hash of the name: the name itself stands in the bytes already, and 20,000 copies
    // of it would be megabytes.
    struct Entry {
        FeedVersion version = 0;
        std::uint64_t content = 0;
        std::string bytes;                                // empty for a tombstone
        std::unique_ptr<const model::ObjectRef> removed;  // set for a tombstone
    };

    /// Position of a version in the order of changes. Stale once its object has a newer version.
    struct Slot {
        FeedVersion version;
        std::uint64_t ref_hash;
    };

    struct Pending {
        std::uint64_t ref_hash;
        std::string bytes;
        std::unique_ptr<const model::ObjectRef> removed;
    };

    Pending& pending_of(const model::ObjectRef& ref);
    void apply(Pending&& change);
    void forget_old_tombstones();
    void compact();
    [[nodiscard]] const Entry* live(const Slot& slot) const;
    static std::size_t append_entry(const Entry& entry, FeedChunk& chunk);

    Limits limits_;
    FeedVersion head_ = 0;
    FeedVersion oldest_cursor_ = 0;
    std::unordered_map<std::uint64_t, Entry> entries_;
    std::vector<Slot> order_;  // ascending by version
    std::deque<Slot> tombstones_;
    std::size_t tombstone_count_ = 0;
    std::size_t bytes_ = 0;
    std::vector<Pending> pending_;
    std::unordered_map<std::uint64_t, std::size_t> pending_index_;
};

}  // namespace ferro::controller
