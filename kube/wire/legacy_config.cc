// Compatible with: MetalLB 0.12's configuration file and configmaptocrs (spec 9): names of the
// results, defaults (hold-time 90s), timers rounded down to seconds, pool names made DNS labels.
// An entry that is wrong is left out with a finding; the converter would give up as a whole.
#include "kube/wire/legacy_config.h"

#include "kube/wire/yaml_tree.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace ferro::kube {
namespace {

constexpr std::array<std::string_view, 4> kKeys{
    "address-pools", "peers", "bgp-communities", "bfd-profiles"};
constexpr std::int64_t kUint32Max = std::numeric_limits<std::uint32_t>::max();

bool is_ours(const Node& config, const model::ObjectKey& key) {
    if (config.type != NodeType::mapping) {
        return false;
    }
    const auto known = [](const Member& member) {
        return std::find(kKeys.begin(), kKeys.end(), member.key) != kKeys.end();
    };
    const auto& members = config.members;
    const bool any = std::any_of(members.begin(), members.end(), known);
    return any && (key.name == "config" || std::all_of(members.begin(), members.end(), known));
}

/// The converter's rule: names that are no DNS label of two letters or more are lower-cased, `_`
/// becomes `-`, leading non-letters go, 63 characters stay. Empty when no letter is left.
std::string dns_name(const std::string& name) {
    std::string out;
    for (char c : name) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '_' ? '-' : c;
        if (!out.empty() || (c >= 'a' && c <= 'z')) {
            out += c;
        }
    }
    return out.substr(0, 63);
}

std::optional<std::int64_t> whole_seconds(std::optional<std::int64_t> milliseconds) {
    return milliseconds ? std::optional(*milliseconds / 1000 * 1000) : std::nullopt;
}

class Translator {
  public:
    Translator(Reader& reader, LegacyConfig& config) : reader_(reader), config_(config) {}

    void translate(const Node& root) {
        Fields fields(reader_, root, "data.config");
        fields.each("peers", [&](const Node& node, const std::string& path) { peer(node, path); });
        fields.each("address-pools",
                    [&](const Node& node, const std::string& path) { pool(node, path); });
        fields.each("bfd-profiles",
                    [&](const Node& node, const std::string& path) { bfd_profile(node, path); });
        communities(fields);
        begin();
        fields.finish();
        begin();
    }

  private:
    template <typename T>
    ManifestObject made(T object, model::Kind kind, std::string name, Mark mark) {
        object.meta.key = {config_.config_map.namespace_name, std::move(name)};
        ManifestObject out;
        out.ref = {kind, object.meta.key};
        out.location = reader_.location(mark);
        out.object = std::make_shared<const model::Object>(std::move(object));
        return out;
    }

    /// Begins an entry: its findings do not refuse other entries.
    void begin() {
        config_.refused |= reader_.refused();
        reader_.start_object({});
    }

    std::optional<std::string> name_of(Fields& fields) {
        fields.require("name");
        const auto name = fields.string("name");
        if (!name) {
            return std::nullopt;
        }
        std::string made = dns_name(*name);
        if (made.empty()) {
            reader_.error(Rule::bad_name,
                          fields.node().find("name")->mark,
                          fields.path_of("name"),
                          "\"" + *name + "\" has no letter to make a name of",
                          "rename it");
            return std::nullopt;
        }
        return made;
    }

    model::LabelSelector node_selector(const Node& node, const std::string& path) {
        Fields fields(reader_, node, path);
        model::LabelSelector selector;
        selector.match_labels = fields.labels("match-labels");
        fields.each("match-expressions", [&](const Node& item, const std::string& item_path) {
            Fields expression(reader_, item, item_path);
            model::SelectorRequirement requirement;
            requirement.key = expression.string("key").value_or("");
            requirement.op = static_cast<model::SelectorOperator>(
                expression.one_of("operator", {"In", "NotIn", "Exists", "DoesNotExist"})
                    .value_or(0));
            requirement.values = expression.strings("values");
            expression.finish();
            selector.match_expressions.push_back(std::move(requirement));
        });
        fields.finish();
        return selector;
    }

    void peer(const Node& node, const std::string& path) {
        begin();
        Fields fields(reader_, node, path);
        model::BgpPeer peer;
        peer.my_asn =
            static_cast<std::uint32_t>(fields.integer("my-asn", 0, kUint32Max).value_or(0));
        peer.peer_asn =
            static_cast<std::uint32_t>(fields.integer("peer-asn", 0, kUint32Max).value_or(0));
        peer.peer_address = fields.string("peer-address").value_or("");
        peer.source_address = fields.string("source-address").value_or("");
        const auto port = fields.integer("peer-port", 0, 65535).value_or(0);
        peer.peer_port = port == 0 ? 179 : static_cast<std::uint16_t>(port);
        peer.hold_time_ms = whole_seconds(fields.duration_ms("hold-time")).value_or(90'000);
        peer.keepalive_time_ms = whole_seconds(fields.duration_ms("keepalive-time"));
        peer.router_id = fields.string("router-id").value_or("");
        peer.password = fields.string("password").value_or("");
        peer.bfd_profile = fields.string("bfd-profile").value_or("");
        peer.ebgp_multi_hop = fields.boolean("ebgp-multihop").value_or(false);
        fields.each("node-selectors", [&](const Node& item, const std::string& item_path) {
            peer.node_selectors.push_back(node_selector(item, item_path));
        });
        fields.finish();
        ++peers_;
        if (!reader_.refused()) {
            config_.others.push_back(made(std::move(peer),
                                          model::Kind::bgp_peer,
                                          "peer" + std::to_string(peers_),
                                          node.mark));
        }
    }

    void pool(const Node& node, const std::string& path) {
        begin();
        Fields fields(reader_, node, path);
        LegacyPool entry;
        model::IpAddressPool pool;
        const auto name = name_of(fields);
        fields.require("addresses");
        pool.addresses = fields.strings("addresses");
        pool.auto_assign = fields.boolean("auto-assign").value_or(true);
        pool.avoid_buggy_ips = fields.boolean("avoid-buggy-ips").value_or(false);
        fields.require("protocol");
        const auto protocol = fields.one_of("protocol", {"layer2", "bgp"});
        entry.layer2 = protocol == 0U;
        const std::vector<std::string> pools{name.value_or("")};
        fields.each("bgp-advertisements", [&](const Node& item, const std::string& item_path) {
            entry.advertisements.push_back(bgp_advertisement(item, item_path, pools));
        });
        fields.finish();
        if (protocol == 1U && entry.advertisements.empty()) {
            model::BgpAdvertisement ad;
            ad.ip_address_pools = pools;
            entry.advertisements.push_back(made(std::move(ad),
                                                model::Kind::bgp_advertisement,
                                                "bgpadvertisement" + std::to_string(++bgp_ads_),
                                                node.mark));
        }
        if (entry.layer2) {
            model::L2Advertisement ad;
            ad.ip_address_pools = pools;
            entry.advertisements.push_back(made(std::move(ad),
                                                model::Kind::l2_advertisement,
                                                "l2advertisement" + std::to_string(++l2_ads_),
                                                node.mark));
        }
        if (!reader_.refused()) {
            entry.pool = made(std::move(pool), model::Kind::ip_address_pool, *name, node.mark);
            config_.pools.push_back(std::move(entry));
        }
    }

    ManifestObject bgp_advertisement(const Node& node,
                                     const std::string& path,
                                     const std::vector<std::string>& pools) {
        Fields fields(reader_, node, path);
        model::BgpAdvertisement ad;
        ad.aggregation_length =
            static_cast<std::int32_t>(fields.integer("aggregation-length", 1, 32).value_or(32));
        ad.aggregation_length_v6 = static_cast<std::int32_t>(
            fields.integer("aggregation-length-v6", 1, 128).value_or(128));
        ad.local_pref =
            static_cast<std::uint32_t>(fields.integer("localpref", 0, kUint32Max).value_or(0));
        ad.communities = fields.strings("communities");
        ad.ip_address_pools = pools;
        fields.finish();
        return made(std::move(ad),
                    model::Kind::bgp_advertisement,
                    "bgpadvertisement" + std::to_string(++bgp_ads_),
                    node.mark);
    }

    void bfd_profile(const Node& node, const std::string& path) {
        begin();
        Fields fields(reader_, node, path);
        const auto small = [&](std::string_view name, std::int64_t from, std::int64_t to) {
            const auto value = fields.integer(name, from, to);
            return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
        };
        model::BfdProfile profile;
        const auto name = name_of(fields);
        profile.receive_interval_ms = small("receive-interval", 10, 60000);
        profile.transmit_interval_ms = small("transmit-interval", 10, 60000);
        profile.detect_multiplier = small("detect-multiplier", 2, 255);
        profile.echo_interval_ms = small("echo-interval", 10, 60000);
        profile.echo_mode = fields.boolean("echo-mode");
        profile.passive_mode = fields.boolean("passive-mode");
        profile.minimum_ttl = small("minimum-ttl", 1, 254);
        fields.finish();
        if (!reader_.refused()) {
            config_.others.push_back(
                made(std::move(profile), model::Kind::bfd_profile, *name, node.mark));
        }
    }

    void communities(Fields& fields) {
        begin();
        model::Community community;
        const model::Labels aliases = fields.labels("bgp-communities");
        for (const auto& [name, value] : aliases) {
            community.communities.push_back({name, value});
        }
        if (!aliases.empty() && !reader_.refused()) {
            config_.others.push_back(made(std::move(community),
                                          model::Kind::community,
                                          "communities",
                                          fields.node().find("bgp-communities")->mark));
        }
    }

    Reader& reader_;
    LegacyConfig& config_;
    std::size_t peers_ = 0;
    std::size_t bgp_ads_ = 0;
    std::size_t l2_ads_ = 0;
};

/// Where the first character of the text inside stands in the file.
Mark place_of_text(const Node& scalar) {
    if (scalar.style == ScalarStyle::block) {
        return {scalar.mark.line + 1, 1};
    }
    return scalar.mark;
}

}  // namespace

std::optional<LegacyConfig> read_legacy_config(Reader& reader,
                                               const Node& root,
                                               const model::ObjectKey& key) {
    const Node* const data = root.find("data");
    const Node* const text =
        data == nullptr || data->type != NodeType::mapping ? nullptr : data->find("config");
    if (text == nullptr || text->type != NodeType::string) {
        return std::nullopt;
    }
    const Documents documents = parse_yaml(text->text, place_of_text(*text));
    if (documents.roots.empty() || !documents.errors.empty()) {
        // Only of MetalLB's own name can we say that it should have been readable.
        const bool named = key.name == "config" &&
                           std::any_of(kKeys.begin(), kKeys.end(), [&](std::string_view word) {
                               return text->text.find(word) != std::string::npos;
                           });
        if (named && !documents.errors.empty()) {
            const SyntaxError& error = documents.errors.front();
            reader.shift({0, text->block_indent});
            reader.error(Rule::syntax, error.mark, "data.config", error.message, error.remedy);
            reader.shift({});
        }
        return std::nullopt;
    }
    if (!is_ours(*documents.roots.front(), key)) {
        return std::nullopt;
    }
    LegacyConfig config;
    config.config_map = key;
    config.location = reader.location(root.mark);
    reader.shift({0, text->block_indent});
    reader.check_keys(*documents.roots.front(), "data.config");
    Translator(reader, config).translate(*documents.roots.front());
    reader.shift({});
    return config;
}

}  // namespace ferro::kube
