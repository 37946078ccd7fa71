// FeedCursor: how far one speaker has come in the feed log, and how it gets on from where it was.
//
// A speaker that knows this process's epoch and a version that the log can still serve goes on with
// deltas. Any other (the controller was restarted, another replica answers, the speaker was away
// for longer than the tombstones reach) resumes by content: it sends a digest of each object that
// it holds, and only the differences travel.
//
//      Hello                 digests, last
//   waiting --by_content--> asking --------> sending --(head reached)--> level
//      |                                      ^  ^                        |
//      +---------------- deltas --------------+  +------- a commit -------+
//
// A resume by content is a list of the versions that differ, taken when the digests are complete at
// version S. What changes later has a version above S and comes after them, so the list needs no
// upkeep: an entry whose object changed since is skipped.
//
// Threads: none of its own; the owner's. Time does not enter.
#pragma once

#include "controller/engine/feed_log.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ferro::controller {

enum class FeedResume : std::uint8_t { deltas, by_content };

class FeedCursor {
  public:
    struct Limits {
        /// Two million objects: 32 MB of digests.
        std::size_t digests = 2'000'000;
    };

    FeedCursor() : FeedCursor(Limits{}) {}

    explicit FeedCursor(Limits limits) : limits_(limits) {}

    /// Begins, or begins again. `known_epoch` says whether `version` counts in this log's epoch;
    /// `holds_nothing` that the speaker has no object, so that there is nothing to ask for.
    FeedResume start(const FeedLog& log, FeedVersion version, bool known_epoch, bool holds_nothing);

    /// Some of what the speaker holds. False when it is not its turn to say so, or too much.
    [[nodiscard]] bool add_digests(std::span<const model::Digest> digests);

    /// The speaker has told everything. False when it was not asked.
    [[nodiscard]] bool end_digests(const FeedLog& log);

    /// The next piece to send, or nothing: level with the log, or waiting for digests. `max_bytes`
    /// as in FeedLog::changes_since.
    std::optional<FeedChunk> next(const FeedLog& log, std::size_t max_bytes);

    /// The log has forgotten what this cursor needs: start(.., known_epoch = false, ..) again.
    [[nodiscard]] bool fell_behind(const FeedLog& log) const {
        return sending_ && !log.can_resume(cursor_);
    }

    [[nodiscard]] bool asking() const { return asking_; }

    /// Everything up to here has been handed out.
    [[nodiscard]] FeedVersion cursor() const { return cursor_; }

    /// Changes that this speaker never saw, since a newer state of the same object overtook them.
    [[nodiscard]] std::uint64_t coalesced() const { return coalesced_; }

  private:
    FeedChunk next_difference(const FeedLog& log, std::size_t max_bytes);

    Limits limits_;
    bool asking_ = false;
    bool sending_ = false;
    /// A batch has been begun, or an empty one is owed: the speaker must hear that it is level.
    bool owes_completion_ = false;
    FeedVersion cursor_ = 0;
    std::vector<model::Digest> held_;
    std::vector<std::uint64_t> gone_;       // what the speaker holds and nobody else
    std::vector<FeedVersion> differences_;  // descending, taken from the back
    std::uint64_t coalesced_ = 0;
};

}  // namespace ferro::controller
