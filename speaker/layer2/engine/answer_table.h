// AnswerTable: who we are on the wire at one moment. Which addresses are answered, on which
// interfaces, with which hardware address. Made whole by the Announcer on the loop, never changed
// afterwards, read by the packet thread.
//
// A lookup is one hash and, because the table is at most half full and addressed linearly, rarely
// more than two neighbouring cells. A cell is 12 bytes: 10,000 addresses take 393 kB (32,768
// cells), whatever the number of services.
#pragma once

#include "core/base/ids.h"
#include "core/ip/address.h"
#include "speaker/layer2/engine/counters.h"
#include "speaker/layer2/engine/interface.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace ferro::layer2 {

/// Which interfaces an address is answered on: all that answer at all, or some.
struct InterfaceSet {
    bool all = true;
    std::vector<InterfaceIndex> some;  ///< sorted, unique; only when not `all`

    friend auto operator<=>(const InterfaceSet&, const InterfaceSet&) = default;
};

class AnswerTable {
  public:
    struct Entry {
        std::uint32_t slot = 0;           ///< in counters()
        std::uint32_t interface_set = 0;  ///< for answers_on
    };

    /// `responders`: the interfaces that answer at all. `expected` addresses may be added.
    AnswerTable(std::shared_ptr<AddressCounters> counters,
                const std::vector<Interface>& responders,
                std::size_t expected);

    /// Only while building, before the table is shared. Each address once, IPv4, at most as many as
    /// expected.
    void add(const ip::Address& address, std::uint32_t slot, const InterfaceSet& interfaces);

    /// Null when nobody here answers for it.
    [[nodiscard]] const Entry* find(const ip::Address& address) const;

    [[nodiscard]] bool answers_on(const Entry& entry, InterfaceIndex interface) const;

    /// Null when this interface does not answer at all.
    [[nodiscard]] const MacAddress* mac_of(InterfaceIndex interface) const;

    /// The interfaces that answer, ascending.
    [[nodiscard]] std::vector<InterfaceIndex> responders() const;

    /// Every address, in no order.
    void for_each(const std::function<void(const ip::Address&)>& visit) const;

    [[nodiscard]] AddressSlot& counters(const Entry& entry) const {
        return counters_->at(entry.slot);
    }

    [[nodiscard]] std::size_t size() const { return size_; }

    /// What the cells take, for the memory test.
    [[nodiscard]] std::size_t memory_bytes() const { return cells_.size() * sizeof(Cell); }

  private:
    /// 0.0.0.0 is never announced, so it marks a free cell.
    struct Cell {
        std::uint32_t address = 0;
        Entry entry;
    };

    struct Responder {
        InterfaceIndex index;
        MacAddress mac;
    };

    [[nodiscard]] std::size_t cell_of(std::uint32_t address) const;

    std::shared_ptr<AddressCounters> counters_;
    std::vector<Responder> responders_;  // by index
    std::vector<Cell> cells_;            // a power of two
    std::vector<InterfaceSet> sets_;
    std::map<InterfaceSet, std::uint32_t> set_numbers_;  // while building
    std::size_t size_ = 0;
};

}  // namespace ferro::layer2
