#include "controller/engine/waiters.h"

#include <algorithm>

namespace ferro::controller {
namespace {

bool wants(const Wish& wish, ip::Family family) {
    return wish.families == pool::Families::dual || wish.families == pool::families_of(family);
}

/// Erases one wish from an index and the index entry when it was the last.
template <typename Index, typename Key>
void unindex(Index& index, const Key& key, const Wish* wish) {
    const auto found = index.find(key);
    if (found != index.end()) {
        found->second.erase(wish);
        if (found->second.empty()) {
            index.erase(found);
        }
    }
}

}  // namespace

void Waiters::add(const model::ServiceKey& service, Sequence sequence, Wish wish) {
    const auto before = places_.find(service);
    if (before != places_.end() && before->second.group->first == wish) {
        return;
    }
    remove(service);
    const auto [group, is_new] = groups_.try_emplace(std::move(wish));
    const Wish* const key = &group->first;
    if (is_new) {
        for (const PoolName& pool : key->pools) {
            by_pool_[pool].emplace(key, group);
            if (!key->sharing_terms.empty()) {
                by_terms_[{pool, key->sharing_terms}].emplace(key, group);
            }
        }
        for (const ip::Address address : key->addresses) {
            by_address_[address].emplace(key, group);
        }
    }
    group->second.emplace(sequence, service);
    places_.emplace(service, Place{group, sequence});
}

void Waiters::remove(const model::ServiceKey& service) {
    const auto found = places_.find(service);
    if (found == places_.end()) {
        return;
    }
    const auto group = found->second.group;
    group->second.erase(found->second.sequence);
    places_.erase(found);
    if (group->second.empty()) {
        erase_group(group);
    }
}

void Waiters::erase_group(Groups::iterator group) {
    const Wish* const key = &group->first;
    for (const PoolName& pool : key->pools) {
        unindex(by_pool_, pool, key);
        unindex(by_terms_, std::make_pair(pool, key->sharing_terms), key);
    }
    for (const ip::Address address : key->addresses) {
        unindex(by_address_, address, key);
    }
    groups_.erase(group);
}

void Waiters::clear() {
    groups_.clear();
    places_.clear();
    by_pool_.clear();
    by_terms_.clear();
    by_address_.clear();
}

void Waiters::collect(const pool::Freed& freed, Queue& by_gap, Queue& by_sharing) {
    const auto put = [](const auto& index, const auto& key, auto&& wanted, Queue& queue) {
        const auto found = index.find(key);
        if (found == index.end()) {
            return;
        }
        for (const auto& [wish, group] : found->second) {
            if (wanted(*wish)) {
                queue.emplace(group->second.begin()->first, group);
            }
        }
    };
    const auto any = [](const Wish&) { return true; };
    for (const auto& terms : freed.shareable) {
        put(by_terms_, terms, any, by_sharing);
    }
    for (const ip::Address address : freed.addresses) {
        put(by_address_, address, any, by_sharing);
    }
    for (const auto& [pool, family] : freed.gaps) {
        const auto in_family = [family = family](const Wish& wish) { return wants(wish, family); };
        put(by_pool_, pool, in_family, by_gap);
    }
    for (const auto& [sequence, group] : by_sharing) {
        by_gap.erase(sequence);
    }
}

void Waiters::serve_first(Queue& queue, const Serve& serve) {
    const auto [sequence, group] = *queue.begin();
    queue.erase(queue.begin());
    const model::ServiceKey service = group->second.begin()->second;
    if (!serve(service)) {
        return;  // Nor can the others of the group be served.
    }
    const bool was_last = group->second.size() == 1;
    remove(service);
    if (!was_last) {
        queue.emplace(group->second.begin()->first, group);
    }
}

void Waiters::wake(const pool::Freed& freed, const HasGap& has_gap, const Serve& serve) {
    Queue by_gap;
    Queue by_sharing;
    collect(freed, by_gap, by_sharing);
    while (!by_gap.empty() || !by_sharing.empty()) {
        // Once the gaps are filled again, only those who may share have a reason to ask.
        const bool any_gap =
            !by_gap.empty() &&
            std::any_of(freed.gaps.begin(), freed.gaps.end(), [&](const auto& gap) {
                return has_gap(gap.first, gap.second);
            });
        if (!any_gap) {
            by_gap.clear();
        }
        const bool gap_first =
            !by_gap.empty() &&
            (by_sharing.empty() || by_gap.begin()->first < by_sharing.begin()->first);
        if (gap_first) {
            serve_first(by_gap, serve);
        } else if (!by_sharing.empty()) {
            serve_first(by_sharing, serve);
        }
    }
}

}  // namespace ferro::controller
