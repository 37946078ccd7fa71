#include "speaker/layer2/engine/counters.h"

namespace ferro::layer2 {

AddressCounters::AddressCounters() {
    chunks_[0] = std::make_unique<Chunk>();  // slot 0 always exists
}

std::uint32_t AddressCounters::slot_for(const ip::Address& address) {
    if (const auto known = slots_.find(address); known != slots_.end()) {
        return known->second;
    }
    const auto slot = static_cast<std::uint32_t>(slots_.size() + 1);
    if (slot >= kChunkSize * kChunkCount) {
        return 0;
    }
    if (chunks_[slot / kChunkSize] == nullptr) {
        chunks_[slot / kChunkSize] = std::make_unique<Chunk>();
    }
    slots_.emplace(address, slot);
    return slot;
}

void AddressCounters::for_each(
    const std::function<void(const ip::Address&, const AddressSlot&)>& visit) const {
    for (const auto& [address, slot] : slots_) {
        visit(address, (*chunks_[slot / kChunkSize])[slot % kChunkSize]);
    }
}

}  // namespace ferro::layer2
