#include "controller/engine/feed_cursor.h"

#include <algorithm>
#include <utility>

namespace ferro::controller {

FeedResume FeedCursor::start(const FeedLog& log,
                             FeedVersion version,
                             bool known_epoch,
                             bool holds_nothing) {
    held_ = {};
    gone_ = {};
    differences_ = {};
    owes_completion_ = true;
    const bool deltas = known_epoch && log.can_resume(version);
    asking_ = !deltas;
    sending_ = deltas;
    cursor_ = deltas ? version : 0;
    if (!deltas && holds_nothing) {
        return end_digests(log) ? FeedResume::deltas : FeedResume::by_content;
    }
    return deltas ? FeedResume::deltas : FeedResume::by_content;
}

bool FeedCursor::add_digests(std::span<const model::Digest> digests) {
    if (!asking_ || held_.size() + digests.size() > limits_.digests) {
        return false;
    }
    held_.insert(held_.end(), digests.begin(), digests.end());
    return true;
}

bool FeedCursor::end_digests(const FeedLog& log) {
    if (!asking_) {
        return false;
    }
    std::sort(held_.begin(), held_.end());
    for (const FeedLog::Held& object : log.objects()) {
        if (!std::binary_search(held_.begin(), held_.end(), object.digest)) {
            differences_.push_back(object.version);
        }
    }
    std::reverse(differences_.begin(), differences_.end());
    for (const model::Digest& digest : held_) {
        if (!log.holds(digest.ref)) {
            gone_.push_back(digest.ref);
        }
    }
    held_ = {};
    cursor_ = log.head();
    asking_ = false;
    sending_ = true;
    return true;
}

std::optional<FeedChunk> FeedCursor::next(const FeedLog& log, std::size_t max_bytes) {
    if (!sending_ || log.head() == 0 || fell_behind(log)) {
        return std::nullopt;
    }
    if (!gone_.empty() || !differences_.empty()) {
        return next_difference(log, max_bytes);
    }
    if (cursor_ == log.head() && !owes_completion_) {
        return std::nullopt;
    }
    FeedChunk chunk = log.changes_since(cursor_, max_bytes);
    coalesced_ += (chunk.cursor - cursor_) - (chunk.objects.size() + chunk.removed.size());
    cursor_ = chunk.cursor;
    owes_completion_ = !chunk.complete;
    return chunk;
}

FeedChunk FeedCursor::next_difference(const FeedLog& log, std::size_t max_bytes) {
    FeedChunk chunk;
    std::size_t taken = 0;
    while (!gone_.empty() && taken < max_bytes) {
        // Somebody may have created it again since; then its new version comes later in the same
        // batch, and order within a batch counts.
        chunk.removed_by_hash.push_back(gone_.back());
        gone_.pop_back();
        taken += sizeof(std::uint64_t);
    }
    while (!differences_.empty() && taken < max_bytes) {
        if (log.append(differences_.back(), chunk)) {
            taken += chunk.objects.empty() ? 0 : chunk.objects.back().size() + 4;
        }
        differences_.pop_back();
    }
    chunk.complete = gone_.empty() && differences_.empty() && cursor_ == log.head();
    chunk.cursor = cursor_;
    owes_completion_ = !chunk.complete;
    return chunk;
}

}  // namespace ferro::controller
