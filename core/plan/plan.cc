#include "core/plan/plan.h"

#include "core/base/check.h"
#include "core/plan/explain.h"

#include <algorithm>

namespace ferro::plan {
namespace {

bool by_service(const VerdictChange& a, const VerdictChange& b) {
    return a.service < b.service;
}

/// Only these have gates that ask for endpoints.
bool wants_slices(const model::Service& service, const Options& options) {
    return service.type == model::ServiceType::load_balancer &&
           service.load_balancer_class.value_or("") == options.load_balancer_class;
}

/// Whether the verdict rests on what nodes can do (layer 2's gates before `nodes` do not).
bool layer2_asks_nodes(Reason reason) {
    return reason != Reason::no_serving_endpoint && reason != Reason::no_advertisement &&
           reason != Reason::no_advertisement_matches_service &&
           reason != Reason::shared_ip_with_service_selector;
}

bool equal_but_for_nodes(const config::L2Advertisement& a, const config::L2Advertisement& b) {
    return a.name == b.name && a.interfaces == b.interfaces &&
           a.service_selectors == b.service_selectors;
}

template <typename Value, typename Name>
void add_differences(const Value& a, const Value& b, std::set<NodeName>& differing, Name name_of) {
    for (const auto& item : a) {
        if (const auto found = b.find(name_of(item)); found == b.end() || *found != item) {
            differing.insert(name_of(item));
        }
    }
    for (const auto& item : b) {
        if (!a.contains(name_of(item))) {
            differing.insert(name_of(item));
        }
    }
}

/// The nodes for which two lists of advertisements differ; none when they differ in more than that.
std::optional<std::vector<NodeName>> node_differences(
    const std::vector<config::L2Advertisement>& a, const std::vector<config::L2Advertisement>& b) {
    if (!std::equal(a.begin(), a.end(), b.begin(), b.end(), equal_but_for_nodes)) {
        return std::nullopt;
    }
    std::set<NodeName> differing;
    for (std::size_t i = 0; i < a.size(); ++i) {
        add_differences(a[i].nodes, b[i].nodes, differing, [](const NodeName& n) { return n; });
        add_differences(a[i].node_scores, b[i].node_scores, differing, [](const auto& score) {
            return score.first;
        });
    }
    return std::vector<NodeName>(differing.begin(), differing.end());
}

}  // namespace

Planner::Planner(Options options)
    : environment_(std::make_unique<Environment>(std::move(options))) {}

Planner::~Planner() = default;

// --- the picture ---

Changes Planner::update(const model::Picture& picture, std::span<const model::ObjectRef> changed) {
    Changes changes;
    // First those that are gone, while nothing is marked; then the slices, before a new service may
    // claim one that the index still knows under its former service.
    for (const model::ObjectRef& ref : changed) {
        if (ref.kind == model::Kind::service && picture.all<model::Service>().count(ref.key) == 0) {
            remove_service(ref.key, changes);
        }
    }
    take_slices(picture, changed);
    for (const model::ObjectRef& ref : changed) {
        if (ref.kind == model::Kind::service) {
            take_service(picture, ref.key);
        }
    }
    take_nodes(picture, changed);
    evaluate_marked(changes);
    return changes;
}

void Planner::remove_service(const model::ServiceKey& key, Changes& changes) {
    const auto found = slots_.find(KeyView{&key});
    if (found == slots_.end()) {
        return;
    }
    Slot& slot = found->second;
    changes.push_back(VerdictChange{slot.key(), slot.verdict, nullptr});
    held_back_ -= slot.verdict != nullptr && slot.verdict->held_back ? 1U : 0U;
    drop_slices(slot);
    slots_.erase(found);
}

void Planner::take_slices(const model::Picture& picture,
                          std::span<const model::ObjectRef> changed) {
    // All former owners are looked up before any of them is refreshed, since a refresh may move a
    // slice in the index.
    std::vector<Slot*> concerned;
    for (const model::ObjectRef& ref : changed) {
        if (ref.kind != model::Kind::endpoint_slice) {
            continue;
        }
        if (const auto owner = slot_by_slice_.find(KeyView{&ref.key});
            owner != slot_by_slice_.end()) {
            concerned.push_back(owner->second);
        }
        const auto slice = picture.find<model::EndpointSlice>(ref.key);
        if (slice != nullptr && !slice->service_name.empty()) {
            Slot* slot =
                find(model::ServiceKey{slice->meta.key.namespace_name, slice->service_name});
            if (slot != nullptr && wants_slices(*slot->service, options())) {
                concerned.push_back(slot);
            }
        }
    }
    for (Slot* slot : concerned) {
        if (!slot->dirty) {
            refresh_slices(picture, *slot);
            mark(*slot);
        }
    }
}

void Planner::take_service(const model::Picture& picture, const model::ServiceKey& key) {
    auto service = picture.find<model::Service>(key);
    if (service == nullptr) {
        return;
    }
    const auto found = slots_.find(KeyView{&key});
    if (found == slots_.end()) {
        Slot& slot = slots_[KeyView{&service->meta.key}];
        slot.service = std::move(service);
        refresh_slices(picture, slot);
        mark(slot);
        return;
    }
    Slot& slot = found->second;
    if (slot.service == service) {
        return;
    }
    const bool wanted_slices = wants_slices(*slot.service, options());
    // The entry's key lives in the service that is now exchanged; the entry itself stays where it
    // is.
    auto entry = slots_.extract(found);
    entry.key() = KeyView{&service->meta.key};
    slot.service = std::move(service);
    slots_.insert(std::move(entry));
    if (wants_slices(*slot.service, options()) != wanted_slices) {
        refresh_slices(picture, slot);
    }
    mark(slot);
}

void Planner::refresh_slices(const model::Picture& picture, Slot& slot) {
    auto slices = wants_slices(*slot.service, options()) ? picture.slices_of(slot.key()) : Slices();
    drop_slices(slot);
    slices.shrink_to_fit();
    slot.slices = std::move(slices);
    for (const auto& slice : slot.slices) {
        // Erased first: a key left by a former owner would point into the object it held.
        const KeyView view{&slice->meta.key};
        slot_by_slice_.erase(view);
        slot_by_slice_.emplace(view, &slot);
    }
}

void Planner::drop_slices(Slot& slot) {
    for (const auto& slice : slot.slices) {
        const auto found = slot_by_slice_.find(KeyView{&slice->meta.key});
        if (found != slot_by_slice_.end() && found->second == &slot) {
            slot_by_slice_.erase(found);
        }
    }
    slot.slices.clear();
}

void Planner::take_nodes(const model::Picture& picture, std::span<const model::ObjectRef> changed) {
    NodeTouch touch;
    for (const model::ObjectRef& ref : changed) {
        if (ref.kind != model::Kind::node) {
            continue;
        }
        NodeName name(ref.key.name);
        const auto node = picture.find<model::Node>(ref.key);
        if (environment_->nodes.set(name, node.get())) {
            touch.nodes.push_back(std::move(name));
        }
    }
    if (!touch.nodes.empty()) {
        environment_->rosters.clear();
        touch_nodes(std::move(touch), nullptr);
    }
}

// --- members and configuration ---

Changes Planner::set_members(std::optional<Members> members) {
    NodeTouch touch;
    touch.bgp = false;
    touch.nodes = environment_->nodes.set_members(std::move(members));
    Changes changes;
    if (!touch.nodes.empty()) {
        environment_->rosters.clear_layer2();
        touch_nodes(std::move(touch), nullptr);
    }
    evaluate_marked(changes);
    refreshed_.clear();
    return changes;
}

Changes Planner::set_configuration(std::shared_ptr<const config::Configuration> configuration) {
    CHECK(configuration != nullptr, "a configuration is made whole or not at all");
    Environment& environment = *environment_;
    environment.rosters.clear();
    bool addresses_moved = !environment.configured;
    environment.configured = true;
    for (auto entry = environment.pools.begin(); entry != environment.pools.end();) {
        const auto found = configuration->pools.find(entry->first);
        if (found != configuration->pools.end() &&
            found->second.prefixes == entry->second->pool->prefixes) {
            exchange_pool(entry->second, {configuration, &found->second});
            ++entry;
            continue;
        }
        entry->second->current = false;
        touch_pool(entry->second.get());
        entry = environment.pools.erase(entry);
        addresses_moved = true;
    }
    for (const auto& [name, pool] : configuration->pools) {
        if (!environment.pools.contains(name)) {
            auto entry = std::make_shared<PoolEntry>();
            entry->pool = {configuration, &pool};
            entry->name = std::make_shared<const PoolName>(name);
            environment.pools.emplace(name, std::move(entry));
            addresses_moved = true;
        }
    }
    if (addresses_moved) {
        touch_pool(nullptr);
    }
    Changes changes;
    evaluate_marked(changes);
    refreshed_.clear();
    return changes;
}

void Planner::exchange_pool(const PoolEntryPtr& entry, std::shared_ptr<const config::Pool> pool) {
    const std::shared_ptr<const config::Pool> before = std::exchange(entry->pool, std::move(pool));
    if (before->bgp_advertisements != entry->pool->bgp_advertisements) {
        touch_pool(entry.get());
        return;
    }
    auto differing = node_differences(before->l2_advertisements, entry->pool->l2_advertisements);
    if (!differing) {
        touch_pool(entry.get());
    } else if (!differing->empty()) {
        touch_nodes(NodeTouch{.nodes = std::move(*differing), .challengers = {}, .bgp = false},
                    entry.get());
    }
}

// --- what a change can touch ---

void Planner::touch_pool(const PoolEntry* entry) {
    for (auto& [key, slot] : slots_) {
        if (entry != nullptr) {
            if (slot.pool.get() == entry) {
                mark(slot);
            }
            continue;
        }
        const bool homeless =
            slot.verdict != nullptr && (slot.verdict->layer2.reason == Reason::ip_not_allowed ||
                                        slot.verdict->layer2.reason == Reason::no_configuration);
        if (homeless || (slot.pool != nullptr && !slot.pool->current)) {
            mark(slot);
        }
    }
}

void Planner::touch_nodes(NodeTouch touch, const PoolEntry* only_pool) {
    // Who is lost takes nothing over: for a dead node, only what it owned has to be looked at.
    for (const NodeName& node : touch.nodes) {
        if (environment_->nodes.is_member(node) &&
            environment_->nodes.eligibility(node) == Reason::announced) {
            touch.challengers.push_back(node);
        }
    }
    for (auto& [key, slot] : slots_) {
        if (!slot.dirty && slot.pool != nullptr &&
            (only_pool == nullptr || slot.pool.get() == only_pool) && is_touched(slot, touch)) {
            mark(slot);
        }
    }
}

bool Planner::is_touched(const Slot& slot, const NodeTouch& touch) const {
    const auto among_touched = [&](const NodeName& node) {
        return std::find(touch.nodes.begin(), touch.nodes.end(), node) != touch.nodes.end();
    };
    if (touch.bgp) {
        for (const config::BgpAdvertisement& advertisement : slot.pool->pool->bgp_advertisements) {
            if (std::any_of(touch.nodes.begin(), touch.nodes.end(), [&](const NodeName& node) {
                    return advertisement.nodes.contains(node);
                })) {
                return true;
            }
        }
    }
    const Layer2Verdict& layer2 = slot.verdict->layer2;
    if (!layer2_asks_nodes(layer2.reason)) {
        return false;
    }
    if (layer2.owner == nullptr || !options().policy->is_pairwise() ||
        among_touched(*layer2.owner)) {
        return true;
    }
    if (touch.challengers.empty()) {
        return false;
    }
    const Subject subject = subject_of(slot);
    return std::any_of(
        touch.challengers.begin(), touch.challengers.end(), [&](const NodeName& node) {
            return could_take_over(*environment_, subject, node);
        });
}

void Planner::mark(Slot& slot) {
    if (!slot.dirty) {
        slot.dirty = true;
        marked_.push_back(&slot);
    }
}

void Planner::evaluate_marked(Changes& changes) {
    refreshed_.clear();
    // Sorted, so that one input gives one sequence of changes whatever the hash table's order.
    std::sort(marked_.begin(), marked_.end(), [](const Slot* a, const Slot* b) {
        return a->key() < b->key();
    });
    for (Slot* slot : marked_) {
        slot->dirty = false;
        ++counters_.evaluated;
        PoolEntryPtr pool;
        Verdict verdict = evaluate(*environment_, subject_of(*slot), pool);
        slot->pool = std::move(pool);
        if (slot->verdict != nullptr && *slot->verdict == verdict) {
            if (verdict.is_announced()) {
                refreshed_.push_back(slot->key());
            }
            continue;
        }
        held_back_ += verdict.held_back ? 1U : 0U;
        held_back_ -= slot->verdict != nullptr && slot->verdict->held_back ? 1U : 0U;
        VerdictPtr before = std::exchange(slot->verdict, keep(std::move(verdict)));
        changes.push_back(VerdictChange{slot->key(), std::move(before), slot->verdict});
    }
    marked_.clear();
    std::sort(changes.begin(), changes.end(), by_service);
}

VerdictPtr Planner::keep(Verdict verdict) {
    if (!verdict.ips.empty()) {
        return std::make_shared<const Verdict>(std::move(verdict));
    }
    // Most services of a cluster have no address at all: one verdict per reason serves them.
    VerdictPtr& shared = verdicts_without_address_[verdict.layer2.reason];
    if (shared == nullptr) {
        shared = std::make_shared<const Verdict>(std::move(verdict));
    }
    return shared;
}

// --- questions ---

const Planner::Slot* Planner::find(const model::ServiceKey& key) const {
    const auto found = slots_.find(KeyView{&key});
    return found == slots_.end() ? nullptr : &found->second;
}

Planner::Slot* Planner::find(const model::ServiceKey& key) {
    const auto found = slots_.find(KeyView{&key});
    return found == slots_.end() ? nullptr : &found->second;
}

Subject Planner::subject_of(const Slot& slot) {
    return Subject{.service = *slot.service,
                   .slices = slot.slices,
                   .last_pool = slot.pool,
                   .last_verdict = slot.verdict};
}

VerdictPtr Planner::verdict_of(const model::ServiceKey& service) const {
    const Slot* slot = find(service);
    return slot == nullptr ? nullptr : slot->verdict;
}

std::optional<NodeVerdict> Planner::verdict_for(const model::ServiceKey& service,
                                                const NodeName& node) const {
    const Slot* slot = find(service);
    if (slot == nullptr) {
        return std::nullopt;
    }
    return evaluate_for(*environment_, subject_of(*slot), node);
}

std::optional<NodeVerdict> Planner::own_verdict(const model::ServiceKey& service) const {
    return verdict_for(service, options().own_node);
}

Explanation Planner::explain(const model::ServiceKey& service,
                             std::string_view allocation_evidence) const {
    const Slot* slot = find(service);
    if (slot == nullptr) {
        Explanation unknown;
        unknown.service = service;
        return unknown;
    }
    return plan::explain(*environment_, subject_of(*slot), allocation_evidence);
}

std::vector<model::ServiceKey> Planner::services_with(ip::Address address) const {
    std::vector<model::ServiceKey> services;
    for (const auto& [key, slot] : slots_) {
        const auto& ips = slot.verdict->ips;
        if (std::find(ips.begin(), ips.end(), address) != ips.end()) {
            services.push_back(*key.key);
        }
    }
    std::sort(services.begin(), services.end());
    return services;
}

std::vector<std::pair<model::ServiceKey, VerdictPtr>> Planner::verdicts() const {
    std::vector<std::pair<model::ServiceKey, VerdictPtr>> verdicts;
    verdicts.reserve(slots_.size());
    for (const auto& [key, slot] : slots_) {
        verdicts.emplace_back(*key.key, slot.verdict);
    }
    std::sort(verdicts.begin(), verdicts.end(), [](const auto& a, const auto& b) {
        return a.first < b.first;
    });
    return verdicts;
}

}  // namespace ferro::plan
