// AddressCounters: MetalLB's three counters per address (spec 5.3), kept for the life of the
// process even when an address is withdrawn, as MetalLB does.
//
// A slot is found once, when an address is announced, and its number travels in the answer table:
// counting a packet is one addition, without a lock or a lookup.
//
// Threads: slot_for and for_each on the loop. Slots may be counted from the packet thread: a slot's
// chunk is made before the table that names it is published, and never moves. Each counter has one
// writer (requests and responses the packet thread, gratuitous the loop), so a relaxed load and
// store is enough and needs no locked instruction.
#pragma once

#include "core/ip/address.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace ferro::layer2 {

/// A counter with one writer.
class Counter {
  public:
    void add(std::uint64_t amount = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }

    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

/// What is counted for one address. Gratuitous counts packets: two for each ARP announcement on
/// each interface.
struct AddressSlot {
    Counter requests_received;
    Counter responses_sent;
    Counter gratuitous_sent;
};

class AddressCounters {
  public:
    /// 262,144 addresses. Beyond that further ones share slot 0, which for_each leaves out.
    static constexpr std::uint32_t kChunkSize = 256;
    static constexpr std::uint32_t kChunkCount = 1024;

    AddressCounters();

    /// The address's slot number, a new one for a new address.
    std::uint32_t slot_for(const ip::Address& address);

    /// `slot` must come from slot_for.
    AddressSlot& at(std::uint32_t slot) { return (*chunks_[slot / kChunkSize])[slot % kChunkSize]; }

    /// Every address that was ever announced, in no order.
    void for_each(const std::function<void(const ip::Address&, const AddressSlot&)>& visit) const;

  private:
    using Chunk = std::array<AddressSlot, kChunkSize>;

    std::array<std::unique_ptr<Chunk>, kChunkCount> chunks_;
    std::unordered_map<ip::Address, std::uint32_t> slots_;
};

}  // namespace ferro::layer2
