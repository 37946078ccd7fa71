#include "speaker/feed/digest_set.h"

#include <algorithm>
#include <utility>

namespace ferro::feed {
namespace {

bool before(const model::Digest& digest, std::uint64_t ref) {
    return digest.ref < ref;
}

}  // namespace

std::optional<std::uint64_t> DigestSet::find(std::uint64_t ref) const {
    const auto found = std::lower_bound(digests_.begin(), digests_.end(), ref, before);
    if (found == digests_.end() || found->ref != ref) {
        return std::nullopt;
    }
    return found->content;
}

void DigestSet::apply(std::vector<Edit> edits) {
    // Most batches change objects that are there: those are overwritten, only the rest is merged.
    std::erase_if(edits, [this](const Edit& edit) {
        const auto found = std::lower_bound(digests_.begin(), digests_.end(), edit.ref, before);
        const bool there = found != digests_.end() && found->ref == edit.ref;
        if (there && edit.content) {
            found->content = *edit.content;
            return true;
        }
        return !there && !edit.content;
    });
    if (edits.empty()) {
        return;
    }
    std::sort(
        edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.ref < b.ref; });
    std::vector<model::Digest> merged;
    merged.reserve(digests_.size() + edits.size());
    auto edit = edits.begin();
    for (const model::Digest& digest : digests_) {
        for (; edit != edits.end() && edit->ref < digest.ref; ++edit) {
            merged.push_back({.ref = edit->ref, .content = edit->content.value_or(0)});
        }
        if (edit != edits.end() && edit->ref == digest.ref) {
            ++edit;  // a removal: changes in place were done above
        } else {
            merged.push_back(digest);
        }
    }
    for (; edit != edits.end(); ++edit) {
        merged.push_back({.ref = edit->ref, .content = edit->content.value_or(0)});
    }
    digests_ = std::move(merged);
}

}  // namespace ferro::feed
