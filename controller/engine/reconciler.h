// Reconciler: makes each service's addresses what its object, the pools and the earlier holders
// allow, and says what is to be written about it. The rules are MetalLB's (spec 2.3 to 2.9; step
// numbers below are those of 2.5); docs/compat.md lists what differs.
//
// In: services, the checked configuration, outcomes of writes. Out, drained by the caller:
// statuses to write, events, and for each service its condition. `settle` works off what was told
// since the last time, claims before requests: first everybody who has an address says whether it
// may stay, then those who need one are served, in the order in which they came. So an assigned
// address never moves for a pending one, at start (quirks Q29, Q30) as later.
//
//      told (dirty) --settle--> claim kept --------------------> allocated --take_writes--> writing
//                         \---> claim lost, or none --serve--> allocated          write_done |
//                                                      \----> refused: Waiters       published
//
// Truth about who holds what lives in the Allocator. A status in an object counts as a claim when
// the object is first seen and when somebody else edited it; the echo of an own write, also a late
// one, does not.
//
// One write per service is under way at a time, and only when something differs (quirk Q4). A
// failed one keeps its addresses in memory, unpublished, until `retry_writes`. An address that goes
// from one service to another is written for the new holder only after the write that takes it from
// the former one is done: else both would have it durably, speakers would see both, and after a
// crash the wrong one could win. A service that has to wait for such an address first gives up in
// writing what it leaves itself, so that two that exchange addresses do not wait for each other.
//
// Events are given once per cause (quirks Q3, Q35).
//
// Pure: no clock, no I/O; one thread at a time.
#pragma once

#include "controller/engine/service_event.h"
#include "controller/engine/waiters.h"
#include "core/base/result.h"
#include "core/config/configuration.h"
#include "core/model/objects.h"
#include "core/model/service_status.h"
#include "core/pool/allocator.h"
#include "core/pool/request.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ferro::controller {

struct ReconcilerOptions {
    /// --lb-class; unset serves services without a class.
    std::optional<std::string> lb_class;
    pool::ClusterIps cluster_ips = pool::ClusterIps::required;
    /// Without any pool MetalLB empties the status of every service, also of those that another
    /// controller serves (quirk Q8). True leaves alone the ones that do not carry our annotation.
    bool keep_foreign_status = false;
};

class Reconciler {
  public:
    using ServicePtr = std::shared_ptr<const model::Service>;
    using ConfigurationPtr = std::shared_ptr<const config::Configuration>;

    explicit Reconciler(ReconcilerOptions options = {});

    /// The whole picture, once, before anything else is done; what was told before it only counts.
    /// `configuration` is null while there is no valid one: then nothing is touched until
    /// `configuration_changed`.
    void first_synchronisation(const std::vector<ServicePtr>& services,
                               ConfigurationPtr configuration);

    /// A new valid configuration (an invalid one is not told: the former stays in force). Nothing
    /// happens when it equals the present one.
    void configuration_changed(ConfigurationPtr configuration);

    /// The statuses of services that cannot be seen at present; replaces the earlier list. Their
    /// addresses are given to nobody. Works off nothing: tell the changes of the same turn too
    /// before settling, so that a service that comes into view finds its address kept for it.
    void set_reserved(const std::vector<model::ServiceStatus>& statuses);

    void service_changed(ServicePtr service);
    void service_removed(const model::ServiceKey& service);

    /// The outcome of a write handed out by `take_writes`.
    void write_done(const model::ServiceKey& service, const Result<void>& outcome);

    /// Queues the failed writes again: after a while, or when the disk has room again.
    void retry_writes();

    /// Works off what was told. `take_writes` and `take_events` do it first; call it before
    /// `condition` when those were not called since. Cost: proportional to what was told.
    void settle();

    /// Statuses to write now, in key order; each awaits its `write_done`.
    [[nodiscard]] std::vector<model::ServiceStatus> take_writes();

    /// What happened since the last time, in order. Deprecated annotations are reported by
    /// `take_writes`, with the write that they accompany.
    [[nodiscard]] std::vector<ServiceEvent> take_events();

    /// As of the last `settle`; nothing for a service that is not there.
    [[nodiscard]] std::optional<Condition> condition(const model::ServiceKey& service) const;

    /// Writes that the source refused and that wait for `retry_writes`. resource_exhausted means a
    /// full disk: existing addresses stay, new ones are not published.
    [[nodiscard]] const std::map<model::ServiceKey, Error>& failed_writes() const {
        return failed_;
    }

    /// Pools, counters, users of an address.
    [[nodiscard]] const pool::Allocator& allocator() const { return allocator_; }

    /// How many services wait for an address.
    [[nodiscard]] std::size_t waiting() const { return waiters_.size(); }

  private:
    /// What a status says, in the texts that are written.
    struct Status {
        std::vector<std::string> ips;
        std::string pool;
        friend bool operator==(const Status&, const Status&) = default;
    };

    enum class ClaimFrom : std::uint8_t { object, books };
    enum class Claim : std::uint8_t { finished, wants_more };

    using Cause = std::pair<EventReason, std::string>;

    struct Entry {
        ServicePtr object;
        Waiters::Sequence sequence = 0;  ///< order of arrival
        ClaimFrom claim_from = ClaimFrom::object;
        bool ours = false;      ///< has held an address of ours since it was first seen
        bool untouched = true;  ///< its status is not to be written
        bool deprecation_told = false;
        ServiceState state = ServiceState::waiting_for_configuration;
        std::unique_ptr<pool::Refusal> refusal;
        std::vector<ip::Address> lost;  ///< what it held in a pool that is gone
        std::vector<Cause> standing;    ///< told already, and still so
        std::vector<Status> written;    ///< done, and not seen in the object yet; oldest first
    };

    /// What a service says it has.
    struct Claimed {
        std::vector<std::string> texts;
        std::vector<ip::Address> addresses;  ///< those of `texts` that are addresses

        [[nodiscard]] bool readable() const { return texts.size() == addresses.size(); }
    };

    // convergence.cc: steps 0 to 13 for one service.
    Claim settle_claim(Entry& entry);
    Claim settle_addresses(Entry& entry,
                           const Claimed& claimed,
                           const tl::expected<pool::Families, pool::Refusal>& families);
    Claim settle_request(Entry& entry, const pool::Demand& demand);
    bool serve(Entry& entry);
    bool add_second_family(Entry& entry, const pool::Demand& demand);
    [[nodiscard]] pool::Outcome allocate(const Entry& entry, const pool::Demand& demand);
    [[nodiscard]] bool is_handled(Entry& entry);
    [[nodiscard]] Claimed claimed_by(const Entry& entry) const;
    void clear(Entry& entry);
    void refuse(Entry& entry, pool::Refusal refusal);
    void accept(Entry& entry);
    [[nodiscard]] Wish wish_of(const Entry& entry, const pool::Demand& demand) const;
    void tell(const Entry& entry, EventType type, EventReason reason, std::string message);
    void tell_standing(Entry& entry, EventType type, EventReason reason, std::string message);

    // reconciler.cc
    void mark(const model::ServiceKey& service) { dirty_.insert(service); }

    void wait(const Entry& entry);
    void serve_waiters();

    // publication.cc: what is written, and what came back.
    [[nodiscard]] static bool shows(const model::Service& service, const Status& status);
    [[nodiscard]] Status wanted(const Entry& entry) const;
    [[nodiscard]] std::vector<std::string> on_record(const Entry& entry) const;
    void note_departures(const model::ServiceKey& service);
    void forget_departures(const model::ServiceKey& service);
    bool withhold(const Entry& entry, Status& status) const;
    [[nodiscard]] bool is_written(const Entry& entry, const Status& status) const;
    void note_seen(Entry& entry, const model::Service& before, const model::Service& now);
    [[nodiscard]] static std::vector<std::string> deprecated_keys(const model::Service& service);
    void tell_deprecated(Entry& entry);
    [[nodiscard]] Publication publication_of(const Entry& entry) const;

    ReconcilerOptions options_;
    bool synchronised_ = false;
    ConfigurationPtr configuration_;
    pool::Allocator allocator_;
    std::unordered_map<model::ServiceKey, Entry> entries_;
    Waiters::Sequence last_sequence_ = 0;
    Waiters waiters_;
    std::set<model::ServiceKey> dirty_;
    std::vector<Cause> standing_before_;  ///< of the service in hand
    std::set<model::ServiceKey> to_write_;
    std::map<model::ServiceKey, Status> in_flight_;
    std::map<model::ServiceKey, Error> failed_;
    /// What failed writes may have left behind all the same: an answer can get lost.
    std::map<model::ServiceKey, std::vector<std::string>> in_doubt_;
    /// Addresses that a service gave up and that may still be written as its own, both ways round.
    std::map<model::ServiceKey, std::vector<std::string>> departures_;
    std::map<std::string, std::set<model::ServiceKey>> departing_;
    std::vector<ServiceEvent> events_;
};

}  // namespace ferro::controller
