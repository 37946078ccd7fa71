#include "speaker/layer2/engine/answer_table.h"

#include "core/base/check.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace ferro::layer2 {

AnswerTable::AnswerTable(std::shared_ptr<AddressCounters> counters,
                         const std::vector<Interface>& responders,
                         std::size_t expected)
    : counters_(std::move(counters)),
      cells_(std::bit_ceil(std::max<std::size_t>(2 * expected, 2))) {
    for (const Interface& interface : responders) {
        responders_.push_back({interface.index, interface.mac});
    }
    std::sort(responders_.begin(), responders_.end(), [](const auto& a, const auto& b) {
        return a.index < b.index;
    });
}

// Pool addresses are consecutive; multiplying by 2^32 over the golden ratio spreads runs evenly
// over the upper bits.
std::size_t AnswerTable::cell_of(std::uint32_t address) const {
    const std::uint32_t mixed = address * 0x9E3779B9U;
    return (static_cast<std::uint64_t>(mixed) * cells_.size()) >> 32U;
}

void AnswerTable::add(const ip::Address& address,
                      std::uint32_t slot,
                      const InterfaceSet& interfaces) {
    CHECK(address.is_ipv4() && address.ipv4() != 0, "the announcer refuses other addresses");
    CHECK(2 * (size_ + 1) <= cells_.size(), "the announcer says how many addresses it has");
    const auto [known, fresh] =
        set_numbers_.emplace(interfaces, static_cast<std::uint32_t>(sets_.size()));
    if (fresh) {
        sets_.push_back(interfaces);
    }
    std::size_t at = cell_of(address.ipv4());
    while (cells_[at].address != 0) {
        at = (at + 1) & (cells_.size() - 1);
    }
    cells_[at] = {address.ipv4(), {slot, known->second}};
    ++size_;
}

const AnswerTable::Entry* AnswerTable::find(const ip::Address& address) const {
    if (!address.is_ipv4() || address.ipv4() == 0) {
        return nullptr;
    }
    std::size_t at = cell_of(address.ipv4());
    while (cells_[at].address != 0) {
        if (cells_[at].address == address.ipv4()) {
            return &cells_[at].entry;
        }
        at = (at + 1) & (cells_.size() - 1);
    }
    return nullptr;
}

bool AnswerTable::answers_on(const Entry& entry, InterfaceIndex interface) const {
    const InterfaceSet& set = sets_[entry.interface_set];
    return set.all || std::binary_search(set.some.begin(), set.some.end(), interface);
}

const MacAddress* AnswerTable::mac_of(InterfaceIndex interface) const {
    const auto found = std::lower_bound(
        responders_.begin(),
        responders_.end(),
        interface,
        [](const Responder& responder, InterfaceIndex index) { return responder.index < index; });
    return found != responders_.end() && found->index == interface ? &found->mac : nullptr;
}

std::vector<InterfaceIndex> AnswerTable::responders() const {
    std::vector<InterfaceIndex> indexes;
    for (const Responder& responder : responders_) {
        indexes.push_back(responder.index);
    }
    return indexes;
}

void AnswerTable::for_each(const std::function<void(const ip::Address&)>& visit) const {
    for (const Cell& cell : cells_) {
        if (cell.address != 0) {
            visit(ip::Address::from_ipv4(cell.address));
        }
    }
}

}  // namespace ferro::layer2
