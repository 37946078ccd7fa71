#include "controller/engine/feed_log.h"

#include "core/base/check.h"

#include <algorithm>
#include <utility>

namespace ferro::controller {

void FeedLog::put(const model::ObjectRef& ref, std::string bytes) {
    Pending& pending = pending_of(ref);
    pending.bytes = std::move(bytes);
    pending.removed.reset();
}

void FeedLog::remove(const model::ObjectRef& ref) {
    Pending& pending = pending_of(ref);
    pending.bytes.clear();
    pending.removed = std::make_unique<const model::ObjectRef>(ref);
}

FeedLog::Pending& FeedLog::pending_of(const model::ObjectRef& ref) {
    const std::uint64_t ref_hash = model::digest_of(ref);
    const auto [place, added] = pending_index_.try_emplace(ref_hash, pending_.size());
    if (added) {
        pending_.push_back({.ref_hash = ref_hash, .bytes = {}, .removed = nullptr});
    }
    return pending_[place->second];
}

FeedVersion FeedLog::commit() {
    const FeedVersion before = head_;
    for (Pending& change : pending_) {
        apply(std::move(change));
    }
    // Swapped, not cleared: the first commit is a whole cluster, and its capacity is not needed
    // again.
    std::vector<Pending>().swap(pending_);
    pending_index_ = {};
    if (before == 0 && head_ == 0) {
        head_ = 1;
    }
    forget_old_tombstones();
    compact();
    return head_;
}

void FeedLog::apply(Pending&& change) {
    const bool removal = change.removed != nullptr;
    const std::uint64_t content = removal ? 0 : model::digest_of(change.bytes);
    const auto found = entries_.find(change.ref_hash);
    const bool there = found != entries_.end() && found->second.removed == nullptr;
    if (removal
            ? !there
            : there && found->second.content == content && found->second.bytes == change.bytes) {
        return;
    }
    Entry& entry = entries_[change.ref_hash];
    if (entry.removed != nullptr) {
        --tombstone_count_;
    }
    bytes_ -= entry.bytes.size();
    entry.version = ++head_;
    entry.content = content;
    change.bytes.shrink_to_fit();
    entry.bytes = std::move(change.bytes);
    entry.removed = std::move(change.removed);
    bytes_ += entry.bytes.size();
    const Slot slot{.version = entry.version, .ref_hash = change.ref_hash};
    order_.push_back(slot);
    if (removal) {
        ++tombstone_count_;
        tombstones_.push_back(slot);
    }
}

void FeedLog::forget_old_tombstones() {
    // A slot is stale when its object came back. Stale ones at the front go, so the deque is no
    // longer than the slots between its oldest living tombstone and now; the second condition
    // bounds it when that one never dies.
    while (!tombstones_.empty() &&
           (live(tombstones_.front()) == nullptr || tombstone_count_ > limits_.tombstones ||
            tombstones_.size() > 2 * limits_.tombstones)) {
        const Slot oldest = tombstones_.front();
        tombstones_.pop_front();
        if (live(oldest) != nullptr) {
            oldest_cursor_ = oldest.version;
            entries_.erase(oldest.ref_hash);
            --tombstone_count_;
        }
    }
}

void FeedLog::compact() {
    // Half of the slots may be stale before the work is worth it: amortised, a constant per change.
    if (order_.size() > 64 && order_.size() > 2 * entries_.size()) {
        std::erase_if(order_, [this](const Slot& slot) { return live(slot) == nullptr; });
        order_.shrink_to_fit();
    }
}

const FeedLog::Entry* FeedLog::live(const Slot& slot) const {
    const auto found = entries_.find(slot.ref_hash);
    return found != entries_.end() && found->second.version == slot.version ? &found->second
                                                                            : nullptr;
}

std::size_t FeedLog::append_entry(const Entry& entry, FeedChunk& chunk) {
    if (entry.removed != nullptr) {
        chunk.removed.push_back(entry.removed.get());
        return entry.removed->key.namespace_name.size() + entry.removed->key.name.size() + 8;
    }
    chunk.objects.emplace_back(entry.bytes);
    return entry.bytes.size() + 4;
}

FeedChunk FeedLog::changes_since(FeedVersion cursor, std::size_t max_bytes) const {
    CHECK(can_resume(cursor), "a cursor is checked before it is used");
    FeedChunk chunk;
    chunk.cursor = head_;
    chunk.complete = true;
    auto slot = std::upper_bound(
        order_.begin(), order_.end(), cursor, [](FeedVersion version, const Slot& candidate) {
            return version < candidate.version;
        });
    std::size_t taken = 0;
    for (; slot != order_.end(); ++slot) {
        const Entry* entry = live(*slot);
        if (entry == nullptr) {
            continue;
        }
        if (taken > 0 && taken >= max_bytes) {
            chunk.cursor = slot->version - 1;
            chunk.complete = false;
            break;
        }
        taken += append_entry(*entry, chunk);
    }
    return chunk;
}

bool FeedLog::append(FeedVersion version, FeedChunk& chunk) const {
    const auto slot = std::lower_bound(
        order_.begin(), order_.end(), version, [](const Slot& candidate, FeedVersion wanted) {
            return candidate.version < wanted;
        });
    if (slot == order_.end() || slot->version != version) {
        return false;
    }
    const Entry* entry = live(*slot);
    if (entry == nullptr) {
        return false;
    }
    append_entry(*entry, chunk);
    return true;
}

std::vector<FeedLog::Held> FeedLog::objects() const {
    std::vector<Held> held;
    held.reserve(object_count());
    for (const Slot& slot : order_) {
        const Entry* entry = live(slot);
        if (entry != nullptr && entry->removed == nullptr) {
            held.push_back({.version = slot.version,
                            .digest = {.ref = slot.ref_hash, .content = entry->content}});
        }
    }
    return held;
}

bool FeedLog::holds(std::uint64_t ref_hash) const {
    const auto found = entries_.find(ref_hash);
    return found != entries_.end() && found->second.removed == nullptr;
}

}  // namespace ferro::controller
