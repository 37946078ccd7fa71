// Words in which the tests of core/pool and of the reconciler say what is in the cluster: pools and
// services with only what matters to the case.
#pragma once

#include "core/config/configuration.h"
#include "core/model/annotations.h"
#include "core/model/objects.h"
#include "core/pool/allocator.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferro::pool::testing {

inline ip::Address addr(const std::string& text) {
    const auto address = ip::Address::parse(text);
    EXPECT_TRUE(address.has_value()) << text;
    return address.value_or(ip::Address{});
}

inline std::vector<ip::Address> addrs(const std::vector<std::string>& texts) {
    std::vector<ip::Address> addresses;
    for (const std::string& text : texts) {
        addresses.push_back(addr(text));
    }
    return addresses;
}

inline std::vector<std::string> texts_of(const std::vector<ip::Address>& addresses) {
    std::vector<std::string> texts;
    for (const ip::Address address : addresses) {
        texts.push_back(address.to_string());
    }
    return texts;
}

struct PoolWords {
    config::Pool pool;

    explicit PoolWords(const std::string& name, const std::vector<std::string>& items) {
        pool.name = PoolName(name);
        for (const std::string& item : items) {
            const auto prefixes = ip::parse_pool_item(item);
            EXPECT_TRUE(prefixes.has_value()) << item;
            pool.prefixes.insert(pool.prefixes.end(), prefixes->begin(), prefixes->end());
        }
    }

    PoolWords& manual() {
        pool.auto_assign = false;
        return *this;
    }

    PoolWords& avoid_buggy() {
        pool.avoid_buggy_ips = true;
        return *this;
    }

    PoolWords& priority(std::int32_t value) {
        pinned().priority = value;
        return *this;
    }

    PoolWords& namespaces(const std::set<std::string>& names) {
        pinned().namespaces = names;
        return *this;
    }

    PoolWords& namespace_selectors_matching_none() {
        pinned().has_namespace_selectors = true;
        return *this;
    }

    PoolWords& selects(const std::string& key, const std::string& value) {
        model::LabelSelector selector;
        selector.match_labels[key] = value;
        pinned().service_selectors.push_back(selector);
        return *this;
    }

  private:
    config::PoolAllocation& pinned() {
        if (!pool.allocation) {
            pool.allocation.emplace();
        }
        return *pool.allocation;
    }
};

inline std::shared_ptr<const config::Configuration> configuration(
    const std::vector<PoolWords>& pools) {
    auto made = std::make_shared<config::Configuration>();
    for (const PoolWords& words : pools) {
        made->pools.emplace(words.pool.name, words.pool);
    }
    return made;
}

/// A LoadBalancer service in namespace "default" with TCP/80, single-stack IPv4.
struct ServiceWords {
    model::Service service;

    explicit ServiceWords(const std::string& name, const std::string& name_space = "default") {
        service.meta.key = {name_space, name};
        service.type = model::ServiceType::load_balancer;
        service.cluster_ips = {"10.96.0.1"};
        service.ports = {{"TCP", 80}};
        service.selector = {{"app", name}};
    }

    ServiceWords& type(model::ServiceType value) {
        service.type = value;
        return *this;
    }

    ServiceWords& ports(const std::vector<model::ServicePort>& value) {
        service.ports = value;
        return *this;
    }

    ServiceWords& label(const std::string& key, const std::string& value) {
        service.meta.labels[key] = value;
        return *this;
    }

    ServiceWords& annotation(const std::string& key, const std::string& value) {
        service.meta.annotations[key] = value;
        return *this;
    }

    ServiceWords& share(const std::string& key) {
        return annotation("metallb.io/allow-shared-ip", key);
    }

    ServiceWords& pool(const std::string& name) {
        return annotation("metallb.io/address-pool", name);
    }

    ServiceWords& wants(const std::string& ips) {
        return annotation("metallb.io/loadBalancerIPs", ips);
    }

    ServiceWords& local(const model::Labels& selector) {
        service.external_traffic_policy = model::TrafficPolicy::local;
        service.selector = selector;
        return *this;
    }

    ServiceWords& lb_class(const std::string& value) {
        service.load_balancer_class = value;
        return *this;
    }

    ServiceWords& ipv6() {
        service.cluster_ips = {"fd00::1"};
        service.ip_families = {ip::Family::ipv6};
        return *this;
    }

    ServiceWords& dual(model::IpFamilyPolicy policy,
                       std::vector<ip::Family> families = {ip::Family::ipv4, ip::Family::ipv6}) {
        service.cluster_ips = {"10.96.0.1", "fd00::1"};
        service.ip_family_policy = policy;
        service.ip_families = std::move(families);
        return *this;
    }

    /// The status and annotation that an earlier run wrote.
    ServiceWords& holding(const std::vector<std::string>& ips, const std::string& pool_name) {
        service.ingress.clear();
        for (const std::string& text : ips) {
            service.ingress.push_back({text, ""});
        }
        service.meta.annotations[std::string(model::kIpAllocatedFromPool)] = pool_name;
        return *this;
    }
};

/// The addresses of an outcome, or the word of the refusal.
inline std::vector<std::string> words_of(const Outcome& outcome) {
    return outcome ? texts_of(outcome->addresses)
                   : std::vector<std::string>{to_string(outcome.error().reason)};
}

using Texts = std::vector<std::string>;

}  // namespace ferro::pool::testing
