// Election: which of several nodes answers for an address. A policy is a pure function of what all
// speakers see alike (the candidates, their preference scores, the address), so that they agree
// without talking. `hash_policy` is MetalLB's order, bit for bit, and the default; others can
// follow behind the same seam.
// Compatible with: MetalLB 0.15, speaker/layer2_controller.go (ShouldAnnounce).
#pragma once

#include "core/ip/address.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace ferro::election {

/// A node that may answer. The name is a view: its owner outlives the call.
struct Candidate {
    std::string_view node;
    std::int32_t score = 0;  ///< sum of the matching preference weights; higher is preferred
    friend bool operator==(const Candidate&, const Candidate&) = default;
};

class Policy {
  public:
    Policy() = default;
    Policy(const Policy&) = delete;
    Policy& operator=(const Policy&) = delete;
    virtual ~Policy() = default;

    /// The policy's word in logs and in `explain`.
    [[nodiscard]] virtual const char* name() const = 0;

    /// The candidates, best first. Depends on the arguments alone, not on the candidates' order.
    [[nodiscard]] virtual std::vector<Candidate> rank(
        ip::Address address, std::span<const Candidate> candidates) const = 0;

    /// Index of the candidate that rank() puts first; `candidates` is not empty (CHECK).
    [[nodiscard]] virtual std::size_t winner(ip::Address address,
                                             std::span<const Candidate> candidates) const = 0;

    /// Whether the order of two candidates depends on these two alone. Then the loss of a loser, or
    /// the arrival of one that the winner beats, changes no owner, and the planner skips the
    /// service.
    [[nodiscard]] virtual bool is_pairwise() const = 0;
};

/// MetalLB's order: score descending, then ascending by the bytes of SHA-256 over node + "#" + ip
/// (the address as Go prints it: dotted quad, or RFC 5952).
std::shared_ptr<const Policy> hash_policy();

}  // namespace ferro::election
