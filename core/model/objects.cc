#include "core/model/objects.h"

#include "core/model/annotations.h"
#include "core/model/finding.h"

#include <algorithm>
#include <array>

namespace ferro::model {
namespace {

constexpr std::array<const char*, kKindCount> kKindWords{"Namespace",
                                                         "Node",
                                                         "Community",
                                                         "BFDProfile",
                                                         "IPAddressPool",
                                                         "L2Advertisement",
                                                         "BGPAdvertisement",
                                                         "BGPPeer",
                                                         "Service",
                                                         "EndpointSlice"};

}  // namespace

const char* to_string(Kind kind) {
    return kKindWords.at(static_cast<std::size_t>(kind));
}

std::optional<Kind> kind_of(std::string_view word) {
    const auto* const found = std::find(kKindWords.begin(), kKindWords.end(), word);
    if (found == kKindWords.end()) {
        return std::nullopt;
    }
    return static_cast<Kind>(found - kKindWords.begin());
}

std::string ObjectKey::to_string() const {
    return namespace_name.empty() ? name : namespace_name + "/" + name;
}

std::string ObjectRef::to_string() const {
    return std::string(model::to_string(kind)) + " " + key.to_string();
}

const char* to_string(ServiceType type) {
    switch (type) {
        case ServiceType::cluster_ip:
            return "ClusterIP";
        case ServiceType::node_port:
            return "NodePort";
        case ServiceType::load_balancer:
            return "LoadBalancer";
        case ServiceType::external_name:
            return "ExternalName";
    }
    return "ClusterIP";
}

const char* to_string(TrafficPolicy policy) {
    return policy == TrafficPolicy::cluster ? "Cluster" : "Local";
}

const char* to_string(IpFamilyPolicy policy) {
    switch (policy) {
        case IpFamilyPolicy::single_stack:
            return "SingleStack";
        case IpFamilyPolicy::prefer_dual_stack:
            return "PreferDualStack";
        case IpFamilyPolicy::require_dual_stack:
            return "RequireDualStack";
    }
    return "SingleStack";
}

const ObjectMeta& meta_of(const Object& object) {
    return std::visit([](const auto& value) -> const ObjectMeta& { return value.meta; }, object);
}

Kind kind_of(const Object& object) {
    return static_cast<Kind>(object.index());
}

ObjectRef ref_of(const Object& object) {
    return ObjectRef{kind_of(object), meta_of(object).key};
}

std::optional<std::string> annotation(const Labels& annotations, std::string_view name) {
    for (const std::string_view prefix : {kAnnotationPrefix, kLegacyAnnotationPrefix}) {
        const auto found = annotations.find(std::string(prefix) + std::string(name));
        if (found != annotations.end()) {
            return found->second;
        }
    }
    return std::nullopt;
}

const char* to_string(Severity severity) {
    switch (severity) {
        case Severity::error:
            return "error";
        case Severity::warning:
            return "warning";
        case Severity::info:
            return "info";
    }
    return "error";
}

std::string Location::to_string() const {
    if (file.empty()) {
        return "";
    }
    if (line == 0) {
        return file;
    }
    return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string Finding::to_string() const {
    std::string text = location.to_string();
    if (!text.empty()) {
        text += ' ';
    }
    // A file that is no YAML has no object to name.
    std::string subject;
    if (!object.key.name.empty()) {
        subject = std::string(model::to_string(object.kind)) + "/" + object.key.to_string();
    }
    if (!field.empty()) {
        subject += (subject.empty() ? "" : " ") + field;
    }
    text += subject + (subject.empty() ? "" : ": ") + message;
    if (!remedy.empty()) {
        text += ", " + remedy;
    }
    return text;
}

}  // namespace ferro::model
