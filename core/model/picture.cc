#include "core/model/picture.h"

#include <tuple>
#include <type_traits>

namespace ferro::model {
namespace {

// A slice and its service share the namespace.
auto service_of(const EndpointSlice& slice) {
    return std::tie(slice.meta.key.namespace_name, slice.service_name);
}

auto parts_of(const ServiceKey& service) {
    return std::tie(service.namespace_name, service.name);
}

}  // namespace

bool Picture::ByService::operator()(const EndpointSlice* a, const EndpointSlice* b) const {
    return std::tuple_cat(service_of(*a), std::tie(a->meta.key.name)) <
           std::tuple_cat(service_of(*b), std::tie(b->meta.key.name));
}

bool Picture::ByService::operator()(const EndpointSlice* a, const ServiceKey& b) const {
    return service_of(*a) < parts_of(b);
}

bool Picture::ByService::operator()(const ServiceKey& a, const EndpointSlice* b) const {
    return parts_of(a) < service_of(*b);
}

bool Picture::apply(const Change& change) {
    bool changed = false;
    const auto remove = [&]<typename T>(Index<T>& index) {
        const auto found = index.find(change.ref.key);
        if (found == index.end()) {
            return;
        }
        if constexpr (std::is_same_v<T, EndpointSlice>) {
            slices_by_service_.erase(found->second.get());
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
                slices_by_service_.insert(&value);
            }
            changed = true;
        },
        *change.object);
    return changed;
}

std::vector<std::shared_ptr<const EndpointSlice>> Picture::slices_of(
    const ServiceKey& service) const {
    std::vector<std::shared_ptr<const EndpointSlice>> slices;
    const auto [first, last] = slices_by_service_.equal_range(service);
    for (auto slice = first; slice != last; ++slice) {
        slices.push_back(find<EndpointSlice>((*slice)->meta.key));
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
