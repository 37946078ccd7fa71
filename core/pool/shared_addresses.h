// SharedAddresses: the addresses of one pool and family that are held under the same sharing terms,
// in the order in which they are given out, and the question "which is the first whose ports do not
// collide with mine?". A thousand services with one key and one port would make that question a
// walk over a thousand addresses, so for each port a bound is kept below which the port is taken
// everywhere.
#pragma once

#include "core/pool/address_space.h"

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace ferro::pool {

/// A protocol and a port number in one word (allocator.h numbers the protocols).
using PortCode = std::uint64_t;

class SharedAddresses {
  public:
    void add(const Position& position);

    void remove(const Position& position) { positions_.erase(position); }

    /// `port` is no longer taken at `position`.
    void port_freed(const Position& position, PortCode port);

    [[nodiscard]] bool empty() const { return positions_.empty(); }

    /// The first position below `limit` (all, when there is none) at which `taken(position, port)`
    /// is false for each of `ports`.
    template <typename Taken>
    [[nodiscard]] std::optional<Position> first_without(const std::vector<PortCode>& ports,
                                                        const std::optional<Position>& limit,
                                                        Taken&& taken) {
        const std::optional<PortCode> worst = highest_bound(ports);
        auto at = worst ? positions_.lower_bound(bounds_[*worst]) : positions_.begin();
        bool only_worst = worst.has_value();  // so far each step was refused for that port
        for (; at != positions_.end() && (!limit || *at < *limit); ++at) {
            if (only_worst && taken(*at, *worst)) {
                continue;
            }
            if (only_worst) {
                bounds_[*worst] = *at;
                only_worst = false;
            }
            bool fits = true;
            for (const PortCode port : ports) {
                fits = fits && !taken(*at, port);
            }
            if (fits) {
                return *at;
            }
        }
        if (only_worst && at != positions_.end()) {
            bounds_[*worst] = *at;
        } else if (only_worst && !positions_.empty()) {
            // Taken everywhere: the bound stands on the last, where the next question looks once.
            bounds_[*worst] = *positions_.rbegin();
        }
        return std::nullopt;
    }

  private:
    /// The one of `ports` with the highest bound; makes a bound for a first-seen port.
    [[nodiscard]] std::optional<PortCode> highest_bound(const std::vector<PortCode>& ports);

    std::set<Position> positions_;
    /// Each position below the bound has the port taken.
    std::unordered_map<PortCode, Position> bounds_;
};

}  // namespace ferro::pool
