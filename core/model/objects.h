// The objects we read from a source, as plain values with only the fields that we use (spec
// sections 1 and 2). A source has already checked types and unknown fields; what the values mean is
// checked by core/config and core/pool. Texts that MetalLB parses late (addresses of pools,
// requested IPs, communities) stay texts here, so that the rule that refuses them can quote them.
#pragma once

#include "core/ip/address.h"
#include "core/model/labels.h"
#include "core/model/object_ref.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ferro::model {

struct ObjectMeta {
    ObjectKey key;
    Labels labels;
    Labels annotations;
    friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

// --- core/v1, discovery.k8s.io/v1 ---

enum class ServiceType : std::uint8_t { cluster_ip, node_port, load_balancer, external_name };
const char* to_string(ServiceType type);

enum class TrafficPolicy : std::uint8_t { cluster, local };
const char* to_string(TrafficPolicy policy);

enum class IpFamilyPolicy : std::uint8_t { single_stack, prefer_dual_stack, require_dual_stack };
const char* to_string(IpFamilyPolicy policy);

struct ServicePort {
    std::string protocol = "TCP";  ///< "TCP", "UDP" or "SCTP"
    std::uint16_t port = 0;
    friend auto operator<=>(const ServicePort&, const ServicePort&) = default;
};

/// One entry of status.loadBalancer.ingress, texts as stored: an entry may have a hostname only, or
/// an IP that does not parse.
struct LoadBalancerIngress {
    std::string ip;
    std::string hostname;
    friend bool operator==(const LoadBalancerIngress&, const LoadBalancerIngress&) = default;
};

struct Service {
    ObjectMeta meta;
    ServiceType type = ServiceType::cluster_ip;
    std::optional<std::string> load_balancer_class;  ///< unset when absent or empty
    std::string load_balancer_ip;                    ///< deprecated spec.loadBalancerIP
    /// spec.clusterIPs, or spec.clusterIP alone when the list is absent; may hold "None". Empty in
    /// a manifest folder, where nobody gives cluster addresses: there `ip_families` decides.
    std::vector<std::string> cluster_ips;
    IpFamilyPolicy ip_family_policy = IpFamilyPolicy::single_stack;
    std::vector<ip::Family> ip_families;
    std::vector<ServicePort> ports;
    TrafficPolicy external_traffic_policy = TrafficPolicy::cluster;
    Labels selector;
    std::vector<LoadBalancerIngress> ingress;  ///< status.loadBalancer.ingress
    friend bool operator==(const Service&, const Service&) = default;
};

struct Endpoint {
    std::vector<std::string> addresses;
    std::optional<bool> ready;
    std::optional<bool> serving;
    std::optional<std::string> node_name;

    /// Ready unset counts as ready; else serving decides; terminating is not looked at (spec 3.4).
    [[nodiscard]] bool is_serving() const {
        return ready.value_or(true) || serving.value_or(false);
    }

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct EndpointSlice {
    ObjectMeta meta;
    std::string service_name;  ///< label kubernetes.io/service-name; empty = belongs to no service
                               ///< and is ignored
    std::vector<Endpoint> endpoints;
    friend bool operator==(const EndpointSlice&, const EndpointSlice&) = default;
};

struct Node {
    ObjectMeta meta;
    std::optional<bool> network_unavailable;  ///< condition NetworkUnavailable: True, False; unset
                                              ///< = missing or Unknown
    std::vector<std::string>
        internal_ips;  ///< status.addresses of type InternalIP: seeds for the gossip
    friend bool operator==(const Node&, const Node&) = default;
};

struct Namespace {
    ObjectMeta meta;
    friend bool operator==(const Namespace&, const Namespace&) = default;
};

// --- metallb.io ---

struct ServiceAllocation {
    std::int32_t priority = 0;  ///< lower wins; 0 = unset = after all positive ones
    std::vector<std::string> namespaces;
    std::vector<LabelSelector> namespace_selectors;
    std::vector<LabelSelector> service_selectors;
    friend bool operator==(const ServiceAllocation&, const ServiceAllocation&) = default;
};

struct IpAddressPool {
    ObjectMeta meta;
    std::vector<std::string> addresses;
    bool auto_assign = true;
    bool avoid_buggy_ips = false;
    std::optional<ServiceAllocation> service_allocation;
    friend bool operator==(const IpAddressPool&, const IpAddressPool&) = default;
};

struct NodePreference {
    std::int32_t weight = 1;  ///< 1..100
    LabelSelector preference;
    friend bool operator==(const NodePreference&, const NodePreference&) = default;
};

struct L2Advertisement {
    ObjectMeta meta;
    std::vector<std::string> ip_address_pools;
    std::vector<LabelSelector> ip_address_pool_selectors;
    std::vector<LabelSelector> node_selectors;
    std::vector<std::string> interfaces;
    std::vector<LabelSelector> service_selectors;
    std::vector<NodePreference> preferred_node_selectors;
    friend bool operator==(const L2Advertisement&, const L2Advertisement&) = default;
};

struct BgpAdvertisement {
    ObjectMeta meta;
    std::int32_t aggregation_length = 32;
    std::int32_t aggregation_length_v6 = 128;
    std::uint32_t local_pref = 0;
    std::vector<std::string> communities;
    std::vector<std::string> ip_address_pools;
    std::vector<LabelSelector> ip_address_pool_selectors;
    std::vector<LabelSelector> node_selectors;
    std::vector<std::string> peers;
    std::vector<LabelSelector> service_selectors;
    friend bool operator==(const BgpAdvertisement&, const BgpAdvertisement&) = default;
};

/// Durations are in whole milliseconds, as parsed from Go's duration text.
struct BgpPeer {
    ObjectMeta meta;
    std::uint32_t my_asn = 0;
    std::uint32_t peer_asn = 0;
    std::uint32_t local_asn = 0;
    std::string dynamic_asn;  ///< "", "internal", "external"
    std::string peer_address;
    std::string interface;
    std::string source_address;
    std::uint16_t peer_port = 179;
    std::optional<std::int64_t> hold_time_ms;
    std::optional<std::int64_t> keepalive_time_ms;
    std::optional<std::int64_t> connect_time_ms;
    std::string router_id;
    std::vector<LabelSelector> node_selectors;
    std::string password;
    std::string password_secret_name;
    std::string password_secret_namespace;
    std::string bfd_profile;
    std::optional<bool> enable_graceful_restart;
    bool ebgp_multi_hop = false;
    std::string vrf;
    bool disable_mp = false;
    bool dual_stack_address_family = false;
    friend bool operator==(const BgpPeer&, const BgpPeer&) = default;
};

struct BfdProfile {
    ObjectMeta meta;
    std::optional<std::uint32_t> receive_interval_ms;
    std::optional<std::uint32_t> transmit_interval_ms;
    std::optional<std::uint32_t> detect_multiplier;
    std::optional<std::uint32_t> echo_interval_ms;
    std::optional<bool> echo_mode;
    std::optional<bool> passive_mode;
    std::optional<std::uint32_t> minimum_ttl;
    friend bool operator==(const BfdProfile&, const BfdProfile&) = default;
};

struct CommunityAlias {
    std::string name;
    std::string value;
    friend bool operator==(const CommunityAlias&, const CommunityAlias&) = default;
};

struct Community {
    ObjectMeta meta;
    std::vector<CommunityAlias> communities;
    friend bool operator==(const Community&, const Community&) = default;
};

/// One object of any kind that we read. The alternatives stand in the order of `Kind`.
using Object = std::variant<Namespace,
                            Node,
                            Community,
                            BfdProfile,
                            IpAddressPool,
                            L2Advertisement,
                            BgpAdvertisement,
                            BgpPeer,
                            Service,
                            EndpointSlice>;

/// Objects are immutable once made and shared by everyone who looks at them.
using ObjectPtr = std::shared_ptr<const Object>;

const ObjectMeta& meta_of(const Object& object);
Kind kind_of(const Object& object);
ObjectRef ref_of(const Object& object);

/// One step of a source: `object` null means it is gone.
struct Change {
    ObjectRef ref;
    ObjectPtr object;
};

}  // namespace ferro::model
