// What to do with one received frame. Pure: the packet thread asks, counts the answer and sends.
#pragma once

#include "core/base/ids.h"
#include "speaker/layer2/engine/answer_table.h"
#include "speaker/layer2/wire/arp.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ferro::layer2 {

/// Why a frame gets no answer, in the order in which it is asked (spec 3.9). The word goes to the
/// metric, the log and the tests.
enum class DropReason : std::uint8_t {
    none,                   ///< it is answered
    malformed,              ///< no ARP for IPv4 over Ethernet (wire/arp.h's ParseError)
    not_request,            ///< operation other than 1
    interface_not_served,   ///< this interface answers nothing: excluded, enslaved, down, unknown
    not_for_us,             ///< Ethernet destination neither broadcast nor ours
    gratuitous_from_other,  ///< sender IP = target IP: an announcement, not a question
    not_our_address,        ///< nobody here answers for the target IP
    wrong_interface,        ///< we answer for it, but not on this interface
};

inline constexpr std::size_t kDropReasonCount = 8;

/// The enumerator's word.
const char* to_string(DropReason reason);

struct Decision {
    DropReason drop = DropReason::none;
    /// These two only when `drop` is none.
    const AnswerTable::Entry* entry = nullptr;
    ArpFrame reply;
};

/// Decides on `frame`, received on `interface`. Probes (sender 0.0.0.0) are answered, as MetalLB
/// does. A frame whose sender IP is its target IP is not, where MetalLB defends the address: such a
/// frame is the new owner's announcement, and an answer would pull the switch's and the neighbours'
/// tables back to the old one (spec/frr.md section 3 saw it happen; docs/compat.md).
/// `entry` points into `table`.
Decision decide(const AnswerTable& table,
                InterfaceIndex interface,
                std::span<const std::uint8_t> frame);

}  // namespace ferro::layer2
