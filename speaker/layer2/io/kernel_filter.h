// The kernel's share of the work: a classic BPF program that lets only those frames wake us which
// we may have to answer. ARP requests for IPv4 over Ethernet, to everybody or to the interface's
// own MAC (by the kernel's own judgement of the packet's type, which also leaves out frames of
// VLANs that nobody here is in), on an interface that answers, no other host's announcement, and
// for an address in or near one of ours.
//
// Addresses are filtered by ranges, since a classic program has no hash: neighbouring addresses are
// one range, and when there are more than kMaxFilterRanges, those with the smallest gaps between
// them are joined. So the filter may let too much through, never too little; the answer table
// decides (engine/decision.h).
//
// Pure: a program from a table.
#pragma once

#include "speaker/layer2/engine/answer_table.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ferro::layer2 {

/// The kernel's struct sock_filter.
struct FilterInstruction {
    std::uint16_t code = 0;
    std::uint8_t jump_true = 0;
    std::uint8_t jump_false = 0;
    std::uint32_t operand = 0;

    friend bool operator==(const FilterInstruction&, const FilterInstruction&) = default;
};

/// 4 instructions each, far below the kernel's limit of 4,096.
inline constexpr std::size_t kMaxFilterRanges = 64;
/// With more interfaces than this that answer, none is filtered.
inline constexpr std::size_t kMaxFilterInterfaces = 64;

std::vector<FilterInstruction> build_filter(const AnswerTable& table);

}  // namespace ferro::layer2
