// BGPPeer in both served versions (spec 1.4-1.6). A v1beta1 one is read as the conversion webhook
// would store it: absent timers become 0s (quirk Q20, part of the API's contract), an absent or
// zero port becomes the v1beta2 default.
#include "kube/wire/object_readers.h"

#include <array>
#include <limits>
#include <utility>

namespace ferro::kube {
namespace {

constexpr std::int64_t kAsnMax = std::numeric_limits<std::uint32_t>::max();
constexpr std::array<KnownField, 1> kStatus{{{"status", Shape::mapping}}};

std::uint32_t asn(Fields& spec, std::string_view name, std::int64_t from) {
    return static_cast<std::uint32_t>(spec.integer(name, from, kAsnMax).value_or(0));
}

/// The schema's CEL rules on connectTime.
void check_connect_time(Fields& spec, const model::BgpPeer& peer) {
    if (!peer.connect_time_ms) {
        return;
    }
    const Mark mark = spec.node().find("connectTime")->mark;
    if (*peer.connect_time_ms < 1'000 || *peer.connect_time_ms > 65'535'000) {
        spec.reader().error(Rule::invalid_value,
                            mark,
                            spec.path_of("connectTime"),
                            "connect time should be between 1 seconds to 65535",
                            "choose a time in that range");
    } else if (*peer.connect_time_ms % 1'000 != 0) {
        spec.reader().error(Rule::invalid_value,
                            mark,
                            spec.path_of("connectTime"),
                            "connect time should contain a whole number of seconds",
                            "round it");
    }
}

/// The fields that both versions have with one meaning.
void read_common(Fields& spec, model::BgpPeer& peer) {
    spec.require("myASN");
    peer.my_asn = asn(spec, "myASN", 0);
    peer.peer_asn = asn(spec, "peerASN", 0);
    peer.peer_address = spec.string("peerAddress").value_or("");
    peer.source_address = spec.string("sourceAddress").value_or("");
    peer.hold_time_ms = spec.duration_ms("holdTime");
    peer.keepalive_time_ms = spec.duration_ms("keepaliveTime");
    peer.router_id = spec.string("routerID").value_or("");
    peer.password = spec.string("password").value_or("");
    peer.bfd_profile = spec.string("bfdProfile").value_or("");
    peer.ebgp_multi_hop = spec.boolean("ebgpMultiHop").value_or(false);
}

}  // namespace

model::BgpPeer read_bgp_peer(Fields& fields) {
    model::BgpPeer peer;
    fields.known(kStatus);
    fields.require("spec");
    const Node* const node = fields.mapping("spec");
    if (node == nullptr) {
        return peer;
    }
    Fields spec(fields.reader(), *node, "spec");
    read_common(spec, peer);
    peer.local_asn = asn(spec, "localASN", 1);
    if (const auto dynamic = spec.one_of("dynamicASN", {"internal", "external"})) {
        peer.dynamic_asn = *dynamic == 0 ? "internal" : "external";
    }
    peer.interface = spec.string("interface").value_or("");
    peer.peer_port = static_cast<std::uint16_t>(spec.integer("peerPort", 1, 16384).value_or(179));
    peer.connect_time_ms = spec.duration_ms("connectTime");
    peer.node_selectors = spec.selectors("nodeSelectors");
    if (const Node* const secret = spec.mapping("passwordSecret")) {
        Fields reference(fields.reader(), *secret, "spec.passwordSecret");
        peer.password_secret_name = reference.string("name").value_or("");
        peer.password_secret_namespace = reference.string("namespace").value_or("");
        reference.finish();
    }
    peer.enable_graceful_restart = spec.boolean("enableGracefulRestart");
    peer.vrf = spec.string("vrf").value_or("");
    peer.disable_mp = spec.boolean("disableMP").value_or(false);
    peer.dual_stack_address_family = spec.boolean("dualStackAddressFamily").value_or(false);
    check_connect_time(spec, peer);
    spec.finish();
    return peer;
}

model::BgpPeer read_bgp_peer_v1beta1(Fields& fields) {
    model::BgpPeer peer;
    fields.known(kStatus);
    fields.require("spec");
    const Node* const node = fields.mapping("spec");
    if (node == nullptr) {
        return peer;
    }
    Fields spec(fields.reader(), *node, "spec");
    read_common(spec, peer);
    spec.require("peerASN");
    spec.require("peerAddress");
    peer.hold_time_ms = peer.hold_time_ms.value_or(0);
    peer.keepalive_time_ms = peer.keepalive_time_ms.value_or(0);
    const auto port = spec.integer("peerPort", 0, 16384).value_or(0);
    peer.peer_port = port == 0 ? 179 : static_cast<std::uint16_t>(port);
    spec.each("nodeSelectors", [&](const Node& item, const std::string& path) {
        peer.node_selectors.push_back(read_selector(fields.reader(), item, path, true));
    });
    spec.finish();
    return peer;
}

}  // namespace ferro::kube
