// Each kind has a write() and a read(). write() takes the model's struct apart with a structured
// binding that names every member: a field added to core/model does not compile here until somebody
// decides how it travels.
#include "proto/feed_objects.h"

#include "proto/feed_fields.h"

#include <limits>

namespace ferro::feed {
// --- core/v1, discovery.k8s.io/v1 ---

void write(const model::Namespace& object, v1::Object* out) {
    const auto& [meta] = object;
    write(meta, out->mutable_namespace_object()->mutable_meta());
}

Result<model::Object> read(const v1::Namespace& in) {
    return model::Namespace{.meta = read(in.meta())};
}

void write(const model::Node& object, v1::Object* wrapper) {
    const auto& [meta, network_unavailable, internal_ips] = object;
    v1::Node* out = wrapper->mutable_node();
    write(meta, out->mutable_meta());
    write_optional(network_unavailable, out, &v1::Node::set_network_unavailable);
    write(internal_ips, out->mutable_internal_ips());
}

Result<model::Object> read(const v1::Node& in) {
    return model::Node{
        .meta = read(in.meta()),
        .network_unavailable = optional_of(in.has_network_unavailable(), in.network_unavailable()),
        .internal_ips = read(in.internal_ips())};
}

static void write_ports(const std::vector<model::ServicePort>& ports, v1::Service* out) {
    for (const model::ServicePort& item : ports) {
        const auto& [protocol, port] = item;
        v1::ServicePort* wire = out->add_ports();
        wire->set_protocol(protocol);
        wire->set_port(port);
    }
}

static void write_ingress(const std::vector<model::LoadBalancerIngress>& ingress,
                          v1::Service* out) {
    for (const model::LoadBalancerIngress& item : ingress) {
        const auto& [ip, hostname] = item;
        v1::LoadBalancerIngress* wire = out->add_ingress();
        wire->set_ip(ip);
        wire->set_hostname(hostname);
    }
}

void write(const model::Service& object, v1::Object* wrapper) {
    const auto& [meta,
                 type,
                 load_balancer_class,
                 load_balancer_ip,
                 cluster_ips,
                 ip_family_policy,
                 ip_families,
                 ports,
                 external_traffic_policy,
                 selector,
                 ingress] = object;
    v1::Service* out = wrapper->mutable_service();
    write(meta, out->mutable_meta());
    out->set_type(static_cast<v1::ServiceType>(type));
    if (load_balancer_class) {
        out->set_load_balancer_class(*load_balancer_class);
    }
    out->set_load_balancer_ip(load_balancer_ip);
    write(cluster_ips, out->mutable_cluster_ips());
    out->set_ip_family_policy(static_cast<v1::IpFamilyPolicy>(ip_family_policy));
    for (const ip::Family family : ip_families) {
        out->add_ip_families(static_cast<v1::IpFamily>(family));
    }
    write_ports(ports, out);
    out->set_external_traffic_policy(static_cast<v1::TrafficPolicy>(external_traffic_policy));
    write(selector, out->mutable_selector());
    write_ingress(ingress, out);
}

static Result<void> read_lists(const v1::Service& in, model::Service& service) {
    service.ip_families.reserve(static_cast<std::size_t>(in.ip_families_size()));
    for (const int number : in.ip_families()) {
        const auto family = enum_of(number, ip::Family::ipv6);
        if (!family) {
            return out_of_range("service family");
        }
        service.ip_families.push_back(*family);
    }
    service.ports.reserve(static_cast<std::size_t>(in.ports_size()));
    for (const v1::ServicePort& wire : in.ports()) {
        TRY(const auto port, port_of(wire.port()));
        service.ports.push_back({.protocol = wire.protocol(), .port = port});
    }
    service.ingress.reserve(static_cast<std::size_t>(in.ingress_size()));
    for (const v1::LoadBalancerIngress& wire : in.ingress()) {
        service.ingress.push_back({.ip = wire.ip(), .hostname = wire.hostname()});
    }
    return {};
}

Result<model::Object> read(const v1::Service& in) {
    const auto type = enum_of(in.type(), model::ServiceType::external_name);
    const auto policy = enum_of(in.ip_family_policy(), model::IpFamilyPolicy::require_dual_stack);
    const auto traffic = enum_of(in.external_traffic_policy(), model::TrafficPolicy::local);
    if (!type || !policy || !traffic) {
        return out_of_range("service type or policy");
    }
    model::Service service;
    service.meta = read(in.meta());
    service.type = *type;
    service.load_balancer_class =
        optional_of(in.has_load_balancer_class(), in.load_balancer_class());
    service.load_balancer_ip = in.load_balancer_ip();
    service.cluster_ips = read(in.cluster_ips());
    service.ip_family_policy = *policy;
    service.external_traffic_policy = *traffic;
    service.selector = read(in.selector());
    TRY_VOID(read_lists(in, service));
    return model::Object(std::move(service));
}

void write(const model::EndpointSlice& object, v1::Object* wrapper) {
    const auto& [meta, service_name, endpoints] = object;
    v1::EndpointSlice* out = wrapper->mutable_endpoint_slice();
    write(meta, out->mutable_meta());
    out->set_service_name(service_name);
    for (const model::Endpoint& item : endpoints) {
        const auto& [addresses, ready, serving, node_name] = item;
        v1::Endpoint* wire = out->add_endpoints();
        write(addresses, wire->mutable_addresses());
        write_optional(ready, wire, &v1::Endpoint::set_ready);
        write_optional(serving, wire, &v1::Endpoint::set_serving);
        if (node_name) {
            wire->set_node_name(*node_name);
        }
    }
}

Result<model::Object> read(const v1::EndpointSlice& in) {
    model::EndpointSlice slice{
        .meta = read(in.meta()), .service_name = in.service_name(), .endpoints = {}};
    slice.endpoints.reserve(static_cast<std::size_t>(in.endpoints_size()));
    for (const v1::Endpoint& wire : in.endpoints()) {
        slice.endpoints.push_back(
            {.addresses = read(wire.addresses()),
             .ready = optional_of(wire.has_ready(), wire.ready()),
             .serving = optional_of(wire.has_serving(), wire.serving()),
             .node_name = optional_of(wire.has_node_name(), wire.node_name())});
    }
    return model::Object(std::move(slice));
}

std::string encode_object(const model::Object& object) {
    v1::Object wire;
    std::visit([&wire](const auto& value) { write(value, &wire); }, object);
    return wire.SerializeAsString();
}

Result<model::Object> decode_object(std::string_view bytes) {
    v1::Object wire;
    if (bytes.size() > std::numeric_limits<int>::max() ||
        !wire.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return Error{ErrorCode::invalid_input, "the bytes are no feed object"};
    }
    switch (wire.kind_case()) {
        case v1::Object::kNamespaceObject:
            return read(wire.namespace_object());
        case v1::Object::kNode:
            return read(wire.node());
        case v1::Object::kCommunity:
            return read(wire.community());
        case v1::Object::kBfdProfile:
            return read(wire.bfd_profile());
        case v1::Object::kIpAddressPool:
            return read(wire.ip_address_pool());
        case v1::Object::kL2Advertisement:
            return read(wire.l2_advertisement());
        case v1::Object::kBgpAdvertisement:
            return read(wire.bgp_advertisement());
        case v1::Object::kBgpPeer:
            return read(wire.bgp_peer());
        case v1::Object::kService:
            return read(wire.service());
        case v1::Object::kEndpointSlice:
            return read(wire.endpoint_slice());
        case v1::Object::KIND_NOT_SET:
            break;
    }
    return Error{ErrorCode::not_found, "a feed object of a kind that this release does not know"};
}

}  // namespace ferro::feed
