// Checks BFD profiles (spec 8.2), peers (8.3) and, at the end of a parse, BFD echo beside IPv6
// pools (8.7). A password taken from a secret is accepted unresolved: secrets are not in the model.
#include "core/config/checks.h"
#include "core/config/lists.h"
#include "core/config/peer_timers.h"
#include "core/ip/address.h"

#include <algorithm>

namespace ferro::config {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;

void check_profile(const model::BfdProfile& profile, Report& report) {
    struct Bound {
        const char* field;
        std::optional<std::uint32_t> value;
        std::uint32_t least;
        std::uint32_t most;
    };

    const Bound bounds[] = {{"receiveInterval", profile.receive_interval_ms, 10, 60000},
                            {"transmitInterval", profile.transmit_interval_ms, 10, 60000},
                            {"detectMultiplier", profile.detect_multiplier, 2, 255},
                            {"echoInterval", profile.echo_interval_ms, 10, 60000},
                            {"minimumTtl", profile.minimum_ttl, 1, 254}};
    for (const Bound& bound : bounds) {
        if (!bound.value || (*bound.value >= bound.least && *bound.value <= bound.most)) {
            continue;
        }
        const std::string span = std::to_string(bound.least) + ".." + std::to_string(bound.most);
        report.error(
            Rule::bfd_value_out_of_range,
            {ref_to(profile),
             std::string("spec.") + bound.field,
             "invalid " + std::string(bound.field) + " value " + std::to_string(*bound.value) +
                 " in profile " + quoted(profile.meta.key.name),
             "choose a value in " + span + ", or leave it out for the default"});
    }
}

/// The checks of one peer, in MetalLB's order.
class PeerCheck {
  public:
    PeerCheck(const model::BgpPeer& peer, Report& report) : peer_(peer), report_(report) {}

    void numbers() {
        if (peer_.my_asn == 0) {
            refuse(Rule::missing_my_asn, "spec.myASN", "missing local ASN", "set spec.myASN");
        }
        const bool dynamic = !peer_.dynamic_asn.empty();
        if (peer_.peer_asn == 0 && !dynamic) {
            refuse(Rule::missing_peer_asn,
                   "spec.peerASN",
                   "missing peer ASN or dynamicASN",
                   "set spec.peerASN, or spec.dynamicASN to internal or external");
        }
        if (peer_.peer_asn != 0 && dynamic) {
            refuse(Rule::asn_and_dynamic_asn,
                   "spec.dynamicASN",
                   "both peer ASN and dynamicASN are set",
                   "keep one of the two");
        }
        if (dynamic && peer_.dynamic_asn != "internal" && peer_.dynamic_asn != "external") {
            refuse(Rule::invalid_dynamic_asn,
                   "spec.dynamicASN",
                   "invalid dynamicASN " + quoted(peer_.dynamic_asn),
                   "write internal or external");
        }
        if (peer_.ebgp_multi_hop && peer_.my_asn != 0 && peer_.peer_asn == peer_.my_asn) {
            refuse(Rule::multi_hop_needs_ebgp,
                   "spec.ebgpMultiHop",
                   "invalid ebgpMultiHop: peer ASN and local ASN are the same",
                   "remove ebgpMultiHop: an iBGP session may span hops anyway");
        }
    }

    void endpoint() {
        if (peer_.peer_address.empty() && peer_.interface.empty()) {
            refuse(Rule::missing_peer_address,
                   "spec.peerAddress",
                   "one of peerAddress and interface must be set",
                   "set spec.peerAddress, or spec.interface for an unnumbered session");
        }
        if (!peer_.peer_address.empty() && !peer_.interface.empty()) {
            refuse(Rule::address_and_interface,
                   "spec.interface",
                   "peerAddress and interface are both set",
                   "keep one of the two");
        }
    }

    void timers() {
        const auto timers = timers_of(peer_);
        if (!timers) {
            refuse(Rule::invalid_peer_timers,
                   peer_.hold_time_ms ? "spec.holdTime" : "spec.keepaliveTime",
                   timers.error().context,
                   "choose a holdTime of 0s or at least 3s, and a keepaliveTime of a third of it");
        }
        const std::int64_t connect = peer_.connect_time_ms.value_or(kMsPerSecond);
        if (connect < kMsPerSecond || connect > 65535 * kMsPerSecond) {
            refuse(Rule::connect_time_out_of_range,
                   "spec.connectTime",
                   "connect time should be between 1 seconds and 65535 seconds",
                   "choose a time in 1s..65535s");
        } else if (connect % kMsPerSecond != 0) {
            refuse(Rule::connect_time_out_of_range,
                   "spec.connectTime",
                   "connect time should contain a whole number of seconds",
                   "write whole seconds");
        }
        if (peer_.peer_port > 16384) {
            refuse(Rule::peer_port_out_of_range,
                   "spec.peerPort",
                   "invalid peerPort " + std::to_string(peer_.peer_port),
                   "MetalLB's schema takes ports up to 16384");
        }
    }

    void addresses() {
        address(Rule::invalid_peer_address,
                "spec.peerAddress",
                "invalid BGPPeer address ",
                peer_.peer_address);
        address(Rule::invalid_router_id, "spec.routerID", "invalid router ID ", peer_.router_id);
        address(Rule::invalid_source_address,
                "spec.sourceAddress",
                "invalid source IP ",
                peer_.source_address);
    }

    void references(const Objects<model::BfdProfile>& profiles) {
        check_selectors(report_, ref_to(peer_), "spec.nodeSelectors", peer_.node_selectors);
        if (!peer_.password.empty() && !peer_.password_secret_name.empty()) {
            refuse(Rule::two_passwords,
                   "spec.passwordSecret",
                   "can not have both password and passwordSecret set in peer " +
                       quoted(peer_.meta.key.name),
                   "keep passwordSecret");
        }
        const bool known = peer_.bfd_profile.empty() ||
                           std::any_of(profiles.begin(), profiles.end(), [&](const auto& profile) {
                               return profile->meta.key.name == peer_.bfd_profile;
                           });
        if (!known) {
            refuse(Rule::unknown_bfd_profile,
                   "spec.bfdProfile",
                   "peer " + peer_.meta.key.name + " referencing non existing bfd profile " +
                       peer_.bfd_profile,
                   "create the BFDProfile, or remove the field");
        }
    }

  private:
    void address(Rule rule,
                 const std::string& field,
                 const std::string& message,
                 const std::string& text) {
        if (!text.empty() && !ip::Address::parse(text)) {
            refuse(rule, field, message + quoted(text), "write an IPv4 or IPv6 address");
        }
    }

    void refuse(Rule rule,
                const std::string& field,
                const std::string& message,
                const std::string& remedy) {
        report_.error(rule, {ref_to(peer_), field, message, remedy});
    }

    const model::BgpPeer& peer_;
    Report& report_;
};

bool has_echo(const Objects<model::BfdProfile>& profiles, const std::string& name) {
    return std::any_of(profiles.begin(), profiles.end(), [&](const auto& profile) {
        return profile->meta.key.name == name && profile->echo_mode.value_or(false);
    });
}

}  // namespace

Result<PeerTimers> timers_of(const model::BgpPeer& peer) {
    const auto invalid = [](const std::string& why) {
        return Error{ErrorCode::invalid_input, "invalid BGPPeer timers: " + why};
    };
    PeerTimers timers{peer.hold_time_ms, peer.keepalive_time_ms};
    if (!timers.hold_time_ms && !timers.keepalive_time_ms) {
        return timers;
    }
    if (!timers.keepalive_time_ms) {
        timers.keepalive_time_ms = *timers.hold_time_ms / 3;
    }
    if (!timers.hold_time_ms) {
        // Saturated, since an absurd time must be refused rather than overflow.
        const std::int64_t keepalive =
            std::clamp(*timers.keepalive_time_ms, INT64_MIN / 3, INT64_MAX / 3);
        timers.hold_time_ms = 3 * keepalive;
    }
    const std::int64_t hold_s = *timers.hold_time_ms / kMsPerSecond;
    if (hold_s != 0 && hold_s < 3) {
        return invalid("hold time " + std::to_string(hold_s) + "s must be 0 or at least 3s");
    }
    if (*timers.keepalive_time_ms > *timers.hold_time_ms) {
        return invalid("keepalive time " + std::to_string(*timers.keepalive_time_ms) +
                       "ms is longer than hold time " + std::to_string(*timers.hold_time_ms) +
                       "ms");
    }
    return timers;
}

void check_bfd_profiles(const Input& input, Report& report) {
    for (const auto& profile : input.bfd_profiles) {
        check_profile(*profile, report);
    }
}

void check_peers(const Input& input, Report& report) {
    for (const auto& peer : input.peers) {
        PeerCheck check(*peer, report);
        check.numbers();
        check.endpoint();
        check.timers();
        check.addresses();
        check.references(input.bfd_profiles);
    }
}

void check_bfd_echo(const Input& input, const std::map<PoolName, Pool>& pools, Report& report) {
    for (const auto& [name, pool] : pools) {
        const bool has_ipv6 =
            std::any_of(pool.prefixes.begin(), pool.prefixes.end(), [](const ip::Prefix& prefix) {
                return prefix.family() == ip::Family::ipv6;
            });
        for (const BgpAdvertisement& advertisement : pool.bgp_advertisements) {
            for (const auto& peer : input.peers) {
                const bool targeted = advertisement.peers.empty() ||
                                      advertisement.peers.contains(peer->meta.key.name);
                if (has_ipv6 && targeted && has_echo(input.bfd_profiles, peer->bfd_profile)) {
                    report.error(
                        Rule::bfd_echo_with_ipv6,
                        {ref_to(*peer),
                         "spec.bfdProfile",
                         "pool " + quoted(name.value) + " has bgp advertisement " +
                             quoted(advertisement.name) + " to peer " + peer->meta.key.name +
                             ": bfd echo enabled is not possible for ipv6",
                         "use a BFD profile without echoMode, or advertise the pool to "
                         "other peers"});
                }
            }
        }
    }
}

}  // namespace ferro::config
