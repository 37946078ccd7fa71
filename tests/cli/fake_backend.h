// A controller that knows one small cluster: what the command's tests look at.
#pragma once

#include "controller/control/control_server.h"

#include <functional>
#include <string>
#include <vector>

namespace ferro::tests {

inline constexpr std::int64_t kGivenAt = 1795369500000;  // 2026-11-22T17:45:00Z

inline control::Service announced_service() {
    control::Service service;
    service.namespace_name = "default";
    service.name = "web";
    service.ips = {"10.15.250.25"};
    service.pool = "mes-pool";
    service.announced_by = {{"host-2", "layer2", {"eth0"}}};
    service.since_unix_ms = kGivenAt;
    service.verdict = "announced";
    service.should_announce = true;
    service.announced = true;
    return service;
}

inline control::Service silent_service() {
    control::Service service;
    service.namespace_name = "default";
    service.name = "quiet";
    service.ips = {"10.15.250.26", "2001:db8::1"};
    service.pool = "mes-pool";
    service.since_unix_ms = kGivenAt + 3600000;
    service.verdict = "no_serving_endpoint";
    service.reason = "no endpoint serves";
    service.should_announce = true;
    return service;
}

inline control::Service foreign_service() {
    control::Service service;
    service.namespace_name = "other";
    service.name = "theirs";
    service.verdict = "other_load_balancer_class";
    return service;
}

inline control::Pool dual_pool() {
    control::Pool pool;
    pool.name = "mes-pool";
    pool.ranges = {{"10.15.250.25-10.15.250.29", "ipv4", "5", "2", "3"},
                   {"2001:db8::/64", "ipv6", "18446744073709551616", "1", "18446744073709551615"}};
    pool.used_ipv4 = "2";
    pool.free_ipv4 = "3";
    pool.used_ipv6 = "1";
    pool.free_ipv6 = "18446744073709551615";
    pool.advertised_by = {"L2Advertisement/mes-l2"};
    return pool;
}

inline control::Pool full_pool() {
    control::Pool pool;
    pool.name = "full";
    pool.auto_assign = false;
    pool.avoid_buggy_ips = true;
    pool.ranges = {{"10.0.0.1/32", "ipv4", "1", "1", "0"}};
    pool.used_ipv4 = "1";
    return pool;
}

inline control::Speakers three_speakers() {
    control::Speakers speakers;
    speakers.feed_version = 42;
    const auto speaker = [](const char* node, bool connected, std::uint64_t version) {
        control::Speaker one;
        one.node = node;
        one.connected = connected;
        one.feed_version = version;
        one.feed_age_ms = connected ? 250 : 95000;
        one.announces = connected ? 1 : 0;
        one.peer = "10.15.1.1:4711";
        one.version = "0.1.0";
        return one;
    };
    speakers.speakers = {speaker("host-1", true, 42), speaker("host-2", true, 41)};
    speakers.speakers.push_back(speaker("host-3", false, 7));
    return speakers;
}

inline std::vector<control::Finding> two_findings() {
    control::Finding error;
    error.severity = "error";
    error.rule = "unknown_field";
    error.kind = "IPAddressPool";
    error.namespace_name = "metallb-system";
    error.name = "second-pool";
    error.field = "spec.adresses";
    error.message = "there is no such field";
    error.remedy = "did you mean addresses?";
    error.file = "broken.yaml";
    error.line = 7;
    error.column = 3;
    control::Finding warning;
    warning.severity = "warning";
    warning.rule = "legacy_config_map";
    warning.message = "the ConfigMap is from before 0.13";
    return {error, warning};
}

inline control::Gate gate(const char* word,
                          const char* protocol,
                          const char* question,
                          control::Answer answer,
                          const char* evidence) {
    control::Gate made;
    made.gate = word;
    made.protocol = protocol;
    made.question = question;
    made.answer = answer;
    made.evidence = evidence;
    return made;
}

inline control::Explanation why_silent() {
    using control::Answer;
    control::Explanation explanation;
    explanation.service = silent_service();
    explanation.gates = {
        gate("type", "", "is it a LoadBalancer service?", Answer::yes, "spec.type: LoadBalancer"),
        gate("address", "", "has it an address?", Answer::yes, "10.15.250.26 from mes-pool"),
        gate("endpoints",
             "layer2",
             "does any endpoint serve?",
             Answer::no,
             "2 endpoints in EndpointSlice default/quiet-1, none ready or serving"),
        gate("election", "layer2", "who answers?", Answer::not_reached, "")};
    explanation.gates[2].reason = "no_serving_endpoint";
    explanation.gates[2].remedy = "look at the pods behind the service: kubectl get pods -o wide";
    control::NodeView node;
    node.node = "host-1";
    node.layer2 = "no_serving_endpoint";
    node.endpoints_total = 2;
    explanation.nodes = {node};
    return explanation;
}

inline control::Explanation why_announced() {
    using control::Answer;
    control::Explanation explanation;
    explanation.service = announced_service();
    explanation.gates = {
        gate("type", "", "is it a LoadBalancer service?", Answer::yes, "spec.type: LoadBalancer"),
        gate("election", "layer2", "who answers?", Answer::yes, "host-2, first of 3"),
        gate("advertisement", "bgp", "does one match?", Answer::no, "no BGPAdvertisement")};
    return explanation;
}

inline control::Version healthy_version() {
    control::Version version;
    version.version = "0.1.0";
    version.commit = "abcdef012345";
    version.source = "manifests";
    version.source_detail = "/etc/ferrolb";
    version.synchronised = true;
    version.picture_age_ms = 61000;
    version.feed_version = 42;
    version.uptime_ms = 90061000;
    return version;
}

class FakeBackend final : public controller::ControlBackend {
  public:
    std::vector<control::Service> services() override { return services_; }

    std::vector<control::Pool> pools() override { return {dual_pool(), full_pool()}; }

    control::Speakers speakers() override { return three_speakers(); }

    std::vector<control::Finding> findings() override { return findings_; }

    std::vector<control::Explanation> explain(const std::string& query) override {
        if (on_explain) {
            on_explain();
        }
        if (query == "default/quiet" || query == "10.15.250.26") {
            return {why_silent()};
        }
        return query == "web" ? std::vector{why_announced()} : std::vector<control::Explanation>();
    }

    control::Version version() override { return healthy_version(); }

    std::vector<control::Service> services_ = {
        announced_service(), silent_service(), foreign_service()};
    std::vector<control::Finding> findings_ = two_findings();
    std::function<void()> on_explain;
};

}  // namespace ferro::tests
