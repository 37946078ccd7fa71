#include "netlink/link_table.h"

#include <algorithm>

namespace ferro::netlink {

void LinkTable::apply(const KernelMessage& message) {
    if (const auto* seen = std::get_if<LinkSeen>(&message)) {
        apply_link(seen->link);
    } else if (const auto* gone = std::get_if<LinkGone>(&message)) {
        apply_gone(gone->index);
    } else if (const auto* added = std::get_if<AddressSeen>(&message)) {
        const InterfaceAddress& held = added->address;
        addresses_[added->index][{held.address, held.prefix_length, added->peer}] = held.tentative;
        touched_.insert(added->index);
    } else if (const auto* lost = std::get_if<AddressGone>(&message)) {
        const auto of_link = addresses_.find(lost->index);
        if (of_link != addresses_.end()) {
            const InterfaceAddress& held = lost->address;
            of_link->second.erase({held.address, held.prefix_length, lost->peer});
            touched_.insert(lost->index);
        }
    }
}

void LinkTable::apply_link(const Link& link) {
    const auto known = links_.find(link.index);
    const bool flapped = known != links_.end() &&
                         (known->second.up != link.up || known->second.running != link.running);
    links_[link.index] = link;
    touched_.insert(link.index);
    if (flapped) {
        settle(link.index);
    }
}

void LinkTable::apply_gone(InterfaceIndex index) {
    links_.erase(index);
    addresses_.erase(index);
    settle(index);
    touched_.erase(index);
}

void LinkTable::restart() {
    links_.clear();
    addresses_.clear();
    for (const auto& [index, link] : published_) {
        touched_.insert(index);
    }
}

std::vector<LinkEvent> LinkTable::drain_events() {
    for (const InterfaceIndex index : touched_) {
        settle(index);
    }
    touched_.clear();
    return std::exchange(events_, {});
}

// Publishes the difference between what is known of one link and what was told.
void LinkTable::settle(InterfaceIndex index) {
    const auto known = links_.find(index);
    const auto told = published_.find(index);
    if (known == links_.end()) {
        if (told != published_.end()) {
            published_.erase(told);
            events_.push_back(LinkRemoved{index});
        }
        return;
    }
    Link now = assembled(known->second);
    if (told != published_.end() && told->second == now) {
        return;
    }
    published_[index] = now;
    events_.push_back(LinkChanged{std::move(now)});
}

Link LinkTable::assembled(const Link& link) const {
    Link whole = link;
    const auto of_link = addresses_.find(link.index);
    if (of_link != addresses_.end()) {
        for (const auto& [key, tentative] : of_link->second) {
            whole.addresses.push_back({std::get<0>(key), std::get<1>(key), tentative});
        }
        // Two peers of one local address make two entries of the kernel's, and one of ours.
        whole.addresses.erase(std::unique(whole.addresses.begin(), whole.addresses.end()),
                              whole.addresses.end());
    }
    return whole;
}

std::vector<Link> LinkTable::published() const {
    std::vector<Link> links;
    for (const auto& [index, link] : published_) {
        links.push_back(link);
    }
    return links;
}

}  // namespace ferro::netlink
