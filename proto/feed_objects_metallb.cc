// The metallb.io kinds of the feed; feed_objects.cc says how.
#include "proto/feed_fields.h"

namespace ferro::feed {

void write(const model::IpAddressPool& object, v1::Object* wrapper) {
    const auto& [meta, addresses, auto_assign, avoid_buggy_ips, service_allocation] = object;
    v1::IpAddressPool* out = wrapper->mutable_ip_address_pool();
    write(meta, out->mutable_meta());
    write(addresses, out->mutable_addresses());
    out->set_auto_assign(auto_assign);
    out->set_avoid_buggy_ips(avoid_buggy_ips);
    if (service_allocation) {
        const auto& [priority, namespaces, namespace_selectors, service_selectors] =
            *service_allocation;
        v1::ServiceAllocation* allocation = out->mutable_service_allocation();
        allocation->set_priority(priority);
        write(namespaces, allocation->mutable_namespaces());
        write(namespace_selectors, allocation->mutable_namespace_selectors());
        write(service_selectors, allocation->mutable_service_selectors());
    }
}

Result<model::Object> read(const v1::IpAddressPool& in) {
    model::IpAddressPool pool;
    pool.meta = read(in.meta());
    pool.addresses = read(in.addresses());
    pool.auto_assign = in.auto_assign();
    pool.avoid_buggy_ips = in.avoid_buggy_ips();
    if (in.has_service_allocation()) {
        const v1::ServiceAllocation& wire = in.service_allocation();
        model::ServiceAllocation allocation;
        allocation.priority = wire.priority();
        allocation.namespaces = read(wire.namespaces());
        TRY(allocation.namespace_selectors, read(wire.namespace_selectors()));
        TRY(allocation.service_selectors, read(wire.service_selectors()));
        pool.service_allocation = std::move(allocation);
    }
    return model::Object(std::move(pool));
}

void write(const model::L2Advertisement& object, v1::Object* wrapper) {
    const auto& [meta,
                 ip_address_pools,
                 ip_address_pool_selectors,
                 node_selectors,
                 interfaces,
                 service_selectors,
                 preferred_node_selectors] = object;
    v1::L2Advertisement* out = wrapper->mutable_l2_advertisement();
    write(meta, out->mutable_meta());
    write(ip_address_pools, out->mutable_ip_address_pools());
    write(ip_address_pool_selectors, out->mutable_ip_address_pool_selectors());
    write(node_selectors, out->mutable_node_selectors());
    write(interfaces, out->mutable_interfaces());
    write(service_selectors, out->mutable_service_selectors());
    for (const model::NodePreference& item : preferred_node_selectors) {
        const auto& [weight, preference] = item;
        v1::NodePreference* wire = out->add_preferred_node_selectors();
        wire->set_weight(weight);
        write(preference, wire->mutable_preference());
    }
}

Result<model::Object> read(const v1::L2Advertisement& in) {
    model::L2Advertisement advertisement;
    advertisement.meta = read(in.meta());
    advertisement.ip_address_pools = read(in.ip_address_pools());
    TRY(advertisement.ip_address_pool_selectors, read(in.ip_address_pool_selectors()));
    TRY(advertisement.node_selectors, read(in.node_selectors()));
    advertisement.interfaces = read(in.interfaces());
    TRY(advertisement.service_selectors, read(in.service_selectors()));
    for (const v1::NodePreference& wire : in.preferred_node_selectors()) {
        TRY(auto preference, read(wire.preference()));
        advertisement.preferred_node_selectors.push_back(
            {.weight = wire.weight(), .preference = std::move(preference)});
    }
    return model::Object(std::move(advertisement));
}

void write(const model::BgpAdvertisement& object, v1::Object* wrapper) {
    const auto& [meta,
                 aggregation_length,
                 aggregation_length_v6,
                 local_pref,
                 communities,
                 ip_address_pools,
                 ip_address_pool_selectors,
                 node_selectors,
                 peers,
                 service_selectors] = object;
    v1::BgpAdvertisement* out = wrapper->mutable_bgp_advertisement();
    write(meta, out->mutable_meta());
    out->set_aggregation_length(aggregation_length);
    out->set_aggregation_length_v6(aggregation_length_v6);
    out->set_local_pref(local_pref);
    write(communities, out->mutable_communities());
    write(ip_address_pools, out->mutable_ip_address_pools());
    write(ip_address_pool_selectors, out->mutable_ip_address_pool_selectors());
    write(node_selectors, out->mutable_node_selectors());
    write(peers, out->mutable_peers());
    write(service_selectors, out->mutable_service_selectors());
}

Result<model::Object> read(const v1::BgpAdvertisement& in) {
    model::BgpAdvertisement advertisement;
    advertisement.meta = read(in.meta());
    advertisement.aggregation_length = in.aggregation_length();
    advertisement.aggregation_length_v6 = in.aggregation_length_v6();
    advertisement.local_pref = in.local_pref();
    advertisement.communities = read(in.communities());
    advertisement.ip_address_pools = read(in.ip_address_pools());
    TRY(advertisement.ip_address_pool_selectors, read(in.ip_address_pool_selectors()));
    TRY(advertisement.node_selectors, read(in.node_selectors()));
    advertisement.peers = read(in.peers());
    TRY(advertisement.service_selectors, read(in.service_selectors()));
    return model::Object(std::move(advertisement));
}

void write(const model::BgpPeer& object, v1::Object* wrapper) {
    const auto& [meta,
                 my_asn,
                 peer_asn,
                 local_asn,
                 dynamic_asn,
                 peer_address,
                 interface,
                 source_address,
                 peer_port,
                 hold_time_ms,
                 keepalive_time_ms,
                 connect_time_ms,
                 router_id,
                 node_selectors,
                 password,
                 password_secret_name,
                 password_secret_namespace,
                 bfd_profile,
                 enable_graceful_restart,
                 ebgp_multi_hop,
                 vrf,
                 disable_mp,
                 dual_stack_address_family] = object;
    v1::BgpPeer* out = wrapper->mutable_bgp_peer();
    write(meta, out->mutable_meta());
    out->set_my_asn(my_asn);
    out->set_peer_asn(peer_asn);
    out->set_local_asn(local_asn);
    out->set_dynamic_asn(dynamic_asn);
    out->set_peer_address(peer_address);
    out->set_interface(interface);
    out->set_source_address(source_address);
    out->set_peer_port(peer_port);
    write_optional(hold_time_ms, out, &v1::BgpPeer::set_hold_time_ms);
    write_optional(keepalive_time_ms, out, &v1::BgpPeer::set_keepalive_time_ms);
    write_optional(connect_time_ms, out, &v1::BgpPeer::set_connect_time_ms);
    out->set_router_id(router_id);
    write(node_selectors, out->mutable_node_selectors());
    out->set_password(password);
    out->set_password_secret_name(password_secret_name);
    out->set_password_secret_namespace(password_secret_namespace);
    out->set_bfd_profile(bfd_profile);
    write_optional(enable_graceful_restart, out, &v1::BgpPeer::set_enable_graceful_restart);
    out->set_ebgp_multi_hop(ebgp_multi_hop);
    out->set_vrf(vrf);
    out->set_disable_mp(disable_mp);
    out->set_dual_stack_address_family(dual_stack_address_family);
}

Result<model::Object> read(const v1::BgpPeer& in) {
    model::BgpPeer peer;
    peer.meta = read(in.meta());
    peer.my_asn = in.my_asn();
    peer.peer_asn = in.peer_asn();
    peer.local_asn = in.local_asn();
    peer.dynamic_asn = in.dynamic_asn();
    peer.peer_address = in.peer_address();
    peer.interface = in.interface();
    peer.source_address = in.source_address();
    TRY(peer.peer_port, port_of(in.peer_port()));
    peer.hold_time_ms = optional_of<std::int64_t>(in.has_hold_time_ms(), in.hold_time_ms());
    peer.keepalive_time_ms =
        optional_of<std::int64_t>(in.has_keepalive_time_ms(), in.keepalive_time_ms());
    peer.connect_time_ms =
        optional_of<std::int64_t>(in.has_connect_time_ms(), in.connect_time_ms());
    peer.router_id = in.router_id();
    TRY(peer.node_selectors, read(in.node_selectors()));
    peer.password = in.password();
    peer.password_secret_name = in.password_secret_name();
    peer.password_secret_namespace = in.password_secret_namespace();
    peer.bfd_profile = in.bfd_profile();
    peer.enable_graceful_restart =
        optional_of(in.has_enable_graceful_restart(), in.enable_graceful_restart());
    peer.ebgp_multi_hop = in.ebgp_multi_hop();
    peer.vrf = in.vrf();
    peer.disable_mp = in.disable_mp();
    peer.dual_stack_address_family = in.dual_stack_address_family();
    return model::Object(std::move(peer));
}

void write(const model::BfdProfile& object, v1::Object* wrapper) {
    const auto& [meta,
                 receive_interval_ms,
                 transmit_interval_ms,
                 detect_multiplier,
                 echo_interval_ms,
                 echo_mode,
                 passive_mode,
                 minimum_ttl] = object;
    v1::BfdProfile* out = wrapper->mutable_bfd_profile();
    write(meta, out->mutable_meta());
    write_optional(receive_interval_ms, out, &v1::BfdProfile::set_receive_interval_ms);
    write_optional(transmit_interval_ms, out, &v1::BfdProfile::set_transmit_interval_ms);
    write_optional(detect_multiplier, out, &v1::BfdProfile::set_detect_multiplier);
    write_optional(echo_interval_ms, out, &v1::BfdProfile::set_echo_interval_ms);
    write_optional(echo_mode, out, &v1::BfdProfile::set_echo_mode);
    write_optional(passive_mode, out, &v1::BfdProfile::set_passive_mode);
    write_optional(minimum_ttl, out, &v1::BfdProfile::set_minimum_ttl);
}

Result<model::Object> read(const v1::BfdProfile& in) {
    return model::BfdProfile{
        .meta = read(in.meta()),
        .receive_interval_ms = optional_of(in.has_receive_interval_ms(), in.receive_interval_ms()),
        .transmit_interval_ms =
            optional_of(in.has_transmit_interval_ms(), in.transmit_interval_ms()),
        .detect_multiplier = optional_of(in.has_detect_multiplier(), in.detect_multiplier()),
        .echo_interval_ms = optional_of(in.has_echo_interval_ms(), in.echo_interval_ms()),
        .echo_mode = optional_of(in.has_echo_mode(), in.echo_mode()),
        .passive_mode = optional_of(in.has_passive_mode(), in.passive_mode()),
        .minimum_ttl = optional_of(in.has_minimum_ttl(), in.minimum_ttl())};
}

void write(const model::Community& object, v1::Object* wrapper) {
    const auto& [meta, communities] = object;
    v1::Community* out = wrapper->mutable_community();
    write(meta, out->mutable_meta());
    for (const model::CommunityAlias& item : communities) {
        const auto& [name, value] = item;
        v1::CommunityAlias* wire = out->add_communities();
        wire->set_name(name);
        wire->set_value(value);
    }
}

Result<model::Object> read(const v1::Community& in) {
    model::Community community;
    community.meta = read(in.meta());
    for (const v1::CommunityAlias& wire : in.communities()) {
        community.communities.push_back({.name = wire.name(), .value = wire.value()});
    }
    return model::Object(std::move(community));
}

}  // namespace ferro::feed
