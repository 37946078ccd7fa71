#include "kube/engine/legacy_pools.h"

#include "core/ip/prefix.h"
#include "kube/wire/rules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace ferro::kube {
namespace {

using AddressSet = std::vector<ip::Range>;

/// The addresses of pool items as disjoint ranges in order, neighbours joined; nothing if an item
/// does not parse (core/config says so about the pool itself).
std::optional<AddressSet> addresses_of(const std::vector<std::string>& items) {
    AddressSet ranges;
    for (const std::string& item : items) {
        const auto prefixes = ip::parse_pool_item(item);
        if (!prefixes) {
            return std::nullopt;
        }
        for (const ip::Prefix& prefix : *prefixes) {
            ranges.push_back(prefix.range());
        }
    }
    std::sort(ranges.begin(), ranges.end());
    AddressSet joined;
    for (const ip::Range& range : ranges) {
        if (!joined.empty() && joined.back().family() == range.family()) {
            const ip::Range& last = joined.back();
            const bool touches = last.last().number() == ip::U128::max() ||
                                 range.first().number() <= last.last().number() + ip::U128{1};
            if (touches) {
                joined.back() = ip::Range(last.first(), std::max(last.last(), range.last()));
                continue;
            }
        }
        joined.push_back(range);
    }
    return joined;
}

bool overlap(const AddressSet& a, const AddressSet& b) {
    return std::any_of(a.begin(), a.end(), [&](const ip::Range& range) {
        return std::any_of(
            b.begin(), b.end(), [&](const ip::Range& other) { return range.overlaps(other); });
    });
}

bool advertises(const model::L2Advertisement& ad, const model::IpAddressPool& pool) {
    if (ad.meta.key.namespace_name != pool.meta.key.namespace_name) {
        return false;
    }
    const auto& names = ad.ip_address_pools;
    return (names.empty() && ad.ip_address_pool_selectors.empty()) ||
           std::find(names.begin(), names.end(), pool.meta.key.name) != names.end() ||
           model::any_matches(ad.ip_address_pool_selectors, pool.meta.labels);
}

/// The same object under another name.
model::ObjectPtr renamed(const model::Object& object, const std::string& name) {
    model::Object copy = object;
    std::visit([&](auto& value) { value.meta.key.name = name; }, copy);
    return std::make_shared<const model::Object>(std::move(copy));
}

/// The same advertisement for another pool.
model::ObjectPtr retargeted(const model::Object& object, const std::string& pool) {
    model::Object copy = object;
    if (auto* const layer2 = std::get_if<model::L2Advertisement>(&copy)) {
        layer2->ip_address_pools = {pool};
    } else if (auto* const bgp = std::get_if<model::BgpAdvertisement>(&copy)) {
        bgp->ip_address_pools = {pool};
    }
    return std::make_shared<const model::Object>(std::move(copy));
}

class Translation {
  public:
    explicit Translation(const model::Picture& modern) : modern_(modern) {}

    LegacyResult take() { return std::move(result_); }

    void translate(const LegacyConfig& config) {
        made_.clear();
        for (const LegacyPool& pool : config.pools) {
            add_pool(config, pool);
        }
        for (const ManifestObject& other : config.others) {
            add(other.object, other.ref);
        }
        std::string list;
        for (const std::string& name : made_) {
            list += (list.empty() ? "" : ", ") + name;
        }
        report(model::Severity::warning,
               Rule::legacy_config_map,
               {},
               "",
               "ConfigMap " + config.config_map.to_string() +
                   " is MetalLB's configuration from before 0.13" +
                   (list.empty() ? "" : "; it is read as " + list),
               "write " + (list.empty() ? std::string("modern objects") : std::string("these")) +
                   " and delete the ConfigMap",
               config.location);
    }

  private:
    void report(model::Severity severity,
                Rule rule,
                model::ObjectRef object,
                std::string field,
                std::string message,
                std::string remedy,
                model::Location location) {
        result_.findings.push_back(model::Finding{severity,
                                                  to_string(rule),
                                                  std::move(object),
                                                  std::move(field),
                                                  std::move(message),
                                                  std::move(remedy),
                                                  std::move(location)});
    }

    [[nodiscard]] bool taken(const model::ObjectRef& ref) const {
        if (result_.objects.contains(ref)) {
            return true;
        }
        switch (ref.kind) {
            case model::Kind::ip_address_pool:
                return modern_.find<model::IpAddressPool>(ref.key) != nullptr;
            case model::Kind::l2_advertisement:
                return modern_.find<model::L2Advertisement>(ref.key) != nullptr;
            case model::Kind::bgp_advertisement:
                return modern_.find<model::BgpAdvertisement>(ref.key) != nullptr;
            case model::Kind::bgp_peer:
                return modern_.find<model::BgpPeer>(ref.key) != nullptr;
            case model::Kind::bfd_profile:
                return modern_.find<model::BfdProfile>(ref.key) != nullptr;
            case model::Kind::community:
                return modern_.find<model::Community>(ref.key) != nullptr;
            default:
                return false;
        }
    }

    /// Adds an object whose name nobody refers to, under the next free name if its own is taken.
    void add(const model::ObjectPtr& object, model::ObjectRef ref) {
        model::ObjectPtr placed = object;
        const std::string base = ref.key.name;
        for (int number = 2; taken(ref); ++number) {
            if (ref.kind == model::Kind::bfd_profile) {
                return;  // referred to by name: the modern profile counts
            }
            ref.key.name = base + "-" + std::to_string(number);
            placed = renamed(*object, ref.key.name);
        }
        made_.push_back(std::string(model::to_string(ref.kind)) + " " + ref.key.name);
        result_.objects.emplace(std::move(ref), std::move(placed));
    }

    void add_pool(const LegacyConfig& config, const LegacyPool& legacy) {
        const auto& pool = std::get<model::IpAddressPool>(*legacy.pool.object);
        const auto addresses = addresses_of(pool.addresses);
        std::shared_ptr<const model::IpAddressPool> twin;
        for (const auto& [key, other] : modern_.all<model::IpAddressPool>()) {
            const auto others = key.namespace_name == pool.meta.key.namespace_name
                                    ? addresses_of(other->addresses)
                                    : std::nullopt;
            if (!addresses || !others || !overlap(*addresses, *others)) {
                continue;
            }
            if (*addresses != *others) {
                refuse_overlap(config, legacy, *other);
                return;
            }
            twin = other;
        }
        if (twin != nullptr) {
            advertise(config, legacy, *twin);
        } else if (taken(legacy.pool.ref)) {
            report(model::Severity::error,
                   Rule::duplicate_object,
                   legacy.pool.ref,
                   "",
                   "legacy address pool of ConfigMap " + config.config_map.to_string() +
                       " has the name of another pool and is left out",
                   "rename one of them",
                   legacy.pool.location);
        } else {
            add(legacy.pool.object, legacy.pool.ref);
            for (const ManifestObject& ad : legacy.advertisements) {
                add(ad.object, ad.ref);
            }
        }
    }

    static std::string called(const LegacyConfig& config, const LegacyPool& legacy) {
        return "legacy address pool \"" + legacy.pool.ref.key.name + "\" of ConfigMap " +
               config.config_map.to_string();
    }

    void refuse_overlap(const LegacyConfig& config,
                        const LegacyPool& legacy,
                        const model::IpAddressPool& other) {
        report(model::Severity::error,
               Rule::legacy_pool_overlap,
               {model::Kind::ip_address_pool, other.meta.key},
               "spec.addresses",
               called(config, legacy) +
                   " has some of the addresses of this pool, but not exactly these, and is left "
                   "out",
               "delete it from the ConfigMap, or make the addresses equal",
               legacy.pool.location);
    }

    /// The pool stands there already: what is left of the legacy one is how it is announced.
    void advertise(const LegacyConfig& config,
                   const LegacyPool& legacy,
                   const model::IpAddressPool& twin) {
        const model::ObjectRef twin_ref{model::Kind::ip_address_pool, twin.meta.key};
        const auto& ads = modern_.all<model::L2Advertisement>();
        const auto present = std::find_if(ads.begin(), ads.end(), [&](const auto& entry) {
            return advertises(*entry.second, twin);
        });
        const bool has_layer2 = present != ads.end();
        std::string kinds;
        for (const ManifestObject& ad : legacy.advertisements) {
            if (has_layer2 && ad.ref.kind == model::Kind::l2_advertisement) {
                continue;
            }
            add(retargeted(*ad.object, twin.meta.key.name), ad.ref);
            const std::string kind = model::to_string(ad.ref.kind);
            if (kinds.find(kind) == std::string::npos) {
                kinds += (kinds.empty() ? "" : " and ") + kind;
            }
        }
        const std::string same = called(config, legacy) + " has exactly the addresses of this pool";
        if (kinds.empty()) {
            report(model::Severity::warning,
                   Rule::legacy_pool_is_advertisement,
                   twin_ref,
                   "",
                   same + (has_layer2 ? ", which L2Advertisement " + present->first.name +
                                            " announces already; it is left out"
                                      : "; it is left out"),
                   "delete it from the ConfigMap",
                   legacy.pool.location);
            return;
        }
        report(model::Severity::warning,
               Rule::legacy_pool_is_advertisement,
               twin_ref,
               "",
               same + " and is read as its " + kinds,
               "write " + std::string(kinds.starts_with("L2") ? "an " : "a ") + kinds +
                   " with ipAddressPools [" + twin.meta.key.name +
                   "] and delete it from the ConfigMap",
               legacy.pool.location);
    }

    const model::Picture& modern_;
    LegacyResult result_;
    std::vector<std::string> made_;
};

}  // namespace

LegacyResult translate_legacy(const std::vector<const LegacyConfig*>& configs,
                              const model::Picture& modern) {
    Translation translation(modern);
    for (const LegacyConfig* config : configs) {
        translation.translate(*config);
    }
    return translation.take();
}

}  // namespace ferro::kube
