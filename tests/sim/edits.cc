#include "tests/sim/edits.h"

#include "tests/sim/reference_pools.h"

#include <algorithm>
#include <utility>

namespace ferro::sim {
namespace {

constexpr std::size_t kSlots = 5;
const std::string kOwn = "metallb-system";

template <typename T>
constexpr model::Kind kind_of_type();

template <>
constexpr model::Kind kind_of_type<model::Service>() {
    return model::Kind::service;
}

template <>
constexpr model::Kind kind_of_type<model::IpAddressPool>() {
    return model::Kind::ip_address_pool;
}

template <>
constexpr model::Kind kind_of_type<model::L2Advertisement>() {
    return model::Kind::l2_advertisement;
}

template <>
constexpr model::Kind kind_of_type<model::EndpointSlice>() {
    return model::Kind::endpoint_slice;
}

template <typename T>
model::ObjectRef ref_to(const T& object) {
    return {kind_of_type<T>(), object.meta.key};
}

}  // namespace

Edits::Edits(Prng random, Store& store, Trace& trace, std::size_t nodes, bool cluster_ips)
    : random_(random), store_(store), trace_(trace), nodes_(nodes), cluster_ips_(cluster_ips) {
    choices_ = {{&Edits::create_service, 14, 0},
                {&Edits::remove_service, 6, 0},
                {&Edits::change_service, 16, 0},
                {&Edits::create_pool, 3, 0},
                {&Edits::remove_pool, 2, 0},
                {&Edits::grow_pool, 4, 0},
                {&Edits::shrink_pool, 3, 0},
                {&Edits::split_pool, 2, 0},
                {&Edits::rename_pool, 2, 0},
                {&Edits::break_pool, 1, 0},
                {&Edits::repair, 2, 0},
                {&Edits::pin_pool, 3, 0},
                {&Edits::flag_pool, 2, 0},
                {&Edits::edit_advertisement, 4, 0},
                {&Edits::remove_advertisement, 1, 0},
                {&Edits::break_advertisement, 1, 0},
                {&Edits::edit_namespace, 2, 0},
                {&Edits::edit_node, 4, 0},
                {&Edits::remove_node, 1, 0},
                {&Edits::edit_slice, 8, 0},
                {&Edits::remove_slice, 2, 0}};
    for (Choice& choice : choices_) {
        const std::uint64_t dice = random_.below(10);
        choice.weight = dice < 2 ? 0 : dice < 9 ? choice.usual : choice.usual * 10;
        total_ += choice.weight;
    }
    spare_ = random_.below(60);
    if (total_ == 0) {
        total_ = choices_[0].weight = 1;
    }
}

void Edits::begin() {
    for (std::size_t i = 0; i < nodes_; ++i) {
        model::Node node;
        node.meta.key.name = "node-" + std::to_string(i);
        node.meta.labels["rack"] = i % 2 == 0 ? "r1" : "r2";
        put("node", node);
    }
    for (const char* name : {"shop", "ops"}) {
        model::Namespace space;
        space.meta.key.name = name;
        space.meta.labels["team"] = name;
        put("namespace", space);
    }
    model::L2Advertisement everything;
    everything.meta.key = {kOwn, "ad-0"};
    put("advertisement", everything);
    for (std::uint64_t i = 1 + random_.below(2); i > 0; --i) {
        create_pool();
    }
    for (std::uint64_t i = random_.below(6); i > 0; --i) {
        create_service();
    }
}

void Edits::step() {
    std::uint64_t dice = random_.below(total_);
    for (const Choice& choice : choices_) {
        if (dice < choice.weight) {
            (this->*choice.edit)();
            return;
        }
        dice -= choice.weight;
    }
}

void Edits::put(const char* what, model::Object object) {
    trace_.line(std::string("edit: ") + what + " " + model::ref_of(object).to_string());
    store_.put(std::move(object));
}

void Edits::remove(const char* what, const model::ObjectRef& ref) {
    trace_.line(std::string("edit: ") + what + " " + ref.to_string());
    store_.remove(ref);
}

template <typename T>
const T* Edits::any() {
    const auto& all = store_.picture().all<T>();
    if (all.empty()) {
        return nullptr;
    }
    return std::next(all.begin(), static_cast<std::ptrdiff_t>(random_.below(all.size())))
        ->second.get();
}

std::string Edits::pick(const std::vector<std::string>& from) {
    return from[random_.below(from.size())];
}

// --- services ---

void Edits::create_service() {
    model::Service service;
    service.meta.key = {pick({"shop", "ops"}), "s" + std::to_string(random_.below(6))};
    if (store_.picture().find<model::Service>(service.meta.key) != nullptr) {
        change_service();
        return;
    }
    service.type = model::ServiceType::load_balancer;
    service.ports = {{"TCP", 80}};
    service.selector = {{"app", service.meta.key.name}};
    if (cluster_ips_) {
        service.cluster_ips = {"10.96.0.1"};
    }
    dress(service);
    put("create", service);
    if (random_.chance(80)) {
        model::EndpointSlice slice;
        slice.meta.key = service.meta.key;
        slice.service_name = service.meta.key.name;
        slice.endpoints.push_back(
            {{"10.1.0.1"}, true, true, "node-" + std::to_string(random_.below(nodes_))});
        put("create", slice);
    }
}

void Edits::remove_service() {
    if (const auto* service = any<model::Service>()) {
        remove("remove", ref_to(*service));
    }
}

void Edits::change_service() {
    const auto* found = any<model::Service>();
    if (found == nullptr) {
        return;
    }
    model::Service service = *found;
    switch (random_.below(9)) {
        case 0:
            service.type = service.type == model::ServiceType::load_balancer
                               ? model::ServiceType::cluster_ip
                               : model::ServiceType::load_balancer;
            service.load_balancer_class.reset();
            break;
        case 1:
            service.external_traffic_policy =
                service.external_traffic_policy == model::TrafficPolicy::local
                    ? model::TrafficPolicy::cluster
                    : model::TrafficPolicy::local;
            break;
        case 2:
            give_families(service);
            break;
        case 3:
        case 4:
            give_request(service);
            break;
        case 5:
            give_sharing(service);
            break;
        case 6:
            service.meta.labels["tier"] = pick({"web", "db", "none"});
            break;
        case 7:
            service.ports = {
                {pick({"TCP", "UDP"}), static_cast<std::uint16_t>(80 + random_.below(3))}};
            if (random_.chance(30)) {
                service.ports.push_back({"TCP", 443});
            }
            break;
        default:
            dress(service);
    }
    put("change", service);
}

void Edits::dress(model::Service& service) {
    if (random_.chance(spare_)) {
        give_families(service);
    }
    if (random_.chance(spare_)) {
        give_request(service);
    }
    if (random_.chance(spare_)) {
        give_sharing(service);
    }
    if (random_.chance(spare_)) {
        service.meta.labels["tier"] = pick({"web", "db"});
    }
    if (random_.chance(spare_)) {
        service.external_traffic_policy = model::TrafficPolicy::local;
    }
    if (random_.chance(spare_ / 10)) {
        service.load_balancer_class = "cloud";
    }
}

void Edits::give_families(model::Service& service) {
    using model::IpFamilyPolicy;
    const std::uint64_t kind = random_.below(6);
    const bool six_first = random_.chance(50);
    service.ip_family_policy = kind < 3    ? IpFamilyPolicy::single_stack
                               : kind == 3 ? IpFamilyPolicy::require_dual_stack
                                           : IpFamilyPolicy::prefer_dual_stack;
    const ip::Family first = six_first ? ip::Family::ipv6 : ip::Family::ipv4;
    const ip::Family last = six_first ? ip::Family::ipv4 : ip::Family::ipv6;
    const bool dual = kind == 3 || kind == 4;
    service.ip_families = dual ? std::vector{first, last} : std::vector{first};
    service.cluster_ips.clear();
    if (cluster_ips_ && !random_.chance(5)) {
        for (const ip::Family family : service.ip_families) {
            service.cluster_ips.push_back(family == ip::Family::ipv4 ? "10.96.0.1" : "fd96::1");
        }
    }
}

void Edits::give_request(model::Service& service) {
    auto& notes = service.meta.annotations;
    notes.erase("metallb.io/loadBalancerIPs");
    notes.erase("metallb.universe.tf/loadBalancerIPs");
    notes.erase("metallb.io/address-pool");
    service.load_balancer_ip.clear();
    const std::string key =
        pick({"metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs"});
    switch (random_.below(10)) {
        case 0:
        case 1:
        case 2:
            notes[key] = address();
            break;
        case 3:
            notes[key] = address() + ", " + address();
            break;
        case 4:
            service.load_balancer_ip = address();
            break;
        case 5:
            notes[key] = pick({"nonsense", "", "10.0.0.1,10.0.0.2"});
            break;
        case 6:
        case 7:
            notes["metallb.io/address-pool"] = pick({"pool-0", "pool-1", "pool-2", "unknown", ""});
            break;
        default:
            break;
    }
    if (random_.chance(10)) {
        notes["metallb.io/address-pool"] = pick({"pool-0", "pool-1"});
    }
}

void Edits::give_sharing(model::Service& service) {
    auto& notes = service.meta.annotations;
    notes.erase("metallb.io/allow-shared-ip");
    notes.erase("metallb.universe.tf/allow-shared-ip");
    if (random_.chance(80)) {
        notes[pick({"metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip"})] =
            pick({"k1", "k1", "k2", ""});
    }
    service.ports = {{pick({"TCP", "UDP"}), static_cast<std::uint16_t>(80 + random_.below(3))}};
    service.selector = {{"app", pick({"a", "b"})}};
}

// --- pools ---

/// One of the ranges that lie in a slot: 10.0.N.254 and what follows it, around the "buggy"
/// addresses, and a few of fd00:0:N::.
std::string Edits::item() {
    const std::string n = std::to_string(2 * random_.below(kSlots));
    const std::string m = std::to_string(std::stoul(n) + 1);
    return pick({"10.0." + n + ".254/31",
                 "10.0." + n + ".254-10.0." + m + ".1",
                 "10.0." + m + ".0/30",
                 "10.0." + m + ".2/32",
                 "fd00:0:" + n + "::/127",
                 "fd00:0:" + n + "::1-fd00:0:" + n + "::3"});
}

std::string Edits::address() {
    const std::string text = item();
    const std::size_t end = text.find_first_of("-/");
    std::string first = text.substr(0, end);
    const auto parsed = ip::Address::parse(first);
    ip::Address at = *parsed;
    for (std::uint64_t i = random_.below(3); i > 0; --i) {
        at = *at.successor();
    }
    return at.to_string();
}

bool Edits::overlaps(const model::IpAddressPool& pool) const {
    model::Picture picture = store_.picture();
    for (const auto& [key, other] : store_.picture().all<model::IpAddressPool>()) {
        model::IpAddressPool bare = *other;
        std::erase(bare.addresses, "broken");
        const auto object = std::make_shared<const model::Object>(bare);
        picture.apply({model::ref_of(*object), object});
    }
    const auto object = std::make_shared<const model::Object>(pool);
    picture.apply({model::ref_of(*object), object});
    return !reference::read_pools(picture).has_value();
}

void Edits::create_pool() {
    model::IpAddressPool pool;
    pool.meta.key = {kOwn, "pool-" + std::to_string(random_.below(4))};
    pool.meta.labels["zone"] = pick({"east", "west"});
    if (store_.picture().find<model::IpAddressPool>(pool.meta.key) != nullptr) {
        grow_pool();
        return;
    }
    pool.addresses = {item()};
    if (!overlaps(pool) || random_.chance(10)) {
        put("create", pool);
    }
}

void Edits::remove_pool() {
    if (const auto* pool = any<model::IpAddressPool>()) {
        remove("remove", ref_to(*pool));
    }
}

void Edits::grow_pool() {
    const auto* found = any<model::IpAddressPool>();
    if (found == nullptr) {
        return;
    }
    model::IpAddressPool pool = *found;
    pool.addresses.insert(pool.addresses.begin() +
                              static_cast<std::ptrdiff_t>(random_.below(pool.addresses.size() + 1)),
                          item());
    if (!overlaps(pool) || random_.chance(5)) {
        put("grow", pool);
    }
}

void Edits::shrink_pool() {
    const auto* found = any<model::IpAddressPool>();
    if (found == nullptr || found->addresses.size() < 2) {
        return;
    }
    model::IpAddressPool pool = *found;
    pool.addresses.erase(pool.addresses.begin() +
                         static_cast<std::ptrdiff_t>(random_.below(pool.addresses.size())));
    put("shrink", pool);
}

void Edits::split_pool() {
    const auto* found = any<model::IpAddressPool>();
    if (found == nullptr || found->addresses.size() < 2) {
        return;
    }
    model::IpAddressPool rest = *found;
    model::IpAddressPool part = *found;
    part.meta.key.name = "pool-" + std::to_string(random_.below(4));
    if (store_.picture().find<model::IpAddressPool>(part.meta.key) != nullptr) {
        return;
    }
    part.addresses = {rest.addresses.back()};
    rest.addresses.pop_back();
    put("split", rest);
    put("split", part);
}

void Edits::rename_pool() {
    const auto* found = any<model::IpAddressPool>();
    if (found == nullptr) {
        return;
    }
    model::IpAddressPool pool = *found;
    pool.meta.key.name = "pool-" + std::to_string(random_.below(4));
    if (store_.picture().find<model::IpAddressPool>(pool.meta.key) == nullptr) {
        remove("rename", ref_to(*found));
        put("rename", pool);
    }
}

void Edits::break_pool() {
    const auto* found = any<model::IpAddressPool>();
    if (found == nullptr) {
        return;
    }
    model::IpAddressPool pool = *found;
    pool.addresses.emplace_back("broken");
    put("break", pool);
}

void Edits::repair() {
    std::vector<model::IpAddressPool> broken;
    for (const auto& [key, pool] : store_.picture().all<model::IpAddressPool>()) {
        if (std::count(pool->addresses.begin(), pool->addresses.end(), "broken") != 0) {
            broken.push_back(*pool);
        }
    }
    for (model::IpAddressPool& pool : broken) {
        std::erase(pool.addresses, "broken");
        put("repair", pool);
    }
    while (!reference::read_pools(store_.picture())) {
        const auto* pool = any<model::IpAddressPool>();
        remove("repair", ref_to(*pool));
    }
    for (const auto& [key, ad] : model::Picture::Index<model::L2Advertisement>(
             store_.picture().all<model::L2Advertisement>())) {
        model::L2Advertisement whole = *ad;
        auto& names = whole.ip_address_pools;
        names.erase(std::unique(names.begin(), names.end()), names.end());
        if (!(whole == *ad)) {
            put("repair", whole);
        }
    }
}

model::LabelSelector Edits::selector(const char* key, const std::vector<std::string>& values) {
    model::LabelSelector made;
    if (random_.chance(70)) {
        made.match_labels[key] = pick(values);
    } else {
        const bool negative = random_.chance(50);
        made.match_expressions.push_back(
            {key,
             negative ? model::SelectorOperator::not_in : model::SelectorOperator::in,
             {pick(values)}});
    }
    return made;
}

void Edits::pin_pool() {
    const auto* found = any<model::IpAddressPool>();
    if (found == nullptr) {
        return;
    }
    model::IpAddressPool pool = *found;
    pool.service_allocation.reset();
    if (random_.chance(75)) {
        auto& pin = pool.service_allocation.emplace();
        pin.priority = static_cast<std::int32_t>(random_.below(3));
        if (random_.chance(30)) {
            pin.namespaces = {pick({"shop", "ops"})};
        }
        if (random_.chance(30)) {
            pin.namespace_selectors = {selector("team", {"shop", "ops", "other"})};
        }
        if (random_.chance(30)) {
            pin.service_selectors = {selector("tier", {"web", "db"})};
        }
    }
    put("pin", pool);
}

void Edits::flag_pool() {
    const auto* found = any<model::IpAddressPool>();
    if (found == nullptr) {
        return;
    }
    model::IpAddressPool pool = *found;
    if (random_.chance(50)) {
        pool.auto_assign = !pool.auto_assign;
    } else {
        pool.avoid_buggy_ips = !pool.avoid_buggy_ips;
    }
    pool.meta.labels["zone"] = pick({"east", "west"});
    put("flag", pool);
}

// --- advertisements, namespaces, nodes, endpoints ---

void Edits::edit_advertisement() {
    model::L2Advertisement ad;
    ad.meta.key = {kOwn, "ad-" + std::to_string(random_.below(3))};
    if (random_.chance(30)) {
        ad.ip_address_pools = {"pool-0", "pool-" + std::to_string(1 + random_.below(3))};
    }
    if (random_.chance(30)) {
        ad.ip_address_pool_selectors = {selector("zone", {"east", "west"})};
    }
    if (random_.chance(30)) {
        ad.node_selectors = {selector("rack", {"r1", "r2"})};
    }
    if (random_.chance(30)) {
        ad.interfaces = {pick({"eth0", "eth1"})};
    }
    if (random_.chance(15)) {
        ad.service_selectors = {selector("tier", {"web", "db"})};
    }
    if (random_.chance(30)) {
        ad.preferred_node_selectors = {
            {static_cast<std::int32_t>(1 + random_.below(3)), selector("rack", {"r1", "r2"})}};
    }
    put("advertise", ad);
}

void Edits::remove_advertisement() {
    if (const auto* ad = any<model::L2Advertisement>()) {
        remove("remove", ref_to(*ad));
    }
}

void Edits::break_advertisement() {
    if (const auto* found = any<model::L2Advertisement>()) {
        model::L2Advertisement ad = *found;
        ad.ip_address_pools = {"pool-0", "pool-0"};
        put("break", ad);
    }
}

void Edits::edit_namespace() {
    model::Namespace space;
    space.meta.key.name = pick({"shop", "ops"});
    space.meta.labels["team"] = pick({"shop", "ops", "other"});
    put("relabel", space);
}

void Edits::edit_node() {
    model::Node node;
    node.meta.key.name = "node-" + std::to_string(random_.below(nodes_));
    node.meta.labels["rack"] = pick({"r1", "r2"});
    if (random_.chance(20)) {
        node.meta.labels["node.kubernetes.io/exclude-from-external-load-balancers"] =
            pick({"", "false"});
    }
    if (random_.chance(25)) {
        node.network_unavailable = random_.chance(60);
    }
    put("change", node);
}

void Edits::remove_node() {
    remove("remove", {model::Kind::node, {"", "node-" + std::to_string(random_.below(nodes_))}});
}

void Edits::edit_slice() {
    model::EndpointSlice slice;
    const std::string space = pick({"shop", "ops"});
    slice.meta.key = {space, "s" + std::to_string(random_.below(8))};
    slice.service_name = random_.chance(85) ? "s" + std::to_string(random_.below(6)) : "";
    for (std::uint64_t i = random_.below(3); i > 0; --i) {
        model::Endpoint endpoint;
        endpoint.addresses = {"10.1.0.1"};
        if (random_.chance(80)) {
            endpoint.ready = random_.chance(70);
        }
        if (random_.chance(50)) {
            endpoint.serving = random_.chance(60);
        }
        if (random_.chance(90)) {
            endpoint.node_name = "node-" + std::to_string(random_.below(nodes_));
        }
        slice.endpoints.push_back(endpoint);
    }
    put("change", slice);
}

void Edits::remove_slice() {
    if (const auto* slice = any<model::EndpointSlice>()) {
        remove("remove", ref_to(*slice));
    }
}

}  // namespace ferro::sim
