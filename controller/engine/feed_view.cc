#include "controller/engine/feed_view.h"

#include "core/model/annotations.h"

#include <array>
#include <memory>
#include <utility>

namespace ferro::controller {
namespace {

model::Change put(model::Object object) {
    auto shared = std::make_shared<const model::Object>(std::move(object));
    return model::Change{model::ref_of(*shared), shared};
}

template <typename T>
void update_plain(const model::Picture& picture,
                  const model::ObjectRef& ref,
                  std::vector<model::Change>& out) {
    const auto object = picture.find<T>(ref.key);
    if (object == nullptr) {
        out.push_back(model::Change{ref, nullptr});
        return;
    }
    if constexpr (std::is_same_v<T, model::Node>) {
        out.push_back(put(trimmed(*object)));
    } else {
        out.push_back(put(*object));
    }
}

}  // namespace

std::vector<model::Change> FeedView::update(const model::Picture& picture,
                                            std::span<const model::ObjectRef> changed) {
    std::vector<model::Change> out;
    for (const model::ObjectRef& ref : changed) {
        switch (ref.kind) {
            case model::Kind::namespace_:
                update_plain<model::Namespace>(picture, ref, out);
                break;
            case model::Kind::node:
                update_plain<model::Node>(picture, ref, out);
                break;
            case model::Kind::community:
                update_plain<model::Community>(picture, ref, out);
                break;
            case model::Kind::bfd_profile:
                update_plain<model::BfdProfile>(picture, ref, out);
                break;
            case model::Kind::ip_address_pool:
                update_plain<model::IpAddressPool>(picture, ref, out);
                break;
            case model::Kind::l2_advertisement:
                update_plain<model::L2Advertisement>(picture, ref, out);
                break;
            case model::Kind::bgp_advertisement:
                update_plain<model::BgpAdvertisement>(picture, ref, out);
                break;
            case model::Kind::bgp_peer:
                update_plain<model::BgpPeer>(picture, ref, out);
                break;
            case model::Kind::service:
                update_service(picture, ref.key, out);
                break;
            case model::Kind::endpoint_slice:
                update_slice(picture, ref.key, out);
                break;
        }
    }
    return out;
}

bool FeedView::in_view(const model::Service& service) const {
    return service.type == model::ServiceType::load_balancer && !service.ingress.empty() &&
           service.load_balancer_class.value_or("") == load_balancer_class_;
}

void FeedView::update_service(const model::Picture& picture,
                              const model::ServiceKey& key,
                              std::vector<model::Change>& out) {
    const auto service = picture.find<model::Service>(key);
    if (service != nullptr && in_view(*service)) {
        out.push_back(put(trimmed(*service)));
        if (services_.insert(key).second) {
            for (const auto& slice : picture.slices_of(key)) {
                update_slice(picture, slice->meta.key, out);
            }
        }
        return;
    }
    if (services_.erase(key) == 0) {
        return;
    }
    // Slices go first: a speaker that applied half of this would rather have a service without
    // endpoints than the reverse.
    const auto held = slices_of_.find(key);
    if (held != slices_of_.end()) {
        for (const model::ObjectKey& slice :
             std::vector<model::ObjectKey>(held->second.begin(), held->second.end())) {
            drop_slice(slice, out);
        }
    }
    out.push_back(model::Change{model::ObjectRef{model::Kind::service, key}, nullptr});
}

void FeedView::update_slice(const model::Picture& picture,
                            const model::ObjectKey& key,
                            std::vector<model::Change>& out) {
    const auto slice = picture.find<model::EndpointSlice>(key);
    const model::ServiceKey service{key.namespace_name,
                                    slice == nullptr ? "" : slice->service_name};
    if (slice == nullptr || !services_.contains(service)) {
        drop_slice(key, out);
        return;
    }
    const auto held = slices_.find(key);
    if (held != slices_.end() && held->second != service) {
        slices_of_[held->second].erase(key);
    }
    slices_[key] = service;
    slices_of_[service].insert(key);
    out.push_back(put(trimmed(*slice)));
}

void FeedView::drop_slice(const model::ObjectKey& key, std::vector<model::Change>& out) {
    const auto held = slices_.find(key);
    if (held == slices_.end()) {
        return;
    }
    const auto of_service = slices_of_.find(held->second);
    of_service->second.erase(key);
    if (of_service->second.empty()) {
        slices_of_.erase(of_service);
    }
    slices_.erase(held);
    out.push_back(model::Change{model::ObjectRef{model::Kind::endpoint_slice, key}, nullptr});
}

model::Service trimmed(const model::Service& service) {
    model::Service kept = service;
    kept.meta.annotations.clear();
    for (const std::string_view prefix :
         {model::kAnnotationPrefix, model::kLegacyAnnotationPrefix}) {
        const std::string name = std::string(prefix) + std::string(model::kAllowSharedIp);
        const auto found = service.meta.annotations.find(name);
        if (found != service.meta.annotations.end()) {
            kept.meta.annotations.insert(*found);
        }
    }
    kept.load_balancer_ip.clear();
    kept.cluster_ips.clear();
    kept.ip_families.clear();
    kept.ports.clear();
    kept.selector.clear();
    return kept;
}

model::EndpointSlice trimmed(const model::EndpointSlice& slice) {
    model::EndpointSlice kept = slice;
    kept.meta.labels.clear();
    kept.meta.annotations.clear();
    return kept;
}

model::Node trimmed(const model::Node& node) {
    model::Node kept = node;
    kept.meta.annotations.clear();
    return kept;
}

}  // namespace ferro::controller
