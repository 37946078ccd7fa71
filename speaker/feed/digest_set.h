// DigestSet: digests by their object's name, 16 bytes each in one sorted array. A hash table would
// take three to four times as much; changes come in batches, and merging a batch is one pass.
#pragma once

#include "core/model/digest.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ferro::feed {

class DigestSet {
  public:
    /// The content digest under a name's.
    [[nodiscard]] std::optional<std::uint64_t> find(std::uint64_t ref) const;

    struct Edit {
        std::uint64_t ref = 0;
        std::optional<std::uint64_t> content;  ///< nothing = remove
    };

    /// Applies edits of distinct names. *Cost*: O(n + k log k); in place when no name comes or
    /// goes.
    void apply(std::vector<Edit> edits);

    /// Ascending by name.
    [[nodiscard]] const std::vector<model::Digest>& all() const { return digests_; }

  private:
    std::vector<model::Digest> digests_;
};

}  // namespace ferro::feed
