#include "core/pool/request.h"

#include "core/model/annotations.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace ferro::pool {
namespace {

using ip::Address;
using Refused = tl::unexpected<Refusal>;

Refused refuse(RefusalReason reason, std::string message) {
    Refusal refusal;
    refusal.reason = reason;
    refusal.message = std::move(message);
    return Refused(std::move(refusal));
}

std::string_view trimmed(std::string_view text) {
    // What Go's strings.TrimSpace takes off, of ASCII.
    constexpr std::string_view kBlanks = " \t\n\v\f\r";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// "[a b]": how Go prints a list of texts.
std::string plain_list(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const std::string& text : texts) {
        out += (out.size() > 1 ? " " : "") + text;
    }
    return out + "]";
}

Families families_without_cluster_ips(const model::Service& service) {
    if (service.ip_family_policy != model::IpFamilyPolicy::single_stack) {
        return Families::dual;
    }
    return service.ip_families.empty() ? Families::ipv4 : families_of(service.ip_families.front());
}

tl::expected<std::vector<Address>, Refusal> parse_list(const std::string& text) {
    const auto invalid = [&] {
        return refuse(RefusalReason::request_invalid,
                      "invalid metallb.io/loadBalancerIPs: \"" + text + "\"");
    };
    std::vector<Address> addresses;
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        const auto address = Address::parse(trimmed(std::string_view(text).substr(at, comma - at)));
        if (!address) {
            return invalid();
        }
        addresses.push_back(*address);
        at = comma + 1;
    }
    if (!families_of(addresses)) {
        return invalid();
    }
    return addresses;
}

}  // namespace

tl::expected<Families, Refusal> families_of(const model::Service& service, ClusterIps cluster_ips) {
    if (service.cluster_ips.empty()) {
        if (cluster_ips == ClusterIps::families_suffice) {
            return families_without_cluster_ips(service);
        }
        return refuse(RefusalReason::no_cluster_ip, "the service has no clusterIP");
    }
    if (service.ip_family_policy == model::IpFamilyPolicy::require_dual_stack &&
        service.cluster_ips.size() < 2) {
        return refuse(RefusalReason::not_enough_families,
                      "ipFamilyPolicy RequireDualStack needs two clusterIPs, the service has " +
                          plain_list(service.cluster_ips));
    }
    std::vector<Address> addresses;
    for (const std::string& text : service.cluster_ips) {
        const auto address = Address::parse(text);
        if (!address) {
            return refuse(RefusalReason::families_unclear,
                          "invalid clusterIPs " + quoted_list(service.cluster_ips) + ": \"" + text +
                              "\" is not an address");
        }
        addresses.push_back(*address);
    }
    const auto families = families_of(addresses);
    if (!families) {
        return refuse(RefusalReason::families_unclear,
                      "invalid clusterIPs " + quoted_list(service.cluster_ips) +
                          ": neither one address nor one of each family");
    }
    return *families;
}

tl::expected<std::vector<Address>, Refusal> requested_addresses(const model::Service& service,
                                                                Families families) {
    const std::string text =
        model::annotation(service.meta.annotations, model::kLoadBalancerIps).value_or("");
    if (text.empty() && service.load_balancer_ip.empty()) {
        return std::vector<Address>{};
    }
    if (!text.empty() && !service.load_balancer_ip.empty()) {
        return refuse(RefusalReason::request_ambiguous,
                      "service can not have both metallb.io/loadBalancerIPs and "
                      "svc.Spec.LoadBalancerIP");
    }
    std::vector<Address> addresses;
    if (!text.empty()) {
        auto list = parse_list(text);
        if (!list) {
            return list;
        }
        addresses = *std::move(list);
    } else {
        const auto address = Address::parse(service.load_balancer_ip);
        if (!address) {
            return refuse(RefusalReason::request_invalid,
                          "invalid spec.loadBalancerIP \"" + service.load_balancer_ip + "\"");
        }
        addresses.push_back(*address);
    }
    if (families_of(addresses) != families) {
        return refuse(RefusalReason::request_family,
                      "requested loadBalancer IP(s) " + quoted_list(addresses) +
                          " does not match the ipFamily of the service");
    }
    sort_by_text(addresses);
    return addresses;
}

std::optional<PoolName> requested_pool(const model::Service& service) {
    auto name = model::annotation(service.meta.annotations, model::kAddressPool);
    if (!name || name->empty()) {
        return std::nullopt;
    }
    return PoolName(*std::move(name));
}

void sort_by_text(std::vector<Address>& addresses) {
    std::sort(addresses.begin(), addresses.end(), [](Address a, Address b) {
        return a.to_string() < b.to_string();
    });
}

}  // namespace ferro::pool
