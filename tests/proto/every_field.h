// One object of each kind with every field away from its default.
#pragma once

#include "core/model/objects.h"

#include <vector>

namespace ferro::feed {

inline model::ObjectMeta full_meta(const char* name) {
    return {.key = {.namespace_name = "metallb-system", .name = name},
            .labels = {{"app", "web"}, {"tier", ""}},
            .annotations = {{"metallb.io/address-pool", "gold"}, {"note", "caf\xC3\xA9 \xFF"}}};
}

inline model::LabelSelector full_selector() {
    return {.match_labels = {{"app", "web"}},
            .match_expressions = {
                {.key = "zone", .op = model::SelectorOperator::in, .values = {"a", "b"}},
                {.key = "zone", .op = model::SelectorOperator::not_in, .values = {"c"}},
                {.key = "fast", .op = model::SelectorOperator::exists, .values = {}},
                {.key = "old", .op = model::SelectorOperator::does_not_exist, .values = {}}}};
}

inline model::Service full_service() {
    model::Service service;
    service.meta = full_meta("web");
    service.type = model::ServiceType::load_balancer;
    service.load_balancer_class = "ferro.io/lb";
    service.load_balancer_ip = "10.0.0.9";
    service.cluster_ips = {"10.96.0.1", "fd00::1"};
    service.ip_family_policy = model::IpFamilyPolicy::require_dual_stack;
    service.ip_families = {ip::Family::ipv6, ip::Family::ipv4};
    service.ports = {{.protocol = "UDP", .port = 65535}, {.protocol = "TCP", .port = 80}};
    service.external_traffic_policy = model::TrafficPolicy::local;
    service.selector = {{"app", "web"}};
    service.ingress = {{.ip = "10.0.0.9", .hostname = ""}, {.ip = "", .hostname = "web.example"}};
    return service;
}

inline model::BgpPeer full_peer() {
    model::BgpPeer peer;
    peer.meta = full_meta("tor");
    peer.my_asn = 64512;
    peer.peer_asn = 4294967295;
    peer.local_asn = 65000;
    peer.dynamic_asn = "external";
    peer.peer_address = "10.0.0.1";
    peer.interface = "eth0";
    peer.source_address = "10.0.0.2";
    peer.peer_port = 1179;
    peer.hold_time_ms = 90'000;
    peer.keepalive_time_ms = 0;
    peer.connect_time_ms = -1;
    peer.router_id = "1.2.3.4";
    peer.node_selectors = {full_selector()};
    peer.password = "secret";
    peer.password_secret_name = "name";
    peer.password_secret_namespace = "space";
    peer.bfd_profile = "fast";
    peer.enable_graceful_restart = false;
    peer.ebgp_multi_hop = true;
    peer.vrf = "red";
    peer.disable_mp = true;
    peer.dual_stack_address_family = true;
    return peer;
}

inline std::vector<model::Object> every_kind_with_every_field() {
    const auto selector = full_selector();
    return {
        model::Namespace{.meta = full_meta("default")},
        model::Node{.meta = full_meta("node-1"),
                    .network_unavailable = false,
                    .internal_ips = {"192.0.2.1", "fd00::2"}},
        model::Community{.meta = full_meta("communities"),
                         .communities = {{.name = "blue", .value = "64512:100"}}},
        model::BfdProfile{.meta = full_meta("fast"),
                          .receive_interval_ms = 1,
                          .transmit_interval_ms = 2,
                          .detect_multiplier = 3,
                          .echo_interval_ms = 4,
                          .echo_mode = false,
                          .passive_mode = true,
                          .minimum_ttl = 0},
        model::IpAddressPool{
            .meta = full_meta("gold"),
            .addresses = {"10.0.0.0/24", "fd00::/64"},
            .auto_assign = false,
            .avoid_buggy_ips = true,
            .service_allocation = model::ServiceAllocation{.priority = -7,
                                                           .namespaces = {"a", "b"},
                                                           .namespace_selectors = {selector},
                                                           .service_selectors = {selector, {}}}},
        model::L2Advertisement{
            .meta = full_meta("l2"),
            .ip_address_pools = {"gold"},
            .ip_address_pool_selectors = {selector},
            .node_selectors = {selector, selector},
            .interfaces = {"eth0", "eth1"},
            .service_selectors = {selector},
            .preferred_node_selectors = {{.weight = 100, .preference = selector}}},
        model::BgpAdvertisement{.meta = full_meta("bgp"),
                                .aggregation_length = 24,
                                .aggregation_length_v6 = 64,
                                .local_pref = 4294967295,
                                .communities = {"64512:1"},
                                .ip_address_pools = {"gold"},
                                .ip_address_pool_selectors = {selector},
                                .node_selectors = {selector},
                                .peers = {"tor"},
                                .service_selectors = {selector}},
        full_peer(),
        full_service(),
        model::EndpointSlice{
            .meta = full_meta("web-abc"),
            .service_name = "web",
            .endpoints = {
                {.addresses = {"10.1.0.1"}, .ready = false, .serving = true, .node_name = "node-1"},
                {.addresses = {},
                 .ready = std::nullopt,
                 .serving = std::nullopt,
                 .node_name = ""}}}};
}

/// The same with every field at its default.
inline std::vector<model::Object> every_kind_with_defaults() {
    return {model::Namespace{},
            model::Node{},
            model::Community{},
            model::BfdProfile{},
            model::IpAddressPool{},
            model::L2Advertisement{},
            model::BgpAdvertisement{},
            model::BgpPeer{},
            model::Service{},
            model::EndpointSlice{}};
}

}  // namespace ferro::feed
