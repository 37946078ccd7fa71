// Picture: the cluster as one source shows it, an index over immutable objects. Inputs change it;
// config, pool and plan read it. Objects are shared, so a copy of a Picture copies pointers only.
#pragma once

#include "core/model/objects.h"

#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace ferro::model {

class Picture {
  public:
    template <typename T>
    using Index = std::map<ObjectKey, std::shared_ptr<const T>>;

    /// Puts, replaces or removes one object. False when nothing changed (an equal object, or one
    /// that was not there).
    bool apply(const Change& change);

    template <typename T>
    [[nodiscard]] const Index<T>& all() const {
        return std::get<Index<T>>(indexes_);
    }

    /// Null when there is none.
    template <typename T>
    [[nodiscard]] std::shared_ptr<const T> find(const ObjectKey& key) const {
        const auto& index = all<T>();
        const auto found = index.find(key);
        return found == index.end() ? nullptr : found->second;
    }

    /// The slices of a service by its label kubernetes.io/service-name, in name order.
    [[nodiscard]] std::vector<std::shared_ptr<const EndpointSlice>> slices_of(
        const ServiceKey& service) const;

    /// Every object, in Kind order and by key within a kind: what a first synchronisation hands on.
    [[nodiscard]] std::vector<Change> everything() const;

    /// The name of every object, in the same order.
    void for_each_ref(const std::function<void(const ObjectRef&)>& visit) const;

  private:
    struct ByService {
        using is_transparent = void;
        bool operator()(const EndpointSlice* a, const EndpointSlice* b) const;
        bool operator()(const EndpointSlice* a, const ServiceKey& b) const;
        bool operator()(const ServiceKey& a, const EndpointSlice* b) const;
    };

    std::tuple<Index<Namespace>,
               Index<Node>,
               Index<Community>,
               Index<BfdProfile>,
               Index<IpAddressPool>,
               Index<L2Advertisement>,
               Index<BgpAdvertisement>,
               Index<BgpPeer>,
               Index<Service>,
               Index<EndpointSlice>>
        indexes_;
    /// Held by the index above. By service and name, with no name stored twice.
    std::set<const EndpointSlice*, ByService> slices_by_service_;
};

}  // namespace ferro::model
