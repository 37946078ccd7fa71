#include "core/election/election.h"

#include "core/base/check.h"
#include "core/election/sha256.h"

#include <algorithm>
#include <string>

namespace ferro::election {
namespace {

/// Hashes node + "#" + ip for one address and many nodes; the buffer is kept between nodes.
class NodeHash {
  public:
    explicit NodeHash(ip::Address address) : suffix_("#" + address.to_string()) {}

    Digest operator()(std::string_view node) {
        buffer_.assign(node);
        buffer_ += suffix_;
        return sha256(buffer_);
    }

  private:
    std::string suffix_;
    std::string buffer_;
};

class HashPolicy final : public Policy {
  public:
    [[nodiscard]] const char* name() const override { return "hash"; }

    [[nodiscard]] std::vector<Candidate> rank(
        ip::Address address, std::span<const Candidate> candidates) const override {
        struct Ranked {
            Candidate candidate;
            Digest digest;
        };

        NodeHash hash(address);
        std::vector<Ranked> ranked;
        ranked.reserve(candidates.size());
        for (const Candidate& candidate : candidates) {
            ranked.push_back(Ranked{candidate, hash(candidate.node)});
        }
        std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
            return a.candidate.score != b.candidate.score ? a.candidate.score > b.candidate.score
                                                          : a.digest < b.digest;
        });
        std::vector<Candidate> order;
        order.reserve(ranked.size());
        for (const Ranked& entry : ranked) {
            order.push_back(entry.candidate);
        }
        return order;
    }

    [[nodiscard]] std::size_t winner(ip::Address address,
                                     std::span<const Candidate> candidates) const override {
        CHECK(!candidates.empty(), "an election needs a candidate");
        const std::int32_t best_score =
            std::max_element(
                candidates.begin(),
                candidates.end(),
                [](const Candidate& a, const Candidate& b) { return a.score < b.score; })
                ->score;
        // Only the preferred ones are hashed: one compression each is the cost of an election.
        NodeHash hash(address);
        std::size_t best = candidates.size();
        Digest best_digest{};
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            if (candidates[i].score != best_score) {
                continue;
            }
            const Digest digest = hash(candidates[i].node);
            if (best == candidates.size() || digest < best_digest) {
                best = i;
                best_digest = digest;
            }
        }
        return best;
    }

    [[nodiscard]] bool is_pairwise() const override { return true; }
};

}  // namespace

std::shared_ptr<const Policy> hash_policy() {
    return std::make_shared<const HashPolicy>();
}

}  // namespace ferro::election
