#include "speaker/feed/receiver.h"

#include "core/base/check.h"
#include "proto/feed.pb.h"
#include "proto/feed_objects.h"
#include "proto/feed_report.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace ferro::feed {

FeedReceiver::FeedReceiver(Limits limits, ForEachHeld for_each_held)
    : limits_(limits), for_each_held_(std::move(for_each_held)) {}

void FeedReceiver::begin(std::uint64_t epoch) {
    staged_ = {};
    staged_bytes_ = 0;
    offered_epoch_ = epoch;
    offered_version_ = 0;
    begun_ = true;
}

Result<bool> FeedReceiver::add(const v1::Part& part) {
    if (!begun_) {
        return Error{ErrorCode::invalid_input, "a part of the feed came before its start"};
    }
    // A removal is counted as what its entry takes here.
    staged_bytes_ +=
        128 * static_cast<std::size_t>(part.removed_size() + part.removed_by_hash_size());
    for (const std::uint64_t ref : part.removed_by_hash()) {
        staged_[ref] = {.change = {}, .content = 0, .name_known = false};
    }
    for (const v1::Ref& wire : part.removed()) {
        auto ref = read_ref(wire);
        if (!ref) {
            ++counters_.unknown_kinds;
            continue;
        }
        const std::uint64_t hash = model::digest_of(*ref);
        staged_[hash] = {.change = {.ref = std::move(*ref), .object = nullptr}};
    }
    for (const std::string& bytes : part.objects()) {
        TRY_VOID(stage(bytes));
    }
    offered_version_ = part.complete_up_to();
    return offered_version_ != 0;
}

Result<void> FeedReceiver::stage(const std::string& bytes) {
    staged_bytes_ += bytes.size();
    if (staged_bytes_ > limits_.staged_bytes) {
        return Error{ErrorCode::resource_exhausted,
                     "one batch of the feed is larger than this speaker takes"};
    }
    auto object = decode_object(bytes);
    if (!object) {
        if (object.error().code == ErrorCode::not_found) {
            ++counters_.unknown_kinds;
            return {};
        }
        return object.error().in("reading the feed");
    }
    model::ObjectRef ref = model::ref_of(*object);
    const std::uint64_t hash = model::digest_of(ref);
    staged_[hash] = {
        .change = {.ref = std::move(ref),
                   .object = std::make_shared<const model::Object>(std::move(*object))},
        .content = model::digest_of(bytes)};
    return {};
}

void FeedReceiver::find_names() {
    const bool wanted = std::any_of(
        staged_.begin(), staged_.end(), [](const auto& entry) { return !entry.second.name_known; });
    if (!wanted) {
        return;
    }
    for_each_held_([this](const model::ObjectRef& ref) {
        const auto found = staged_.find(model::digest_of(ref));
        if (found != staged_.end() && !found->second.name_known) {
            found->second.change.ref = ref;
            found->second.name_known = true;
        }
    });
}

std::vector<model::Change> FeedReceiver::take_batch() {
    CHECK(offered_version_ != 0, "a batch is taken when it is whole");
    find_names();
    std::vector<model::Change> changes;
    std::vector<DigestSet::Edit> edits;
    for (auto& [hash, staged] : staged_) {
        const auto content = held_.find(hash);
        if (staged.change.object == nullptr) {
            if (!content) {
                continue;
            }
            edits.push_back({.ref = hash, .content = std::nullopt});
            if (!staged.name_known) {
                ++counters_.unresolved_names;
                continue;
            }
        } else if (content == staged.content) {
            ++counters_.unchanged;
            continue;
        } else {
            edits.push_back({.ref = hash, .content = staged.content});
        }
        changes.push_back(std::move(staged.change));
    }
    held_.apply(std::move(edits));
    staged_ = {};
    staged_bytes_ = 0;
    epoch_ = offered_epoch_;
    version_ = std::exchange(offered_version_, 0);
    std::sort(changes.begin(), changes.end(), [](const model::Change& a, const model::Change& b) {
        return a.ref < b.ref;
    });
    return changes;
}

}  // namespace ferro::feed
