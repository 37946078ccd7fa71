// FeedReceiver: the speaker's side of the feed without its transport. It gathers the parts of a
// batch, and when the batch is whole says what changed.
//
// Of each object it keeps 16 bytes, a digest; the objects themselves belong to whoever takes the
// batches. The digests serve two purposes: a controller that does not know our version asks for
// them and sends only the differences, and what it sends is compared with them, so that an object
// which is what it was is no change. Whatever way a connection takes (cut, resumed, begun from
// nothing), the taker sees exactly the differences between two whole states.
//
// Threads: none of its own; the owner's. Time does not enter.
#pragma once

#include "core/base/result.h"
#include "core/model/digest.h"
#include "core/model/objects.h"
#include "speaker/feed/digest_set.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

namespace ferro::feed {

namespace v1 {
class Part;
}  // namespace v1

class FeedReceiver {
  public:
    struct Limits {
        /// Encoded size of one unfinished batch: a hundred thousand services are about 40 MB.
        std::size_t staged_bytes = std::size_t{512} * 1024 * 1024;
    };

    struct Counters {
        std::uint64_t unknown_kinds = 0;  ///< objects skipped: a newer controller's
        std::uint64_t unresolved_names =
            0;  ///< removals by hash of an object that the taker does not have
        std::uint64_t unchanged = 0;  ///< objects that came and were what they had been
    };

    using VisitRef = std::function<void(const model::ObjectRef&)>;
    /// Names every object that the taker holds.
    using ForEachHeld = std::function<void(const VisitRef&)>;

    FeedReceiver(Limits limits, ForEachHeld for_each_held);

    /// A Start came: what was gathered is void, and the next whole batch counts in `epoch`.
    void begin(std::uint64_t epoch);

    /// True when the part ended its batch: take it. *Errors*: invalid_input, resource_exhausted;
    /// the connection is of no more use then, the state is as before the batch.
    Result<bool> add(const v1::Part& part);

    /// The differences, in the order of model::Kind and by key within a kind. Call once after add()
    /// said true.
    std::vector<model::Change> take_batch();

    /// Of the last whole batch; 0 = none yet.
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

    [[nodiscard]] std::uint64_t version() const { return version_; }

    /// What the taker holds.
    [[nodiscard]] const std::vector<model::Digest>& digests() const { return held_.all(); }

    [[nodiscard]] const Counters& counters() const { return counters_; }

  private:
    struct Staged {
        model::Change change;  // no object = gone
        std::uint64_t content = 0;
        bool name_known = true;  // false: removed by hash, the name is to be found
    };

    Result<void> stage(const std::string& bytes);
    void find_names();

    Limits limits_;
    ForEachHeld for_each_held_;
    Counters counters_;
    std::uint64_t epoch_ = 0;
    std::uint64_t version_ = 0;
    std::uint64_t offered_epoch_ = 0;
    std::uint64_t offered_version_ = 0;
    bool begun_ = false;
    DigestSet held_;
    std::unordered_map<std::uint64_t, Staged> staged_;
    std::size_t staged_bytes_ = 0;
};

}  // namespace ferro::feed
