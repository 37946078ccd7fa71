#include "speaker/layer2/io/kernel_filter.h"

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <utility>

namespace ferro::layer2 {

namespace {

using Program = std::vector<FilterInstruction>;

constexpr std::uint32_t kDrop = 0;
constexpr std::uint32_t kWhole = 0xFFFF;

/// The kernel's "ancillary" loads are addressed by small negative numbers.
constexpr std::uint32_t ancillary(int field) {
    return static_cast<std::uint32_t>(SKF_AD_OFF + field);
}

void load(Program& program, std::uint16_t size, std::uint32_t offset) {
    program.push_back({static_cast<std::uint16_t>(BPF_LD | BPF_ABS | size), 0, 0, offset});
}

void give(Program& program, std::uint32_t length) {
    program.push_back({BPF_RET | BPF_K, 0, 0, length});
}

/// Goes on with the next instruction but one when the comparison holds: the one between says what
/// happens when it does not.
void skip_if(Program& program, std::uint16_t comparison, std::uint32_t operand) {
    program.push_back({static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), 1, 0, operand});
}

void require_half(Program& program, std::uint32_t offset, std::uint32_t value) {
    load(program, BPF_H, offset);
    skip_if(program, BPF_JEQ, value);
    give(program, kDrop);
}

/// Goes on behind the whole list when the loaded value is in it.
void require_one_of(Program& program, const std::vector<std::uint32_t>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto behind = static_cast<std::uint8_t>(values.size() - i);
        program.push_back({BPF_JMP | BPF_JEQ | BPF_K, behind, 0, values[i]});
    }
    give(program, kDrop);
}

struct AddressRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};

/// At most kMaxFilterRanges ranges, ascending, that cover all `addresses`.
std::vector<AddressRange> ranges_over(std::vector<std::uint32_t> addresses) {
    std::sort(addresses.begin(), addresses.end());
    std::vector<AddressRange> runs;
    for (const std::uint32_t address : addresses) {
        if (!runs.empty() && address - runs.back().last <= 1) {
            runs.back().last = address;
        } else {
            runs.push_back({address, address});
        }
    }
    if (runs.size() <= kMaxFilterRanges) {
        return runs;
    }
    std::vector<std::uint32_t> gaps;
    for (std::size_t i = 1; i < runs.size(); ++i) {
        gaps.push_back(runs[i].first - runs[i - 1].last);
    }
    // Gaps wider than the 64th widest stay; equal ones may all be joined, which is only coarser.
    std::nth_element(
        gaps.begin(), gaps.begin() + kMaxFilterRanges - 1, gaps.end(), std::greater<>());
    const std::uint32_t join_up_to = gaps[kMaxFilterRanges - 1];
    std::vector<AddressRange> joined = {runs.front()};
    for (std::size_t i = 1; i < runs.size(); ++i) {
        if (runs[i].first - joined.back().last <= join_up_to) {
            joined.back().last = runs[i].last;
        } else {
            joined.push_back(runs[i]);
        }
    }
    return joined;
}

void require_addresses(Program& program, const std::vector<AddressRange>& ranges) {
    load(program, BPF_W, 38);
    for (const AddressRange& range : ranges) {
        skip_if(program, BPF_JGE, range.first);
        give(program, kDrop);  // ascending: below this range is below all that follow
        skip_if(program, BPF_JGT, range.last);
        give(program, kWhole);
    }
    give(program, kDrop);
}

}  // namespace

// Offsets are those of wire/arp.h. A load beyond a short frame's end drops it.
std::vector<FilterInstruction> build_filter(const AnswerTable& table) {
    Program program;
    load(program, BPF_W, ancillary(SKF_AD_PKTTYPE));
    require_one_of(program, {PACKET_HOST, PACKET_BROADCAST});
    require_half(program, 14, 1);
    require_half(program, 16, 0x0800);
    require_half(program, 18, 0x0604);
    require_half(program, 20, 1);
    load(program, BPF_W, 28);
    program.push_back({BPF_MISC | BPF_TAX, 0, 0, 0});
    load(program, BPF_W, 38);
    program.push_back({BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0});
    give(program, kDrop);
    std::vector<std::uint32_t> interfaces;
    for (const InterfaceIndex index : table.responders()) {
        interfaces.push_back(static_cast<std::uint32_t>(index.value));
    }
    if (interfaces.size() <= kMaxFilterInterfaces) {
        load(program, BPF_W, ancillary(SKF_AD_IFINDEX));
        require_one_of(program, interfaces);
    }
    std::vector<std::uint32_t> addresses;
    addresses.reserve(table.size());
    table.for_each([&](const ip::Address& address) { addresses.push_back(address.ipv4()); });
    require_addresses(program, ranges_over(std::move(addresses)));
    return program;
}

}  // namespace ferro::layer2
