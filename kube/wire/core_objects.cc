// Service, EndpointSlice and Node as the API server takes them: all of their fields are known here,
// and the few that bear on us are kept. Defaults are the API server's.
#include "core/ip/address.h"
#include "core/model/annotations.h"
#include "kube/wire/object_readers.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace ferro::kube {
namespace {

constexpr std::array<KnownField, 11> kServiceSpecUnused{
    {{"externalIPs", Shape::strings},
     {"sessionAffinity", Shape::string},
     {"loadBalancerSourceRanges", Shape::strings},
     {"externalName", Shape::string},
     {"healthCheckNodePort", Shape::integer},
     {"publishNotReadyAddresses", Shape::boolean},
     {"sessionAffinityConfig", Shape::mapping},
     {"allocateLoadBalancerNodePorts", Shape::boolean},
     {"internalTrafficPolicy", Shape::string},
     {"trafficDistribution", Shape::string},
     {"topologyKeys", Shape::strings}}};

constexpr std::array<KnownField, 4> kServicePortUnused{{{"name", Shape::string},
                                                        {"appProtocol", Shape::string},
                                                        {"targetPort", Shape::integer_or_string},
                                                        {"nodePort", Shape::integer}}};

constexpr std::array<KnownField, 5> kEndpointUnused{{{"hostname", Shape::string},
                                                     {"targetRef", Shape::mapping},
                                                     {"deprecatedTopology", Shape::string_map},
                                                     {"zone", Shape::string},
                                                     {"hints", Shape::mapping}}};

void read_ports(Fields& spec, model::Service& service) {
    std::set<model::ServicePort> seen;
    const Node* const list = spec.node().find("ports");
    const bool several = list != nullptr && list->items.size() > 1;
    spec.each("ports", [&](const Node& node, const std::string& path) {
        Fields fields(spec.reader(), node, path);
        model::ServicePort port;
        fields.known(kServicePortUnused);
        fields.require("port");
        if (several) {
            fields.require("name");
        }
        port.port = static_cast<std::uint16_t>(fields.integer("port", 1, 65535).value_or(0));
        constexpr std::array<const char*, 3> kProtocols{"TCP", "UDP", "SCTP"};
        port.protocol =
            kProtocols.at(fields.one_of("protocol", {"TCP", "UDP", "SCTP"}).value_or(0));
        fields.finish();
        if (port.port != 0 && !seen.insert(port).second) {
            spec.reader().error(Rule::invalid_value,
                                node.mark,
                                path,
                                "port " + std::to_string(port.port) + "/" + port.protocol +
                                    " stands here a second time",
                                "keep one of them");
        }
        service.ports.push_back(std::move(port));
    });
}

std::vector<ip::Family> read_families(Fields& spec) {
    std::vector<ip::Family> families;
    const std::vector<std::string> words = spec.strings("ipFamilies");
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool ipv4 = words[i] == "IPv4";
        const auto family = ipv4 ? ip::Family::ipv4 : ip::Family::ipv6;
        const std::string path = spec.path_of("ipFamilies") + "[" + std::to_string(i) + "]";
        const Mark mark = spec.node().find("ipFamilies")->items[i]->mark;
        if (!ipv4 && words[i] != "IPv6") {
            spec.reader().error(Rule::invalid_value,
                                mark,
                                path,
                                "\"" + words[i] + "\" is not one of IPv4, IPv6",
                                "choose one of them");
        } else if (std::find(families.begin(), families.end(), family) != families.end()) {
            spec.reader().error(Rule::invalid_value,
                                mark,
                                path,
                                words[i] + " stands here a second time",
                                "keep one of them");
        } else {
            families.push_back(family);
        }
    }
    return families;
}

/// The families of cluster addresses that parse ("None" does not).
std::vector<ip::Family> families_of(const std::vector<std::string>& cluster_ips) {
    std::vector<ip::Family> families;
    for (const std::string& text : cluster_ips) {
        if (const auto address = ip::Address::parse(text)) {
            families.push_back(address->family());
        }
    }
    return families;
}

/// ipFamilies and ipFamilyPolicy with the API server's defaults: absent policy means single stack
/// unless two families or cluster addresses are named; a dual policy fills in the second family.
void read_ip_families(Fields& spec, model::Service& service) {
    service.ip_families = read_families(spec);
    if (service.ip_families.empty()) {
        service.ip_families = families_of(service.cluster_ips);
    }
    const auto policy =
        spec.one_of("ipFamilyPolicy", {"SingleStack", "PreferDualStack", "RequireDualStack"});
    const bool two = service.ip_families.size() > 1;
    service.ip_family_policy = policy ? static_cast<model::IpFamilyPolicy>(*policy)
                               : two  ? model::IpFamilyPolicy::require_dual_stack
                                      : model::IpFamilyPolicy::single_stack;
    if (service.ip_family_policy == model::IpFamilyPolicy::single_stack && two) {
        spec.reader().error(Rule::invalid_value,
                            spec.node().find("ipFamilyPolicy")->mark,
                            spec.path_of("ipFamilyPolicy"),
                            "SingleStack with two families",
                            "name one family, or choose PreferDualStack or RequireDualStack");
        return;
    }
    if (service.ip_families.empty()) {
        service.ip_families.push_back(ip::Family::ipv4);
    }
    if (service.ip_family_policy != model::IpFamilyPolicy::single_stack && !two) {
        service.ip_families.push_back(
            service.ip_families.front() == ip::Family::ipv4 ? ip::Family::ipv6 : ip::Family::ipv4);
    }
}

void read_service_spec(Fields& spec, model::Service& service) {
    spec.known(kServiceSpecUnused);
    service.type = static_cast<model::ServiceType>(
        spec.one_of("type", {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}).value_or(0));
    const auto load_balancer_class = spec.string("loadBalancerClass").value_or("");
    if (!load_balancer_class.empty()) {
        service.load_balancer_class = load_balancer_class;
    }
    service.load_balancer_ip = spec.string("loadBalancerIP").value_or("");
    const std::string cluster_ip = spec.string("clusterIP").value_or("");
    service.cluster_ips = spec.strings("clusterIPs");
    if (service.cluster_ips.empty() && !cluster_ip.empty()) {
        service.cluster_ips.push_back(cluster_ip);
    }
    read_ip_families(spec, service);
    read_ports(spec, service);
    service.external_traffic_policy = static_cast<model::TrafficPolicy>(
        spec.one_of("externalTrafficPolicy", {"Cluster", "Local"}).value_or(0));
    service.selector = spec.labels("selector");
    spec.finish();
    const bool headless = !service.cluster_ips.empty() && service.cluster_ips.front() == "None";
    if (service.type != model::ServiceType::external_name && !headless) {
        spec.require("ports");
        const Node* const ports = spec.node().find("ports");
        if (ports != nullptr && ports->type == NodeType::sequence && ports->items.empty()) {
            spec.reader().error(Rule::missing_field,
                                ports->mark,
                                spec.path_of("ports"),
                                "has no item",
                                "name at least one port");
        }
    }
}

void read_service_status(Fields& fields, model::Service& service) {
    const Node* const node = fields.mapping("status");
    if (node == nullptr) {
        return;
    }
    Fields status(fields.reader(), *node, "status");
    constexpr std::array<KnownField, 1> kUnused{{{"conditions", Shape::list}}};
    status.known(kUnused);
    if (const Node* const balancer = status.mapping("loadBalancer")) {
        Fields balance(fields.reader(), *balancer, "status.loadBalancer");
        balance.each("ingress", [&](const Node& item, const std::string& path) {
            Fields ingress(fields.reader(), item, path);
            constexpr std::array<KnownField, 2> kIngressUnused{
                {{"ipMode", Shape::string}, {"ports", Shape::list}}};
            ingress.known(kIngressUnused);
            model::LoadBalancerIngress entry;
            entry.ip = ingress.string("ip").value_or("");
            entry.hostname = ingress.string("hostname").value_or("");
            ingress.finish();
            service.ingress.push_back(std::move(entry));
        });
        balance.finish();
    }
    status.finish();
}

model::Endpoint read_endpoint(Fields& fields) {
    model::Endpoint endpoint;
    fields.known(kEndpointUnused);
    fields.require("addresses");
    endpoint.addresses = fields.strings("addresses");
    endpoint.node_name = fields.string("nodeName");
    if (const Node* const node = fields.mapping("conditions")) {
        Fields conditions(fields.reader(), *node, fields.path_of("conditions"));
        endpoint.ready = conditions.boolean("ready");
        endpoint.serving = conditions.boolean("serving");
        conditions.boolean("terminating");
        conditions.finish();
    }
    fields.finish();
    return endpoint;
}

}  // namespace

model::Service read_service(Fields& fields) {
    model::Service service;
    fields.require("spec");
    if (const Node* const node = fields.mapping("spec")) {
        Fields spec(fields.reader(), *node, "spec");
        read_service_spec(spec, service);
    }
    read_service_status(fields, service);
    return service;
}

model::EndpointSlice read_endpoint_slice(Fields& fields, const model::ObjectMeta& meta) {
    model::EndpointSlice slice;
    const auto label = meta.labels.find(std::string(model::kServiceNameLabel));
    slice.service_name = label == meta.labels.end() ? "" : label->second;
    fields.require("addressType");
    fields.one_of("addressType", {"IPv4", "IPv6", "FQDN"});
    constexpr std::array<KnownField, 1> kUnused{{{"ports", Shape::list}}};
    fields.known(kUnused);
    fields.each("endpoints", [&](const Node& node, const std::string& path) {
        Fields endpoint(fields.reader(), node, path);
        slice.endpoints.push_back(read_endpoint(endpoint));
    });
    return slice;
}

model::Node read_node(Fields& fields) {
    model::Node node;
    constexpr std::array<KnownField, 1> kUnused{{{"spec", Shape::mapping}}};
    fields.known(kUnused);
    const Node* const status_node = fields.mapping("status");
    if (status_node == nullptr) {
        return node;
    }
    // What else a kubelet writes there is nobody's mistake: only what we use is looked at.
    Fields status(fields.reader(), *status_node, "status");
    status.each("conditions", [&](const Node& item, const std::string& path) {
        Fields condition(fields.reader(), item, path);
        const auto type = condition.string("type");
        const auto value = condition.string("status");
        if (type == "NetworkUnavailable" && (value == "True" || value == "False")) {
            node.network_unavailable = value == "True";
        }
    });
    status.each("addresses", [&](const Node& item, const std::string& path) {
        Fields address(fields.reader(), item, path);
        const auto type = address.string("type");
        const auto text = address.string("address");
        if (type == "InternalIP" && text) {
            node.internal_ips.push_back(*text);
        }
    });
    return node;
}

}  // namespace ferro::kube
