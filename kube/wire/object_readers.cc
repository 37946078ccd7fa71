#include "kube/wire/object_readers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ferro::kube {
namespace {

constexpr std::array<KnownField, 13> kMetaFields{{{"name"},
                                                  {"namespace"},
                                                  {"generateName", Shape::string},
                                                  {"selfLink", Shape::string},
                                                  {"uid", Shape::string},
                                                  {"resourceVersion", Shape::string},
                                                  {"generation", Shape::integer},
                                                  {"creationTimestamp", Shape::string},
                                                  {"deletionTimestamp", Shape::string},
                                                  {"deletionGracePeriodSeconds", Shape::integer},
                                                  {"ownerReferences", Shape::list},
                                                  {"finalizers", Shape::strings},
                                                  {"managedFields", Shape::list}}};

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Letters and digits at both ends, and of `inner` in between.
bool is_word(std::string_view text, std::size_t longest, std::string_view inner) {
    return !text.empty() && text.size() <= longest && is_alphanumeric(text.front()) &&
           is_alphanumeric(text.back()) && std::all_of(text.begin(), text.end(), [&](char c) {
               return is_alphanumeric(c) || inner.find(c) != std::string_view::npos;
           });
}

bool has_upper(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// RFC 1123 label.
bool is_dns_label(std::string_view text) {
    return is_word(text, 63, "-") && !has_upper(text);
}

/// RFC 1123 subdomain: labels joined by dots.
bool is_dns_subdomain(std::string_view text) {
    if (text.size() > 253) {
        return false;
    }
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('.', begin), text.size());
        const std::string_view label = text.substr(begin, end - begin);
        if (!is_word(label, 253, "-") || has_upper(label)) {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

/// [prefix/]name, as keys of labels and annotations are.
bool is_qualified_name(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
        return is_word(text, 63, "-_.");
    }
    return is_dns_subdomain(text.substr(0, slash)) && is_word(text.substr(slash + 1), 63, "-_.");
}

void check_name(Fields& fields, const model::ObjectRef& ref) {
    const std::string& name = ref.key.name;
    const bool label = ref.kind == model::Kind::service || ref.kind == model::Kind::namespace_;
    if (label ? !is_dns_label(name) : !is_dns_subdomain(name)) {
        fields.reader().error(
            Rule::bad_name,
            fields.node().find("name")->mark,
            fields.path_of("name"),
            "\"" + name + "\" is no " +
                (label ? "DNS label (lower case letters, digits and -, at most 63)"
                       : "DNS name (lower case letters, digits, - and .)"),
            "rename it");
    }
    const Node* const space = fields.node().find("namespace");
    if (space != nullptr && space->type == NodeType::string && !space->text.empty() &&
        !is_dns_label(space->text)) {
        fields.reader().error(Rule::bad_name,
                              space->mark,
                              fields.path_of("namespace"),
                              "\"" + space->text + "\" is no DNS label",
                              "name a namespace");
    }
}

void check_label_words(Fields& fields, std::string_view name) {
    const Node* const node = fields.node().find(name);
    if (node == nullptr) {
        return;
    }
    for (const Member& member : node->members) {
        const std::string path = fields.path_of(name) + "[" + member.key + "]";
        if (!is_qualified_name(member.key)) {
            fields.reader().error(Rule::invalid_value,
                                  member.mark,
                                  path,
                                  "\"" + member.key + "\" is no valid key",
                                  "write [prefix/]name of letters, digits, -, _ and .");
        }
        const std::string& value = member.value->text;
        if (name == "labels" && member.value->type == NodeType::string && !value.empty() &&
            !is_word(value, 63, "-_.")) {
            fields.reader().error(Rule::invalid_value,
                                  member.value->mark,
                                  path,
                                  "\"" + value + "\" is no valid label value",
                                  "write at most 63 letters, digits, -, _ and .");
        }
    }
}

constexpr std::array<KnownField, 2> kSpecAndStatus{
    {{"spec", Shape::mapping}, {"status", Shape::mapping}}};

}  // namespace

model::ObjectMeta read_meta(Fields& fields, const model::ObjectRef& ref) {
    model::ObjectMeta meta;
    meta.key = ref.key;
    const Node* const node = fields.mapping("metadata");
    if (node == nullptr) {
        return meta;
    }
    Fields metadata(fields.reader(), *node, "metadata");
    metadata.known(kMetaFields);
    meta.labels = metadata.labels("labels");
    meta.annotations = metadata.labels("annotations");
    check_name(metadata, ref);
    check_label_words(metadata, "labels");
    check_label_words(metadata, "annotations");
    metadata.finish();
    return meta;
}

model::Object read_object(Fields& fields,
                          model::Kind kind,
                          std::string_view api_version,
                          model::ObjectMeta meta) {
    const auto finish = [&](auto value) -> model::Object {
        value.meta = std::move(meta);
        fields.finish();
        return value;
    };
    switch (kind) {
        case model::Kind::namespace_:
            fields.known(kSpecAndStatus);
            return finish(model::Namespace{});
        case model::Kind::node:
            return finish(read_node(fields));
        case model::Kind::community:
            return finish(read_community(fields));
        case model::Kind::bfd_profile:
            return finish(read_bfd_profile(fields));
        case model::Kind::ip_address_pool:
            return finish(read_ip_address_pool(fields));
        case model::Kind::l2_advertisement:
            return finish(read_l2_advertisement(fields));
        case model::Kind::bgp_advertisement:
            return finish(read_bgp_advertisement(fields));
        case model::Kind::bgp_peer:
            return finish(api_version == "metallb.io/v1beta1" ? read_bgp_peer_v1beta1(fields)
                                                              : read_bgp_peer(fields));
        case model::Kind::service:
            return finish(read_service(fields));
        case model::Kind::endpoint_slice:
            return finish(read_endpoint_slice(fields, meta));
    }
    return finish(model::Namespace{});
}

}  // namespace ferro::kube
