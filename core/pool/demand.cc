#include "core/pool/demand.h"

#include "core/model/annotations.h"

namespace ferro::pool {

const char* to_string(Families families) {
    switch (families) {
        case Families::ipv4:
            return "ipv4";
        case Families::ipv6:
            return "ipv6";
        case Families::dual:
            return "dual";
    }
    return "ipv4";
}

std::optional<Families> families_of(const std::vector<ip::Address>& addresses) {
    if (addresses.size() == 1) {
        return families_of(addresses[0].family());
    }
    if (addresses.size() == 2 && addresses[0].family() != addresses[1].family()) {
        return Families::dual;
    }
    return std::nullopt;
}

std::string sharing_terms_of(const model::Service& service) {
    const auto key = model::annotation(service.meta.annotations, model::kAllowSharedIp);
    if (!key || key->empty()) {
        return "";
    }
    std::string terms = *key;
    terms += '\0';  // A selector holds no zero byte, so the last one parts the halves.
    if (service.external_traffic_policy == model::TrafficPolicy::local) {
        terms += model::to_string(service.selector);
    }
    return terms;
}

Demand demand_of(const model::Service& service, Families families) {
    Demand demand;
    demand.service = &service;
    demand.families = families;
    demand.policy = service.ip_family_policy;
    demand.primary = service.ip_families.empty() ? ip::Family::ipv4 : service.ip_families.front();
    demand.sharing_terms = sharing_terms_of(service);
    return demand;
}

}  // namespace ferro::pool
