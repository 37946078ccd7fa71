// Planner: from the picture, the configuration and the living members to one Verdict per service,
// kept up to date by differences. It remembers which endpoint slices, pool and owner each verdict
// rests on, so a change plans again only what it can touch, and it returns what became different,
// never the whole.
//
//   endpoint slice         its service (and the one it belonged to before)
//   service                itself
//   node, member           services that it owns, could take over, or that have nobody; with BGP
//                          also those whose pool an advertisement brings to the node
//   configuration          services of pools whose addresses or advertisements differ; when only
//                          the nodes of advertisements differ, as for a node
//
// When several inputs change together, give the configuration first, then the picture: addresses
// that leave a pool are then held back until their service moves (T135).
//
// Objects are shared with the picture, not copied; the picture itself is read only during a call.
// Threads: one. Verdicts handed out are immutable and may cross threads.
#pragma once

#include "core/model/picture.h"
#include "core/plan/evaluation.h"
#include "core/plan/explanation.h"
#include "core/plan/verdict.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ferro::plan {

/// Sorted by service.
using Changes = std::vector<VerdictChange>;

struct Counters {
    std::uint64_t evaluated = 0;  ///< services planned, again or for the first time
};

class Planner {
  public:
    explicit Planner(Options options);
    Planner(const Planner&) = delete;
    Planner& operator=(const Planner&) = delete;
    ~Planner();

    /// `changed` names the objects that differ from the last call; kinds that bear on the
    /// configuration alone are passed over. A first call may name everything.
    /// *Cost*: per changed service or slice O(endpoints + candidates), however many services there
    /// are; a node costs one or two hashes for each service that it might take over.
    Changes update(const model::Picture& picture, std::span<const model::ObjectRef> changed);

    /// Services that the last update() planned again although their verdict stayed as it was, and
    /// that are announced, sorted: on the owner, MetalLB starts a new burst of gratuitous
    /// announcements for these too (T081). Valid until the next call that returns Changes.
    [[nodiscard]] const std::vector<model::ServiceKey>& refreshed() const { return refreshed_; }

    /// Not null (CHECK). Services that are announced from addresses that no pool holds any more are
    /// held back: they stay under their old pool until their addresses change (T135).
    Changes set_configuration(std::shared_ptr<const config::Configuration> configuration);

    /// The living nodes; none = every known node (T085).
    Changes set_members(std::optional<Members> members);

    /// Null when there is no such service.
    [[nodiscard]] VerdictPtr verdict_of(const model::ServiceKey& service) const;

    /// A node's own view; none when there is no such service. Evaluated on the spot.
    [[nodiscard]] std::optional<NodeVerdict> verdict_for(const model::ServiceKey& service,
                                                         const NodeName& node) const;

    /// The same for Options::own_node.
    [[nodiscard]] std::optional<NodeVerdict> own_verdict(const model::ServiceKey& service) const;

    /// `allocation_evidence`: what the controller's allocator says when there is no address yet
    /// (only it knows); it becomes evidence of the address gate.
    [[nodiscard]] Explanation explain(const model::ServiceKey& service,
                                      std::string_view allocation_evidence = {}) const;

    /// Services with this address in their status, sorted. *Cost*: looks at every service.
    [[nodiscard]] std::vector<model::ServiceKey> services_with(ip::Address address) const;

    /// Every service and its verdict, sorted: for a table, or a late subscriber.
    [[nodiscard]] std::vector<std::pair<model::ServiceKey, VerdictPtr>> verdicts() const;

    /// How many services are held back now; MetalLB would call its configuration stale while any
    /// is.
    [[nodiscard]] std::size_t held_back() const { return held_back_; }

    [[nodiscard]] std::size_t size() const { return slots_.size(); }

    [[nodiscard]] const Counters& counters() const { return counters_; }

    [[nodiscard]] const Options& options() const { return environment_->options; }

  private:
    /// A key that lives in an object held by the entry it finds: no name is stored twice.
    struct KeyView {
        const model::ObjectKey* key;

        friend bool operator==(KeyView a, KeyView b) { return *a.key == *b.key; }
    };

    struct KeyViewHash {
        std::size_t operator()(KeyView view) const noexcept {
            return std::hash<model::ObjectKey>{}(*view.key);
        }
    };

    struct Slot {
        std::shared_ptr<const model::Service> service;
        Slices slices;  ///< only of services that can be announced
        PoolEntryPtr pool;
        VerdictPtr verdict;
        bool dirty = false;

        [[nodiscard]] const model::ServiceKey& key() const { return service->meta.key; }
    };

    /// Nodes of which something changed that layer 2 asks about, and whether BGP does too.
    struct NodeTouch {
        std::vector<NodeName> nodes;
        std::vector<NodeName> challengers;  ///< those of them that could own something now
        bool bgp = true;
    };

    [[nodiscard]] const Slot* find(const model::ServiceKey& key) const;
    Slot* find(const model::ServiceKey& key);
    [[nodiscard]] static Subject subject_of(const Slot& slot);

    void remove_service(const model::ServiceKey& key, Changes& changes);
    void take_slices(const model::Picture& picture, std::span<const model::ObjectRef> changed);
    void take_service(const model::Picture& picture, const model::ServiceKey& key);
    void take_nodes(const model::Picture& picture, std::span<const model::ObjectRef> changed);
    void refresh_slices(const model::Picture& picture, Slot& slot);
    void drop_slices(Slot& slot);

    void touch_nodes(NodeTouch touch, const PoolEntry* only_pool);
    [[nodiscard]] bool is_touched(const Slot& slot, const NodeTouch& touch) const;

    /// Marks services of the entry, or those without a pool or held back when null.
    void touch_pool(const PoolEntry* entry);
    void exchange_pool(const PoolEntryPtr& entry, std::shared_ptr<const config::Pool> pool);

    void mark(Slot& slot);
    void evaluate_marked(Changes& changes);
    VerdictPtr keep(Verdict verdict);

    /// Evaluating asks the roster cache, so reading queries need it too.
    std::unique_ptr<Environment> environment_;
    std::unordered_map<KeyView, Slot, KeyViewHash> slots_;
    std::unordered_map<KeyView, Slot*, KeyViewHash> slot_by_slice_;
    std::map<Reason, VerdictPtr> verdicts_without_address_;
    std::vector<Slot*> marked_;
    std::vector<model::ServiceKey> refreshed_;
    std::size_t held_back_ = 0;
    Counters counters_;
};

}  // namespace ferro::plan
