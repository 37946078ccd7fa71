#include "speaker/layer2/engine/decision.h"

namespace ferro::layer2 {

const char* to_string(DropReason reason) {
    switch (reason) {
        case DropReason::none:
            return "none";
        case DropReason::malformed:
            return "malformed";
        case DropReason::not_request:
            return "not_request";
        case DropReason::interface_not_served:
            return "interface_not_served";
        case DropReason::not_for_us:
            return "not_for_us";
        case DropReason::gratuitous_from_other:
            return "gratuitous_from_other";
        case DropReason::not_our_address:
            return "not_our_address";
        case DropReason::wrong_interface:
            return "wrong_interface";
    }
    return "none";
}

Decision decide(const AnswerTable& table,
                InterfaceIndex interface,
                std::span<const std::uint8_t> frame) {
    const auto drop = [](DropReason reason) {
        return Decision{.drop = reason, .entry = nullptr, .reply = {}};
    };
    const auto request = parse_arp(frame);
    if (!request) {
        return drop(DropReason::malformed);
    }
    if (request->operation != kArpRequest) {
        return drop(DropReason::not_request);
    }
    const MacAddress* const mac = table.mac_of(interface);
    if (mac == nullptr) {
        return drop(DropReason::interface_not_served);
    }
    if (request->ethernet_destination != MacAddress::broadcast() &&
        request->ethernet_destination != *mac) {
        return drop(DropReason::not_for_us);
    }
    if (request->sender_ip == request->target_ip) {
        return drop(DropReason::gratuitous_from_other);
    }
    const AnswerTable::Entry* const entry = table.find(request->target_ip);
    if (entry == nullptr) {
        return drop(DropReason::not_our_address);
    }
    if (!table.answers_on(*entry, interface)) {
        return drop(DropReason::wrong_interface);
    }
    return Decision{.drop = DropReason::none, .entry = entry, .reply = reply_to(*request, *mac)};
}

}  // namespace ferro::layer2
