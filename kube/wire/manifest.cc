// The way of a manifest: bytes are checked (text_check), split into documents, read into nodes
// (yaml_tree, json_tree), told by apiVersion and kind, and taken apart strictly (object_readers).
// Each document and each item of a List stands for itself: what is wrong with one costs no other.
//
// Compatible with: kubectl apply, as to what is a document, what a scalar means and which mistakes
// are refused (strict field validation).
#include "kube/wire/manifest.h"

#include "kube/wire/json_tree.h"
#include "kube/wire/legacy_config.h"
#include "kube/wire/near_name.h"
#include "kube/wire/object_readers.h"
#include "kube/wire/text_check.h"
#include "kube/wire/yaml_tree.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ferro::kube {
namespace {

constexpr std::array<std::string_view, model::kKindCount> kGroups{"",
                                                                  "",
                                                                  "metallb.io",
                                                                  "metallb.io",
                                                                  "metallb.io",
                                                                  "metallb.io",
                                                                  "metallb.io",
                                                                  "metallb.io",
                                                                  "",
                                                                  "discovery.k8s.io"};

/// Kinds of metallb.io that MetalLB writes and nobody reads.
constexpr std::array<std::string_view, 3> kWrittenKinds{
    "ServiceL2Status", "ServiceBGPStatus", "ConfigurationState"};

std::string_view group_of(std::string_view api_version) {
    const std::size_t slash = api_version.find('/');
    return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

std::vector<std::string_view> versions_of(model::Kind kind) {
    switch (kind) {
        case model::Kind::namespace_:
        case model::Kind::node:
        case model::Kind::service:
            return {"v1"};
        case model::Kind::endpoint_slice:
            return {"discovery.k8s.io/v1"};
        case model::Kind::bgp_peer:
            return {"metallb.io/v1beta2", "metallb.io/v1beta1"};
        default:
            return {"metallb.io/v1beta1"};
    }
}

/// Somebody else's group that has a kind of the same word (Knative's Service, Calico's BGPPeer).
bool is_foreign(std::string_view group, model::Kind kind) {
    return group != kGroups.at(static_cast<std::size_t>(kind)) &&
           group.find('.') != std::string_view::npos &&
           group.find("metallb") == std::string_view::npos && !group.ends_with(".k8s.io");
}

std::string text_of(const Node* node) {
    return node != nullptr && node->type == NodeType::string ? node->text : "";
}

class ManifestReader {
  public:
    ManifestReader(const std::string& file, std::string_view text)
        : file_(file), text_(text), reader_(file, manifest_.findings) {}

    Manifest read() {
        if (const auto problem = check_text(text_)) {
            manifest_.empty = false;
            fail(*problem);
            return std::move(manifest_);
        }
        constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
        if (text_.starts_with(kByteOrderMark)) {
            text_.remove_prefix(kByteOrderMark.size());
        }
        const std::size_t word = text_.find_first_not_of(" \t\r\n");
        const bool brace = word != std::string_view::npos && text_[word] == '{';
        const bool json = file_.ends_with(".json");
        if (!(brace || (json && word != std::string_view::npos)) || !read_json(json)) {
            read_yaml();
        }
        if (reader_.full()) {
            model::Finding& last = manifest_.findings.back();
            last = model::Finding{model::Severity::error,
                                  to_string(Rule::too_many_findings),
                                  {},
                                  "",
                                  "more than " + std::to_string(kFindingsPerFileMax) + " findings",
                                  "correct the first ones",
                                  {file_, 0, 0}};
        }
        return std::move(manifest_);
    }

  private:
    void fail(const TextProblem& problem) {
        manifest_.complete = false;
        reader_.start_object({});
        reader_.error(problem.rule, problem.mark, "", problem.message, problem.remedy);
    }

    void fail(const SyntaxError& error) {
        TextProblem problem{Rule::syntax, error.mark, error.message, error.remedy};
        const std::string_view line = line_of(text_, error.mark.line);
        const std::size_t word = line.find_first_not_of(" \t");
        if (line.substr(0, std::min(word, line.size())).find('\t') != std::string_view::npos) {
            problem.rule = Rule::tab_indentation;
            problem.message += " (a tab in the indentation)";
            problem.remedy = "indent with spaces";
        }
        fail(problem);
    }

    /// False when the text turned out to be no JSON and `only` does not insist on it.
    bool read_json(bool only) {
        const Documents documents = parse_json(text_, {1, 1});
        if (!only && !documents.errors.empty()) {
            return false;
        }
        read_documents(documents);
        return true;
    }

    void read_yaml() {
        for (const TextPart& part : split_documents(text_)) {
            read_documents(parse_yaml(part.text, {part.first_line, 1}));
        }
    }

    void read_documents(const Documents& documents) {
        for (const NodePtr& root : documents.roots) {
            if (root->type != NodeType::null) {
                manifest_.empty = false;
                read_document(*root, "", "");
            }
        }
        for (const SyntaxError& error : documents.errors) {
            manifest_.empty = false;
            manifest_.ends_in_object = false;
            fail(error);
        }
    }

    /// `list_version` and `list_kind`: what an item of a typed List is when it does not say.
    void read_document(const Node& root,
                       const std::string& list_version,
                       const std::string& list_kind) {
        reader_.start_object({});
        manifest_.ends_in_object = false;
        if (root.type != NodeType::mapping) {
            fail(TextProblem{
                Rule::not_an_object,
                root.mark,
                std::string("the document is ") + to_string(root.type) + ", not an object",
                "begin with apiVersion, kind and metadata"});
            return;
        }
        std::string api_version = text_of(root.find("apiVersion"));
        std::string kind = text_of(root.find("kind"));
        api_version = api_version.empty() ? list_version : api_version;
        kind = kind.empty() ? list_kind : kind;
        if (api_version.empty() || kind.empty()) {
            manifest_.complete = false;
            Fields fields(reader_, root, "");
            fields.string("apiVersion");
            fields.string("kind");
            for (const std::string_view name : {"apiVersion", "kind"}) {
                if (name == "kind" ? kind.empty() : api_version.empty()) {
                    fields.require(name);
                }
            }
            return;
        }
        if (kind.ends_with("List") && root.find("items") != nullptr) {
            read_list(root, api_version, kind);
        } else if (const auto known = model::kind_of(kind)) {
            read_known(root, *known, api_version);
        } else {
            read_other(root, kind, api_version);
        }
    }

    void read_list(const Node& root, const std::string& api_version, const std::string& kind) {
        const Node& items = *root.find("items");
        if (items.type != NodeType::sequence) {
            if (items.type != NodeType::null) {
                manifest_.complete = false;
                reader_.wrong_type(items, "items", "a list");
            }
            return;
        }
        const bool typed = kind != "List";
        for (const NodePtr& item : items.items) {
            read_document(
                *item, typed ? api_version : "", typed ? kind.substr(0, kind.size() - 4) : "");
        }
    }

    void skip(const std::string& kind, const std::string& api_version) {
        ++manifest_.skipped[api_version + " " + kind];
    }

    void read_other(const Node& root, const std::string& kind, const std::string& api_version) {
        if (kind == "ConfigMap" && api_version == "v1") {
            if (read_config_map(root)) {
                return;
            }
        } else {
            check_misspelt(root, kind, api_version);
        }
        skip(kind, api_version);
    }

    /// A kind that we do not read may be one of ours with a letter wrong.
    void check_misspelt(const Node& root, const std::string& kind, const std::string& api_version) {
        const std::string_view group = group_of(api_version);
        const bool metallb = group == "metallb.io";
        if (std::find(kWrittenKinds.begin(), kWrittenKinds.end(), kind) != kWrittenKinds.end()) {
            return;
        }
        std::vector<std::string_view> ours;
        for (std::size_t i = 0; i < model::kKindCount; ++i) {
            if (kGroups.at(i) == group) {
                ours.emplace_back(model::to_string(static_cast<model::Kind>(i)));
            }
        }
        std::string_view near = nearest_name(kind, ours);
        if (metallb && kind == "AddressPool") {
            near = "IPAddressPool";
        }
        if (near.empty() && !metallb) {
            return;
        }
        manifest_.complete = false;
        reader_.error(
            Rule::unknown_kind,
            root.find("kind") != nullptr ? root.find("kind")->mark : root.mark,
            "kind",
            api_version + " has no kind \"" + kind + "\"",
            near.empty() ? "remove the object" : "did you mean \"" + std::string(near) + "\"?");
    }

    bool read_config_map(const Node& root) {
        const Node* const metadata = root.find("metadata");
        if (metadata == nullptr || metadata->type != NodeType::mapping) {
            return false;
        }
        const std::string space = text_of(metadata->find("namespace"));
        const model::ObjectKey key{space.empty() ? "default" : space,
                                   text_of(metadata->find("name"))};
        auto config = read_legacy_config(reader_, root, key);
        if (!config) {
            manifest_.complete &= !reader_.refused();
            return false;
        }
        manifest_.legacy.push_back(std::move(*config));
        return true;
    }

    void read_known(const Node& root, model::Kind kind, const std::string& api_version) {
        const std::vector<std::string_view> versions = versions_of(kind);
        const bool served =
            std::find(versions.begin(), versions.end(), api_version) != versions.end();
        if (!served && is_foreign(group_of(api_version), kind)) {
            skip(model::to_string(kind), api_version);
            return;
        }
        const Node* const metadata = root.find("metadata");
        const bool has_metadata = metadata != nullptr && metadata->type == NodeType::mapping;
        const std::string name = has_metadata ? text_of(metadata->find("name")) : "";
        const std::string space = has_metadata ? text_of(metadata->find("namespace")) : "";
        const bool cluster = kind == model::Kind::node || kind == model::Kind::namespace_;
        ManifestObject out;
        out.ref = {kind, {cluster ? "" : space.empty() ? "default" : space, name}};
        out.location = reader_.location(root.mark);
        reader_.start_object(out.ref);
        if (!served) {
            reader_.error(
                Rule::unknown_api_version,
                root.find("apiVersion") != nullptr ? root.find("apiVersion")->mark : root.mark,
                "apiVersion",
                std::string(model::to_string(kind)) + " is not in \"" + api_version + "\"",
                "write " + std::string(versions.front()));
        }
        if (name.empty()) {
            manifest_.complete = false;
            missing_name(root, metadata);
            return;
        }
        if (served) {
            read_fields(root, kind, api_version, out);
        }
        manifest_.objects.push_back(std::move(out));
        manifest_.ends_in_object = true;
    }

    void missing_name(const Node& root, const Node* metadata) {
        Fields fields(reader_, root, "");
        fields.require("metadata");
        if (fields.mapping("metadata") != nullptr) {
            Fields inner(reader_, *metadata, "metadata");
            const auto name = inner.string("name");
            if (!reader_.refused() || name) {
                reader_.error(Rule::missing_field,
                              metadata->find("name") != nullptr ? metadata->find("name")->mark
                                                                : metadata->mark,
                              "metadata.name",
                              "the object has no name",
                              metadata->find("generateName") != nullptr
                                  ? "give it a name: generateName needs an API server"
                                  : "add it");
            }
        }
    }

    void read_fields(const Node& root,
                     model::Kind kind,
                     const std::string& api_version,
                     ManifestObject& out) {
        reader_.check_keys(root, "");
        Fields fields(reader_, root, "");
        fields.string("apiVersion");
        fields.string("kind");
        auto object = std::make_shared<const model::Object>(
            read_object(fields, kind, api_version, read_meta(fields, out.ref)));
        if (!reader_.refused()) {
            out.object = std::move(object);
        }
    }

    std::string file_;
    std::string_view text_;
    Manifest manifest_;
    Reader reader_;
};

}  // namespace

Manifest read_manifest(const std::string& file, std::string_view text) {
    return ManifestReader(file, text).read();
}

}  // namespace ferro::kube
