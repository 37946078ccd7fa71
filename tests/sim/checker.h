// Checker: what must hold in the controller after every turn, by the reference rules. It is shown
// who held what before and after, and names each difference that the rules do not.
#pragma once

#include "controller/engine/reconciler.h"
#include "tests/sim/reference_pools.h"
#include "tests/sim/store.h"
#include "tests/sim/trace.h"

#include <optional>
#include <set>
#include <string>

namespace ferro::sim {

class Checker {
  public:
    Checker(Trace& trace, reference::Families families) : trace_(trace), families_(families) {}

    /// A controller begins: nothing is held, and every status is a claim.
    void begin();

    /// After a turn; `picture` is what the controller has been shown.
    void check(const model::Picture& picture,
               const controller::Reconciler& reconciler,
               const Store& store);

    [[nodiscard]] const reference::Holdings& holdings() const { return holdings_; }

    /// Before a write becomes durable: nobody may be given what durably is still another's.
    void check_write(const std::vector<model::ServiceStatus>& statuses,
                     const model::Picture& picture,
                     const Store& store);

  private:
    void look(const model::Picture& picture,
              const controller::Reconciler& reconciler,
              const Store& store);
    [[nodiscard]] reference::Held before(const model::ServiceKey& key) const;
    [[nodiscard]] bool in_conflict(const model::Service& service,
                                   const reference::Held& held) const;
    void check_one(const reference::Rules& rules, const model::Service& service);
    void check_new(const reference::Rules& rules, const model::Service& service, const char* why);
    void check_sharing();
    void check_counters(const controller::Reconciler& reconciler);
    void check_publication(const controller::Reconciler& reconciler, const Store& store);

    Trace& trace_;
    reference::Families families_;
    std::optional<reference::Pools> pools_;  ///< in force
    reference::Services services_;           ///< as of this turn
    reference::Services services_before_;    ///< as of the turn before
    reference::Holdings holdings_;
    reference::Holdings holdings_before_;
    /// Services whose status counts as what they have: not looked at yet by this controller.
    std::set<model::ServiceKey> claiming_;
    std::map<model::ServiceKey, std::uint64_t> lives_;
    bool began_ = false;
};

std::string to_text(const reference::Addresses& addresses);

}  // namespace ferro::sim
