// Waiters: who could not be served, grouped so that a freed address wakes only those whom it may
// help (MetalLB asks everybody again, and not on every occasion: quirk Q31). Members of a group are
// alike to the allocator: when one of them is refused, so are the others, and nobody asks for them.
// With ten thousand services waiting on one full pool, a freed address costs two questions: one
// that is answered yes and one no.
//
// Among those woken the longest waiting comes first.
#pragma once

#include "core/pool/allocator.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ferro::controller {

/// What a service waits for, with everything that the allocator's answer depends on.
struct Wish {
    std::set<PoolName> pools;         ///< where a free or shareable address would do
    std::set<ip::Address> addresses;  ///< these very addresses; then `pools` is empty
    pool::Families families = pool::Families::ipv4;
    model::IpFamilyPolicy policy = model::IpFamilyPolicy::single_stack;
    std::string sharing_terms;
    /// Who shares is told apart by ports; empty for the others.
    std::vector<model::ServicePort> ports;
    friend auto operator<=>(const Wish&, const Wish&) = default;
};

class Waiters {
  public:
    using Sequence = std::uint64_t;

    /// `sequence` is unique to the service; who has the lowest has waited for longest. Replaces
    /// what the service waited for before.
    void add(const model::ServiceKey& service, Sequence sequence, Wish wish);

    void remove(const model::ServiceKey& service);

    void clear();

    [[nodiscard]] std::size_t size() const { return places_.size(); }

    [[nodiscard]] std::size_t groups() const { return groups_.size(); }

    /// Whether a pool still has a free address of a family.
    using HasGap = std::function<bool(const PoolName&, ip::Family)>;
    /// Tries one service; false when it goes on waiting for the same. Must not call back into these
    /// waiters: who waits for something else from now on is added after `wake`.
    using Serve = std::function<bool(const model::ServiceKey&)>;

    /// Lets everybody whom `freed` may help ask again, longest waiting first, and forgets those for
    /// whom `serve` was true.
    void wake(const pool::Freed& freed, const HasGap& has_gap, const Serve& serve);

  private:
    using Members = std::map<Sequence, model::ServiceKey>;
    using Groups = std::map<Wish, Members>;

    struct Place {
        Groups::iterator group;
        Sequence sequence = 0;
    };

    /// Groups by the sequence of their first member.
    using Queue = std::map<Sequence, Groups::iterator>;

    void collect(const pool::Freed& freed, Queue& by_gap, Queue& by_sharing);
    void serve_first(Queue& queue, const Serve& serve);
    void erase_group(Groups::iterator group);

    Groups groups_;
    std::unordered_map<model::ServiceKey, Place> places_;
    std::map<PoolName, std::map<const Wish*, Groups::iterator>> by_pool_;
    std::map<std::pair<PoolName, std::string>, std::map<const Wish*, Groups::iterator>> by_terms_;
    std::map<ip::Address, std::map<const Wish*, Groups::iterator>> by_address_;
};

}  // namespace ferro::controller
