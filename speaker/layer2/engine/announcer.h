// Announcer: the layer 2 engine. Told which service wants which address announced on which
// interfaces, and which interfaces there are, it keeps the answer table equal to the wish and says
// when to send gratuitous announcements.
//
// Addresses may be shared by services: each service holds a *claim* on the address, the address is
// answered on the union of its claims' interfaces and disappears with the last claim. Interfaces
// are wished by name and resolved each time against what is present, so an interface that appears
// (or comes back, or changes its MAC) answers with the next table and is announced on at once.
//
// Gratuitous timing is MetalLB's (spec 3.11): at once, then every 1.1 s for 5 s, and again from the
// start of the 5 s with every announce() of the address; nothing in steady state. Where MetalLB has
// one ticker for all addresses, each burst here has its own beat.
//
// A wish for interfaces of which none exists fails with a typed result (T074). If the service
// already held the address, the earlier claim goes on as it was (T075, a MetalLB quirk that is
// copied: a typing error in an advertisement shall not take a working service off the air). Unlike
// MetalLB, the wish is remembered and fulfilled when such an interface appears.
//
// Engine rules: no clock, no socket, no thread. Outputs wait until drained: take_table(),
// take_orders(), take_events(). Bounded: at most one waiting order for an address (plus one for
// each address and interface that just appeared), whatever happens before they are taken.
//
// Threads: one (the loop). The tables and counters that it hands out are made for two
// (answer_table.h, counters.h).
#pragma once

#include "core/base/instant.h"
#include "core/ip/address.h"
#include "core/model/object_ref.h"
#include "speaker/layer2/engine/answer_table.h"
#include "speaker/layer2/engine/counters.h"
#include "speaker/layer2/engine/events.h"
#include "speaker/layer2/engine/interface.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ferro::layer2 {

/// The interfaces that an advertisement asks for.
struct InterfaceChoice {
    bool all = true;
    std::vector<InterfaceName> names;  ///< when not `all`

    friend bool operator==(const InterfaceChoice&, const InterfaceChoice&) = default;
};

/// MetalLB's values (spec 3.11).
inline constexpr Duration kGratuitousInterval = std::chrono::milliseconds(1100);
inline constexpr Duration kGratuitousDuration = std::chrono::seconds(5);

/// One announcement to send: for ARP two frames, the request form and then the reply form.
struct GratuitousOrder {
    ip::Address address;
    InterfaceIndex interface;
    MacAddress mac;
    std::uint32_t slot = 0;  ///< counters().at(slot).gratuitous_sent counts what was sent

    friend bool operator==(const GratuitousOrder&, const GratuitousOrder&) = default;
};

class Announcer {
  public:
    Announcer();

    /// The whole list of present interfaces, excluded ones left out. To be told before the first
    /// announce(), and on every change.
    void set_interfaces(std::vector<Interface> present, Instant now);

    /// `service` wants `address` announced; again with the same or another choice whenever its
    /// state was looked at (each call re-arms the gratuitous burst, T081). Refusals that lie in the
    /// address itself leave no trace and are only returned; the others are events, too.
    AnnounceResult announce(const model::ServiceKey& service,
                            const ip::Address& address,
                            const InterfaceChoice& choice,
                            Instant now);

    /// Ends one claim, or all of a service. Unknown ones are ignored.
    void withdraw(const model::ServiceKey& service, const ip::Address& address);
    void withdraw(const model::ServiceKey& service);

    /// When advance() must be called next; nothing in steady state.
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    void advance(Instant now);

    /// The table to publish; null when the last one taken still holds.
    std::shared_ptr<const AnswerTable> take_table();

    /// Up to `limit` announcements to send, oldest first; fewer only when no more wait. Addresses
    /// given up meanwhile and interfaces gone meanwhile are left out.
    std::vector<GratuitousOrder> take_orders(std::size_t limit);

    [[nodiscard]] bool has_orders() const { return !waiting_.empty(); }

    std::vector<Event> take_events();

    /// Whether this node answers for `address` somewhere, by the table's own measure.
    [[nodiscard]] bool announces(const ip::Address& address) const;

    /// Addresses with at least one claim.
    [[nodiscard]] std::size_t address_count() const { return records_.size(); }

    /// The interfaces by name on which `address` is answered now; for status and explain.
    [[nodiscard]] std::vector<InterfaceName> interfaces_of(const ip::Address& address) const;

    [[nodiscard]] const AddressCounters& counters() const { return *counters_; }

    /// What counts the orders that were sent.
    [[nodiscard]] AddressCounters& counters() { return *counters_; }

  private:
    using ChoicePtr = std::shared_ptr<const InterfaceChoice>;

    struct Claim {
        explicit Claim(const model::ServiceKey* key) : service(key) {}

        const model::ServiceKey* service;  // the key in services_
        ChoicePtr wanted;
        ChoicePtr held;  // null while nothing could be announced
        bool failed = false;
    };

    struct Record {
        std::uint32_t slot = 0;
        Instant next{};                // beat of the burst
        std::optional<Instant> until;  // end of the burst; none when there is none
        std::vector<Claim> claims;
    };

    struct Due {
        Instant when;
        ip::Address address;

        friend bool operator>(const Due& a, const Due& b) {
            return a.when != b.when ? a.when > b.when : a.address > b.address;
        }
    };

    /// A burst on one interface that appeared or changed its MAC, for all addresses.
    struct InterfaceBurst {
        Instant next;
        Instant until;
    };

    /// Index 0: all interfaces of the address.
    struct Waiting {
        ip::Address address;
        InterfaceIndex interface;
    };

    Claim& claim_of(Record& record, const model::ServiceKey& service, const ip::Address& address);
    ChoicePtr share(const InterfaceChoice& choice);
    [[nodiscard]] bool can_hold(const InterfaceChoice& choice) const;
    AnnounceResult fail(Claim& claim, const ip::Address& address);
    void hold(Claim& claim, const ip::Address& address);
    void drop_claim(const ip::Address& address, const model::ServiceKey& service);
    void revisit_claims(Instant now);

    void arm(Record& record, const ip::Address& address, Instant now);
    void wait_for_all(const ip::Address& address);
    void wait_for_one(InterfaceIndex interface, bool also_bursting);
    void advance_interfaces(Instant now);

    [[nodiscard]] InterfaceSet resolve(const Record& record) const;
    void expand(const Waiting& item, std::vector<GratuitousOrder>& orders);
    void tell(EventKind kind,
              const model::ServiceKey& service,
              const ip::Address& address,
              AnnounceResult reason = AnnounceResult::announced);

    std::shared_ptr<AddressCounters> counters_;
    std::vector<Interface> present_;         // by index
    std::vector<Interface> responders_;      // those of present_ that answer
    std::map<ip::Address, Record> records_;  // ordered: what is emitted is the same in every run
    std::unordered_map<model::ServiceKey, std::vector<ip::Address>> services_;
    ChoicePtr choice_all_;
    ChoicePtr choice_last_;  // ten thousand services mostly ask for the same interfaces
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    std::map<InterfaceIndex, InterfaceBurst> interface_bursts_;
    std::deque<Waiting> waiting_;
    std::unordered_set<ip::Address> waiting_for_all_;        // those in waiting_ with index 0
    std::map<InterfaceIndex, std::size_t> waiting_for_one_;  // how many in waiting_
    std::vector<Event> events_;
    bool table_stale_ = true;
};

}  // namespace ferro::layer2
