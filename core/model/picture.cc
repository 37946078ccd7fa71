#include "core/model/picture.h"

#include <type_traits>

namespace ferro::model {
namespace {

ServiceKey service_of(const EndpointSlice& slice) {
    return ServiceKey{slice.meta.key.namespace_name, slice.service_name};
}

}  // namespace

bool Picture::apply(const Change& change) {
    bool changed = false;
    const auto remove = [&]<typename T>(Index<T>& index) {
        const auto found = index.find(change.ref.key);
        if (found == index.end()) {
            return;
        }
        if constexpr (std::is_same_v<T, EndpointSlice>) {
            auto& slices = slices_by_service_[service_of(*found->second)];
            slices.erase(change.ref.key);
            if (slices.empty()) {
                slices_by_service_.erase(service_of(*found->second));
            }
        }
        index.erase(found);
        changed = true;
    };
    if (change.object == nullptr) {
        const auto remove_by_kind = [&]<std::size_t... I>(std::index_sequence<I...>) {
            (void)((static_cast<std::size_t>(change.ref.kind) == I
                        ? (remove(std::get<I>(indexes_)), true)
                        : false) ||
                   ...);
        };
        remove_by_kind(std::make_index_sequence<kKindCount>{});
        return changed;
    }
    std::visit(
        [&]<typename T>(const T& value) {
            auto& index = std::get<Index<T>>(indexes_);
            const auto found = index.find(change.ref.key);
            if (found != index.end() && *found->second == value) {
                return;
            }
            remove(index);
            index.emplace(change.ref.key, std::shared_ptr<const T>(change.object, &value));
            if constexpr (std::is_same_v<T, EndpointSlice>) {
                slices_by_service_[service_of(value)].insert(change.ref.key);
            }
            changed = true;
        },
        *change.object);
    return changed;
}

std::vector<std::shared_ptr<const EndpointSlice>> Picture::slices_of(
    const ServiceKey& service) const {
    std::vector<std::shared_ptr<const EndpointSlice>> slices;
    const auto found = slices_by_service_.find(service);
    if (found != slices_by_service_.end()) {
        for (const ObjectKey& key : found->second) {
            slices.push_back(find<EndpointSlice>(key));
        }
    }
    return slices;
}

std::vector<Change> Picture::everything() const {
    std::vector<Change> changes;
    const auto add = [&]<typename T>(const Index<T>& index) {
        for (const auto& [key, value] : index) {
            const auto object = std::make_shared<const Object>(*value);
            changes.push_back(Change{ref_of(*object), object});
        }
    };
    std::apply([&](const auto&... index) { (add(index), ...); }, indexes_);
    return changes;
}

void Picture::for_each_ref(const std::function<void(const ObjectRef&)>& visit) const {
    const auto each = [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto visit_index = [&](Kind kind, const auto& index) {
            for (const auto& [key, value] : index) {
                visit(ObjectRef{kind, key});
            }
        };
        (visit_index(static_cast<Kind>(I), std::get<I>(indexes_)), ...);
    };
    each(std::make_index_sequence<kKindCount>{});
}

}  // namespace ferro::model
