#include "tests/core/config/world.h"

namespace ferro::config {
namespace {

template <typename T>
T made(const std::string& name) {
    T object;
    object.meta.key = model::ObjectKey{"metallb-system", name};
    return object;
}

template <typename T>
T edited(T object, const std::function<void(T&)>& edit) {
    if (edit) {
        edit(object);
    }
    return object;
}

}  // namespace

World& World::put(model::Object object) {
    const auto shared = std::make_shared<const model::Object>(std::move(object));
    picture_.apply(model::Change{model::ref_of(*shared), shared});
    return *this;
}

World& World::node(const std::string& name, model::Labels labels, std::vector<std::string> ips) {
    model::Node object;
    object.meta.key.name = name;
    object.meta.labels = std::move(labels);
    object.internal_ips = std::move(ips);
    return put(object);
}

World& World::name_space(const std::string& name, model::Labels labels) {
    model::Namespace object;
    object.meta.key.name = name;
    object.meta.labels = std::move(labels);
    return put(object);
}

World& World::pool(const std::string& name,
                   std::vector<std::string> addresses,
                   const std::function<void(model::IpAddressPool&)>& edit) {
    auto object = made<model::IpAddressPool>(name);
    object.addresses = std::move(addresses);
    return put(edited(object, edit));
}

World& World::l2(const std::string& name,
                 const std::function<void(model::L2Advertisement&)>& edit) {
    return put(edited(made<model::L2Advertisement>(name), edit));
}

World& World::bgp(const std::string& name,
                  const std::function<void(model::BgpAdvertisement&)>& edit) {
    return put(edited(made<model::BgpAdvertisement>(name), edit));
}

World& World::peer(const std::string& name, const std::function<void(model::BgpPeer&)>& edit) {
    auto object = made<model::BgpPeer>(name);
    object.my_asn = 64500;
    object.peer_asn = 64501;
    object.peer_address = "10.0.0.1";
    return put(edited(object, edit));
}

World& World::bfd(const std::string& name, const std::function<void(model::BfdProfile&)>& edit) {
    return put(edited(made<model::BfdProfile>(name), edit));
}

World& World::community(const std::string& name, std::vector<model::CommunityAlias> aliases) {
    auto object = made<model::Community>(name);
    object.communities = std::move(aliases);
    return put(object);
}

ParseOutcome World::parse() const {
    return config::parse(picture_, options);
}

std::vector<std::string> World::errors() const {
    std::vector<std::string> words;
    for (const model::Finding& finding : parse().findings) {
        if (finding.severity == model::Severity::error) {
            words.push_back(finding.rule);
        }
    }
    return words;
}

std::vector<std::string> World::hints() const {
    std::vector<std::string> texts;
    for (const model::Finding& finding : parse().findings) {
        if (finding.severity != model::Severity::error) {
            texts.push_back(finding.rule + " " + model::to_string(finding.object.kind) + "/" +
                            finding.object.key.name +
                            (finding.field.empty() ? "" : " " + finding.field));
        }
    }
    return texts;
}

model::LabelSelector with_label(const std::string& key, const std::string& value) {
    model::LabelSelector selector;
    selector.match_labels.emplace(key, value);
    return selector;
}

}  // namespace ferro::config
