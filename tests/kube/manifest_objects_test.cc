// Manifests without a mistake: what of them reaches the model, with the API server's defaults.
#include "kube/wire/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace ferro::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The one object of a text that has no findings.
template <typename T>
T read(const std::string& text) {
    const Manifest manifest = read_manifest("f.yaml", text);
    for (const model::Finding& finding : manifest.findings) {
        ADD_FAILURE() << finding.to_string();
    }
    if (manifest.objects.size() != 1 || manifest.objects[0].object == nullptr ||
        !std::holds_alternative<T>(*manifest.objects[0].object)) {
        ADD_FAILURE() << "not one object of the kind wanted";
        return {};
    }
    return std::get<T>(*manifest.objects[0].object);
}

model::Service service(const std::string& spec) {
    return read<model::Service>("apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {" +
                                spec + "}\n");
}

model::BgpPeer peer(const std::string& version, const std::string& spec) {
    return read<model::BgpPeer>("apiVersion: metallb.io/" + version +
                                "\nkind: BGPPeer\nmetadata: {name: b, namespace: m}\nspec: {" +
                                spec + "}\n");
}

TEST(ManifestService, HasTheApiServersDefaults) {
    const model::Service made = service("ports: [{port: 80}]");
    EXPECT_EQ(made.meta.key.to_string(), "default/s");
    EXPECT_EQ(made.type, model::ServiceType::cluster_ip);
    EXPECT_THAT(made.ports, ElementsAre(model::ServicePort{"TCP", 80}));
    EXPECT_EQ(made.ip_family_policy, model::IpFamilyPolicy::single_stack);
    EXPECT_THAT(made.ip_families, ElementsAre(ip::Family::ipv4));
    EXPECT_EQ(made.external_traffic_policy, model::TrafficPolicy::cluster);
}

TEST(ManifestService, FillsInTheFamiliesOfADualPolicy) {
    using ip::Family;
    const std::string ports = "ports: [{port: 80}]";
    EXPECT_THAT(service(ports + ", ipFamilyPolicy: PreferDualStack").ip_families,
                ElementsAre(Family::ipv4, Family::ipv6));
    EXPECT_THAT(
        service(ports + ", ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6]").ip_families,
        ElementsAre(Family::ipv6, Family::ipv4));
    EXPECT_EQ(service(ports + ", ipFamilies: [IPv6, IPv4]").ip_family_policy,
              model::IpFamilyPolicy::require_dual_stack);
    EXPECT_THAT(service(ports + ", clusterIP: \"fd00::1\"").ip_families, ElementsAre(Family::ipv6));
}

TEST(ManifestService, TakesEveryFieldThatKubernetesHas) {
    const auto made = read<model::Service>(R"(
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  uid: 1b4e28ba
  resourceVersion: "12"
  generation: 1
  creationTimestamp: 2024-01-01T00:00:00Z
  deletionTimestamp: null
  ownerReferences: [{apiVersion: v1, kind: X, name: y, uid: z}]
  finalizers: [service.kubernetes.io/load-balancer-cleanup]
  managedFields: [{manager: kubectl, fieldsV1: {"f:spec": {}}}]
  labels: {app.kubernetes.io/name: web}
  annotations: {metallb.universe.tf/loadBalancerIPs: 10.0.0.1}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.5
  clusterIPs: [10.96.0.5]
  externalIPs: [1.2.3.4]
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}}
  loadBalancerIP: 10.0.0.1
  loadBalancerClass: metallb.io/lb
  loadBalancerSourceRanges: [10.0.0.0/8]
  externalTrafficPolicy: Local
  internalTrafficPolicy: Cluster
  trafficDistribution: PreferClose
  healthCheckNodePort: 30000
  publishNotReadyAddresses: true
  allocateLoadBalancerNodePorts: false
  ipFamilies: [IPv4]
  ipFamilyPolicy: SingleStack
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: http, nodePort: 31000, protocol: TCP, appProtocol: http}
  - {name: dns, port: 53, targetPort: 5353, protocol: UDP}
status:
  conditions: []
  loadBalancer:
    ingress: [{ip: 10.0.0.1, ipMode: VIP, ports: []}, {hostname: h.example}]
)");
    EXPECT_EQ(made.load_balancer_class, "metallb.io/lb");
    EXPECT_EQ(made.load_balancer_ip, "10.0.0.1");
    EXPECT_THAT(made.cluster_ips, ElementsAre("10.96.0.5"));
    EXPECT_EQ(made.external_traffic_policy, model::TrafficPolicy::local);
    EXPECT_THAT(made.ports,
                ElementsAre(model::ServicePort{"TCP", 80}, model::ServicePort{"UDP", 53}));
    EXPECT_THAT(made.ingress,
                ElementsAre(model::LoadBalancerIngress{"10.0.0.1", ""},
                            model::LoadBalancerIngress{"", "h.example"}));
    EXPECT_EQ(model::to_string(made.selector), "app=web");
}

TEST(ManifestEndpointSlice, BelongsToTheServiceOfItsLabel) {
    const auto made = read<model::EndpointSlice>(R"(
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: e, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 80, protocol: TCP, appProtocol: null}]
endpoints:
- addresses: [10.1.0.1]
  nodeName: host-1
  hostname: a
  zone: z
  hints: {forZones: [{name: z}]}
  targetRef: {kind: Pod, name: p}
  deprecatedTopology: {a: b}
  conditions: {ready: false, serving: true, terminating: true}
- addresses: [10.1.0.2]
)");
    EXPECT_EQ(made.service_name, "web");
    ASSERT_EQ(made.endpoints.size(), 2U);
    EXPECT_TRUE(made.endpoints[0].is_serving());
    EXPECT_EQ(made.endpoints[0].ready, false);
    EXPECT_EQ(made.endpoints[0].node_name, "host-1");
    EXPECT_TRUE(made.endpoints[1].is_serving());
}

TEST(ManifestNode, KeepsTheConditionAndTheInternalAddresses) {
    const auto made = read<model::Node>(R"(
apiVersion: v1
kind: Node
metadata: {name: host, namespace: ignored}
spec: {podCIDR: 10.0.0.0/24, taints: [{key: a, effect: NoSchedule}], anything: else}
status:
  capacity: {cpu: "4"}
  conditions:
  - {type: Ready, status: "True"}
  - {type: NetworkUnavailable, status: "True", reason: x}
  addresses:
  - {type: Hostname, address: host}
  - {type: InternalIP, address: 192.168.1.5}
)");
    EXPECT_EQ(made.meta.key.to_string(), "host");
    EXPECT_EQ(made.network_unavailable, true);
    EXPECT_THAT(made.internal_ips, ElementsAre("192.168.1.5"));
}

TEST(ManifestPool, ReadsItsAllocation) {
    const auto made = read<model::IpAddressPool>(R"(
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: p, namespace: m}
spec:
  addresses: [10.0.0.0/24, 10.0.1.1-10.0.1.9]
  avoidBuggyIPs: true
  autoAssign: false
  serviceAllocation:
    priority: 5
    namespaces: [a]
    namespaceSelectors: [{matchLabels: {x: z}}]
    serviceSelectors: [{matchExpressions: [{key: k, operator: Exists}]}]
status: {assignedIPv4: 1, assignedIPv6: 0, availableIPv4: 2, availableIPv6: 0}
)");
    EXPECT_THAT(made.addresses, ElementsAre("10.0.0.0/24", "10.0.1.1-10.0.1.9"));
    EXPECT_FALSE(made.auto_assign);
    EXPECT_TRUE(made.avoid_buggy_ips);
    ASSERT_TRUE(made.service_allocation.has_value());
    EXPECT_EQ(made.service_allocation->priority, 5);
    EXPECT_EQ(made.service_allocation->service_selectors.at(0).to_string(), "k");
}

TEST(ManifestAdvertisement, NeedsNoSpec) {
    EXPECT_THAT(read<model::L2Advertisement>("apiVersion: metallb.io/v1beta1\nkind: "
                                             "L2Advertisement\nmetadata: {name: a, namespace: m}\n")
                    .interfaces,
                IsEmpty());
    const auto bgp = read<model::BgpAdvertisement>(
        "apiVersion: metallb.io/v1beta1\nkind: BGPAdvertisement\nmetadata: {name: a, namespace: "
        "m}\n"
        "spec: {localPref: 4294967295, communities: [65000:100]}\n");
    EXPECT_EQ(bgp.aggregation_length, 32);
    EXPECT_EQ(bgp.local_pref, 4294967295U);
    EXPECT_THAT(bgp.communities, ElementsAre("65000:100"));
}

TEST(ManifestPeer, V1beta2LeavesAbsentTimersAbsent) {
    const model::BgpPeer made =
        peer("v1beta2", "myASN: 64512, dynamicASN: external, interface: eth0, holdTime: 1m30s");
    EXPECT_EQ(made.hold_time_ms, 90'000);
    EXPECT_EQ(made.keepalive_time_ms, std::nullopt);
    EXPECT_EQ(made.peer_port, 179);
    EXPECT_EQ(made.dynamic_asn, "external");
}

// Spec 1.6 and quirk Q20.
TEST(ManifestPeer, V1beta1IsConvertedAsTheWebhookDoes) {
    const model::BgpPeer made = peer("v1beta1",
                                     "myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.1, "
                                     "peerPort: 0, nodeSelectors: [{}]");
    EXPECT_EQ(made.hold_time_ms, 0);
    EXPECT_EQ(made.keepalive_time_ms, 0);
    EXPECT_EQ(made.peer_port, 179);
    ASSERT_EQ(made.node_selectors.size(), 1U);
    EXPECT_TRUE(made.node_selectors[0].matches({}));
    const Manifest refused = read_manifest(
        "f.yaml",
        "apiVersion: metallb.io/v1beta1\nkind: BGPPeer\nmetadata: {name: b, namespace: m}\nspec: "
        "{myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, vrf: red}\n");
    ASSERT_EQ(refused.findings.size(), 1U);
    EXPECT_EQ(refused.findings[0].rule, "unknown_field");
}

TEST(ManifestLegacy, IsTranslatedAsMetallbsConverterDoes) {
    const Manifest manifest = read_manifest("f.yaml", R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: metallb-system}
data:
  config: |
    peers:
    - {my-asn: 64512, peer-asn: 64513, peer-address: 10.0.0.1, hold-time: 95500ms}
    - my-asn: 1
      peer-asn: 2
      peer-address: 10.0.0.2
      node-selectors: [{match-labels: {a: b}}]
    address-pools:
    - {name: My_Pool, protocol: bgp, addresses: [10.0.0.0/24]}
    - name: l2
      protocol: layer2
      addresses: [10.0.1.0/24]
      bgp-advertisements: [{aggregation-length: 24, localpref: 100, communities: [no-ads]}]
    bgp-communities: {no-ads: 65000:1, all: 65000:2}
    bfd-profiles: [{name: fast, receive-interval: 50}]
)");
    EXPECT_THAT(manifest.findings, IsEmpty());
    ASSERT_EQ(manifest.legacy.size(), 1U);
    const LegacyConfig& config = manifest.legacy[0];
    ASSERT_EQ(config.pools.size(), 2U);
    EXPECT_EQ(config.pools[0].pool.ref.to_string(), "IPAddressPool metallb-system/my-pool");
    EXPECT_EQ(config.pools[0].pool.location.to_string(), "f.yaml:14:7");
    ASSERT_EQ(config.pools[0].advertisements.size(), 1U);
    EXPECT_EQ(config.pools[0].advertisements[0].ref.key.name, "bgpadvertisement1");
    ASSERT_EQ(config.pools[1].advertisements.size(), 2U);
    EXPECT_EQ(config.pools[1].advertisements[0].ref.key.name, "bgpadvertisement2");
    EXPECT_EQ(config.pools[1].advertisements[1].ref.key.name, "l2advertisement1");
    ASSERT_EQ(config.others.size(), 4U);
    const auto& first = std::get<model::BgpPeer>(*config.others[0].object);
    EXPECT_EQ(first.meta.key.name, "peer1");
    EXPECT_EQ(first.hold_time_ms, 95'000);
    EXPECT_EQ(std::get<model::BgpPeer>(*config.others[1].object).hold_time_ms, 90'000);
    EXPECT_EQ(config.others[2].ref.key.name, "fast");
    const auto& community = std::get<model::Community>(*config.others[3].object);
    EXPECT_THAT(community.communities,
                ElementsAre(model::CommunityAlias{"all", "65000:2"},
                            model::CommunityAlias{"no-ads", "65000:1"}));
}

TEST(ManifestLegacy, FindingsNameThePlaceInTheFile) {
    const Manifest manifest = read_manifest("f.yaml", R"(apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: m}
data:
  config: |
    address-pools:
    - name: a
      protocol: layer3
      addresses: [10.0.0.0/24]
    - name: b
      protocol: layer2
      adresses: [10.0.1.0/24]
)");
    std::vector<std::string> texts;
    for (const model::Finding& finding : manifest.findings) {
        texts.push_back(finding.to_string());
    }
    EXPECT_THAT(texts,
                ElementsAre("f.yaml:8:17 data.config.address-pools[0].protocol: \"layer3\" is not "
                            "one of layer2, bgp, did you mean \"layer2\"?",
                            "f.yaml:10:7 data.config.address-pools[1].addresses: missing, add it",
                            "f.yaml:12:7 data.config.address-pools[1].adresses: unknown field, did "
                            "you mean \"addresses\"?"));
    ASSERT_EQ(manifest.legacy.size(), 1U);
    EXPECT_TRUE(manifest.legacy[0].refused);
    EXPECT_THAT(manifest.legacy[0].pools, IsEmpty());
}

TEST(ManifestLegacy, OtherConfigMapsAreNotOurs) {
    for (const char* text : {"data: {config: \"a: b\"}",
                             "data: {config: \"{peers: [], other: 1}\"}",
                             "data: {config: \"[\"}",
                             "data: {x: y}",
                             "{}"}) {
        const Manifest manifest =
            read_manifest("f.yaml",
                          std::string("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n") +
                              (text[0] == '{' ? "" : text));
        EXPECT_THAT(manifest.legacy, IsEmpty()) << text;
        EXPECT_THAT(manifest.findings, IsEmpty()) << text;
        EXPECT_EQ(manifest.skipped.size(), 1U) << text;
    }
    const Manifest custom = read_manifest(
        "f.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lb}\ndata: {config: \"peers: []\"}\n");
    EXPECT_EQ(custom.legacy.size(), 1U);
}

}  // namespace
}  // namespace ferro::kube
