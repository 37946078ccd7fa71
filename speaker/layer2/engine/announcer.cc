#include "speaker/layer2/engine/announcer.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace ferro::layer2 {

const char* to_string(AnnounceResult result) {
    switch (result) {
        case AnnounceResult::announced:
            return "announced";
        case AnnounceResult::no_such_interface:
            return "no_such_interface";
        case AnnounceResult::ipv6_not_supported:
            return "ipv6_not_supported";
        case AnnounceResult::unspecified_address:
            return "unspecified_address";
    }
    return "announced";
}

const char* to_string(EventKind kind) {
    switch (kind) {
        case EventKind::announced:
            return "announced";
        case EventKind::withdrawn:
            return "withdrawn";
        case EventKind::announce_failed:
            return "announce_failed";
    }
    return "announced";
}

Announcer::Announcer()
    : counters_(std::make_shared<AddressCounters>()),
      choice_all_(std::make_shared<const InterfaceChoice>()),
      choice_last_(choice_all_) {}

// --- wishes

AnnounceResult Announcer::announce(const model::ServiceKey& service,
                                   const ip::Address& address,
                                   const InterfaceChoice& choice,
                                   Instant now) {
    if (address.is_ipv6()) {
        return AnnounceResult::ipv6_not_supported;
    }
    if (address.ipv4() == 0) {
        return AnnounceResult::unspecified_address;
    }
    const auto [at, fresh] = records_.try_emplace(address);
    Record& record = at->second;
    if (fresh) {
        record.slot = counters_->slot_for(address);
    }
    Claim& claim = claim_of(record, service, address);
    claim.wanted = share(choice);
    if (!can_hold(choice)) {
        return fail(claim, address);
    }
    hold(claim, address);
    arm(record, address, now);
    return AnnounceResult::announced;
}

Announcer::Claim& Announcer::claim_of(Record& record,
                                      const model::ServiceKey& service,
                                      const ip::Address& address) {
    for (Claim& claim : record.claims) {
        if (*claim.service == service) {
            return claim;
        }
    }
    const auto at = services_.try_emplace(service).first;
    at->second.push_back(address);
    return record.claims.emplace_back(&at->first);
}

Announcer::ChoicePtr Announcer::share(const InterfaceChoice& choice) {
    if (choice.all) {
        return choice_all_;
    }
    if (choice != *choice_last_) {
        choice_last_ = std::make_shared<const InterfaceChoice>(choice);
    }
    return choice_last_;
}

// Down and enslaved interfaces count as existing (spec 3.7): silence there is no failure.
bool Announcer::can_hold(const InterfaceChoice& choice) const {
    return choice.all ||
           std::any_of(present_.begin(), present_.end(), [&](const Interface& interface) {
               return std::find(choice.names.begin(), choice.names.end(), interface.name) !=
                      choice.names.end();
           });
}

AnnounceResult Announcer::fail(Claim& claim, const ip::Address& address) {
    if (!claim.failed) {
        claim.failed = true;
        tell(
            EventKind::announce_failed, *claim.service, address, AnnounceResult::no_such_interface);
    }
    return AnnounceResult::no_such_interface;
}

void Announcer::hold(Claim& claim, const ip::Address& address) {
    if (claim.held == nullptr || claim.failed) {
        tell(EventKind::announced, *claim.service, address);
    }
    if (claim.held == nullptr || *claim.held != *claim.wanted) {
        table_stale_ = true;
    }
    claim.held = claim.wanted;
    claim.failed = false;
}

void Announcer::withdraw(const model::ServiceKey& service, const ip::Address& address) {
    const auto at = services_.find(service);
    if (at == services_.end() || std::erase(at->second, address) == 0) {
        return;
    }
    drop_claim(address, service);
    if (at->second.empty()) {
        services_.erase(at);
    }
}

void Announcer::withdraw(const model::ServiceKey& service) {
    const auto at = services_.find(service);
    if (at == services_.end()) {
        return;
    }
    for (const ip::Address& address : at->second) {
        drop_claim(address, at->first);
    }
    services_.erase(at);
}

void Announcer::drop_claim(const ip::Address& address, const model::ServiceKey& service) {
    const auto at = records_.find(address);
    std::vector<Claim>& claims = at->second.claims;
    const auto claim = std::find_if(
        claims.begin(), claims.end(), [&](const Claim& c) { return *c.service == service; });
    if (claim->held != nullptr) {
        table_stale_ = true;
        tell(EventKind::withdrawn, service, address);
    }
    claims.erase(claim);
    if (claims.empty()) {
        records_.erase(at);
    }
}

// --- interfaces

void Announcer::set_interfaces(std::vector<Interface> present, Instant now) {
    std::sort(present.begin(), present.end(), [](const Interface& a, const Interface& b) {
        return a.index < b.index;
    });
    if (present == present_) {
        return;
    }
    const std::vector<Interface> before = std::exchange(responders_, {});
    std::copy_if(present.begin(), present.end(), std::back_inserter(responders_), answers_arp);
    present_ = std::move(present);
    table_stale_ = true;
    revisit_claims(now);

    for (const Interface& interface : responders_) {
        // The same index with another name may match other wishes; with another MAC, neighbours
        // must hear of it.
        if (std::find(before.begin(), before.end(), interface) == before.end() &&
            !records_.empty()) {
            interface_bursts_[interface.index] = {now + kGratuitousInterval,
                                                  now + kGratuitousDuration};
            wait_for_one(interface.index, true);
        }
    }
    std::erase_if(interface_bursts_, [&](const auto& burst) {
        return std::none_of(responders_.begin(), responders_.end(), [&](const Interface& i) {
            return i.index == burst.first;
        });
    });
}

// A failed wish may be fulfilled now, and a fulfilled one may have lost its last interface. The
// latter is told, and held on to for the case that the interface returns.
void Announcer::revisit_claims(Instant now) {
    for (auto& [address, record] : records_) {
        for (Claim& claim : record.claims) {
            if (!can_hold(*claim.wanted)) {
                fail(claim, address);
            } else if (claim.failed) {
                hold(claim, address);
                arm(record, address, now);
            }
        }
    }
}

// --- gratuitous announcements

void Announcer::arm(Record& record, const ip::Address& address, Instant now) {
    if (!record.until) {
        wait_for_all(address);
        record.next = now + kGratuitousInterval;
        due_.push({record.next, address});
    }
    record.until = now + kGratuitousDuration;
}

void Announcer::wait_for_all(const ip::Address& address) {
    if (waiting_for_all_.insert(address).second) {
        waiting_.push_back({address, InterfaceIndex{}});
    }
}

// Addresses in their own burst announce on the new interface with their own next beat; only its
// first announcement cannot wait for that.
void Announcer::wait_for_one(InterfaceIndex interface, bool also_bursting) {
    std::size_t& count = waiting_for_one_[interface];
    if (count != 0) {
        return;  // the sender is slower than the beat: nothing is gained by a longer queue
    }
    for (const auto& [address, record] : records_) {
        if (!waiting_for_all_.contains(address) && (also_bursting || !record.until)) {
            waiting_.push_back({address, interface});
            ++count;
        }
    }
    if (count == 0) {
        waiting_for_one_.erase(interface);
    }
}

std::optional<Instant> Announcer::next_deadline() const {
    std::optional<Instant> deadline;
    if (!due_.empty()) {
        deadline = due_.top().when;
    }
    for (const auto& [interface, burst] : interface_bursts_) {
        deadline = deadline ? std::min(*deadline, burst.next) : burst.next;
    }
    return deadline;
}

void Announcer::advance(Instant now) {
    while (!due_.empty() && due_.top().when <= now) {
        const Due due = due_.top();
        due_.pop();
        const auto at = records_.find(due.address);
        // A record that went and came back in between has its own, later beat.
        if (at == records_.end() || !at->second.until || at->second.next != due.when) {
            continue;
        }
        Record& record = at->second;
        if (*record.until < now) {
            record.until.reset();
            continue;
        }
        wait_for_all(due.address);
        // After a delay the beat starts anew: bursts are never made up for.
        record.next = std::max(due.when, now - kGratuitousInterval / 2) + kGratuitousInterval;
        due_.push({record.next, due.address});
    }
    advance_interfaces(now);
}

void Announcer::advance_interfaces(Instant now) {
    for (auto at = interface_bursts_.begin(); at != interface_bursts_.end();) {
        auto& [interface, burst] = *at;
        if (burst.next > now) {
            ++at;
        } else if (burst.until < now) {
            at = interface_bursts_.erase(at);
        } else {
            wait_for_one(interface, false);
            burst.next = now + kGratuitousInterval;
            ++at;
        }
    }
}

std::vector<GratuitousOrder> Announcer::take_orders(std::size_t limit) {
    std::vector<GratuitousOrder> orders;
    while (!waiting_.empty() && orders.size() < limit) {
        const Waiting item = waiting_.front();
        waiting_.pop_front();
        if (item.interface.value == 0) {
            waiting_for_all_.erase(item.address);
        } else if (--waiting_for_one_[item.interface] == 0) {
            waiting_for_one_.erase(item.interface);
        }
        expand(item, orders);
    }
    return orders;
}

void Announcer::expand(const Waiting& item, std::vector<GratuitousOrder>& orders) {
    const auto at = records_.find(item.address);
    if (at == records_.end()) {
        return;  // given up in the meantime: a lost address is not spammed
    }
    const InterfaceSet set = resolve(at->second);
    for (const Interface& interface : responders_) {
        const bool wanted = item.interface.value == 0 || item.interface == interface.index;
        if (wanted &&
            (set.all || std::binary_search(set.some.begin(), set.some.end(), interface.index))) {
            orders.push_back({item.address, interface.index, interface.mac, at->second.slot});
        }
    }
}

// --- what stands

// The union of what the claims hold, in interface numbers of now.
InterfaceSet Announcer::resolve(const Record& record) const {
    InterfaceSet set{.all = false, .some = {}};
    for (const Claim& claim : record.claims) {
        if (claim.held == nullptr) {
            continue;
        }
        if (claim.held->all) {
            return InterfaceSet{};
        }
        for (const Interface& interface : responders_) {
            const auto& names = claim.held->names;
            if (std::find(names.begin(), names.end(), interface.name) != names.end()) {
                set.some.push_back(interface.index);
            }
        }
    }
    std::sort(set.some.begin(), set.some.end());
    set.some.erase(std::unique(set.some.begin(), set.some.end()), set.some.end());
    return set;
}

std::shared_ptr<const AnswerTable> Announcer::take_table() {
    if (!std::exchange(table_stale_, false)) {
        return nullptr;
    }
    auto table = std::make_shared<AnswerTable>(counters_, responders_, records_.size());
    for (const auto& [address, record] : records_) {
        const bool held = std::any_of(record.claims.begin(),
                                      record.claims.end(),
                                      [](const Claim& claim) { return claim.held != nullptr; });
        if (held) {
            table->add(address, record.slot, resolve(record));
        }
    }
    return table;
}

bool Announcer::announces(const ip::Address& address) const {
    return !interfaces_of(address).empty();
}

std::vector<InterfaceName> Announcer::interfaces_of(const ip::Address& address) const {
    std::vector<InterfaceName> names;
    const auto at = records_.find(address);
    if (at == records_.end()) {
        return names;
    }
    const bool held = std::any_of(at->second.claims.begin(),
                                  at->second.claims.end(),
                                  [](const Claim& claim) { return claim.held != nullptr; });
    const InterfaceSet set = resolve(at->second);
    for (const Interface& interface : responders_) {
        if (held &&
            (set.all || std::binary_search(set.some.begin(), set.some.end(), interface.index))) {
            names.push_back(interface.name);
        }
    }
    return names;
}

std::vector<Event> Announcer::take_events() {
    return std::exchange(events_, {});
}

void Announcer::tell(EventKind kind,
                     const model::ServiceKey& service,
                     const ip::Address& address,
                     AnnounceResult reason) {
    events_.push_back({kind, service, address, reason});
}

}  // namespace ferro::layer2
