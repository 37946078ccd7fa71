// The rules of modes, BFD profiles and peers (spec 8.1 to 8.3, 8.7), the speaker's view (3.2), and
// the order of findings.
#include "core/config/peer_timers.h"
#include "tests/core/config/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferro::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

World in_mode(BgpMode mode) {
    World world;
    world.options.mode = mode;
    return world;
}

struct PeerCase {
    const char* what;
    std::function<void(model::BgpPeer&)> edit;
    std::vector<std::string> errors;
};

const PeerCase kPeerCases[] = {
    {"a plain peer is good", {}, {}},
    {"no local AS", [](auto& p) { p.my_asn = 0; }, {"missing_my_asn"}},
    {"no peer AS", [](auto& p) { p.peer_asn = 0; }, {"missing_peer_asn"}},
    {"both forms of peer AS", [](auto& p) { p.dynamic_asn = "external"; }, {"asn_and_dynamic_asn"}},
    {"dynamic AS alone",
     [](auto& p) {
         p.peer_asn = 0;
         p.dynamic_asn = "internal";
         p.ebgp_multi_hop = true;
     },
     {}},
    {"unknown word for a dynamic AS",
     [](auto& p) {
         p.peer_asn = 0;
         p.dynamic_asn = "any";
     },
     {"invalid_dynamic_asn"}},
    {"multi hop inside one AS",
     [](auto& p) {
         p.peer_asn = p.my_asn;
         p.ebgp_multi_hop = true;
     },
     {"multi_hop_needs_ebgp"}},
    {"neither address nor interface",
     [](auto& p) { p.peer_address = ""; },
     {"missing_peer_address"}},
    {"address and interface", [](auto& p) { p.interface = "eth0"; }, {"address_and_interface"}},
    {"unnumbered",
     [](auto& p) {
         p.peer_address = "";
         p.interface = "eth0";
     },
     {}},
    {"bad address", [](auto& p) { p.peer_address = "router1"; }, {"invalid_peer_address"}},
    {"bad router ID", [](auto& p) { p.router_id = "1.2.3"; }, {"invalid_router_id"}},
    {"IPv6 router ID passes", [](auto& p) { p.router_id = "fc00::1"; }, {}},
    {"bad source", [](auto& p) { p.source_address = "x"; }, {"invalid_source_address"}},
    {"hold time of 2 s", [](auto& p) { p.hold_time_ms = 2999; }, {"invalid_peer_timers"}},
    {"hold time of 0", [](auto& p) { p.hold_time_ms = 0; }, {}},
    {"hold time cut to 0 s", [](auto& p) { p.hold_time_ms = 999; }, {}},
    {"hold time of 3 s", [](auto& p) { p.hold_time_ms = 3000; }, {}},
    {"negative hold time", [](auto& p) { p.hold_time_ms = -5000; }, {"invalid_peer_timers"}},
    {"keepalive above hold",
     [](auto& p) {
         p.hold_time_ms = 3000;
         p.keepalive_time_ms = 4000;
     },
     {"invalid_peer_timers"}},
    {"huge keepalive does not overflow",
     [](auto& p) { p.keepalive_time_ms = INT64_MAX; },
     {"invalid_peer_timers"}},
    {"connect time of 0", [](auto& p) { p.connect_time_ms = 0; }, {"connect_time_out_of_range"}},
    {"connect time of 1.5 s",
     [](auto& p) { p.connect_time_ms = 1500; },
     {"connect_time_out_of_range"}},
    {"connect time of 65535 s", [](auto& p) { p.connect_time_ms = 65535000; }, {}},
    {"port above the schema's", [](auto& p) { p.peer_port = 16385; }, {"peer_port_out_of_range"}},
    {"same selector twice", [](auto& p) { p.node_selectors = {{}, {}}; }, {"duplicate_selector"}},
    {"two passwords",
     [](auto& p) {
         p.password = "x";
         p.password_secret_name = "y";
     },
     {"two_passwords"}},
    {"a secret is accepted unresolved", [](auto& p) { p.password_secret_name = "y"; }, {}},
    {"unknown BFD profile", [](auto& p) { p.bfd_profile = "fast"; }, {"unknown_bfd_profile"}},
};

TEST(Peers, AreCheckedFieldByField) {
    for (const PeerCase& each : kPeerCases) {
        EXPECT_EQ(World().peer("r", each.edit).errors(), each.errors) << each.what;
    }
}

TEST(Peers, SpeakInMetalLbsWords) {
    const auto message = [](const std::function<void(model::BgpPeer&)>& edit) {
        return World().peer("r", edit).parse().first_error()->message;
    };
    EXPECT_THAT(message([](auto& p) { p.hold_time_ms = 1000; }),
                testing::StartsWith("invalid BGPPeer timers"));
    EXPECT_THAT(message([](auto& p) { p.peer_address = "x"; }),
                testing::StartsWith("invalid BGPPeer address"));
    EXPECT_THAT(message([](auto& p) { p.bfd_profile = "b"; }),
                HasSubstr("peer r referencing non existing bfd profile b"));
}

TEST(Peers, TimersCompleteEachOther) {
    model::BgpPeer peer;
    EXPECT_EQ(timers_of(peer).value(), (PeerTimers{std::nullopt, std::nullopt}));
    peer.hold_time_ms = 9000;
    EXPECT_EQ(timers_of(peer).value(), (PeerTimers{9000, 3000}));
    peer.hold_time_ms.reset();
    peer.keepalive_time_ms = 1000;
    EXPECT_EQ(timers_of(peer).value(), (PeerTimers{3000, 1000}));
}

TEST(Peers, T127AUsedBfdProfileIsMissedWhenItGoes) {
    const auto uses_fast = [](model::BgpPeer& peer) { peer.bfd_profile = "fast"; };
    EXPECT_THAT(World().bfd("fast").peer("r", uses_fast).errors(), IsEmpty());
    EXPECT_THAT(World().peer("r", uses_fast).errors(), ElementsAre("unknown_bfd_profile"));
}

TEST(BfdProfiles, HaveBounds) {
    EXPECT_THAT(World()
                    .bfd("b",
                         [](model::BfdProfile& profile) {
                             profile.receive_interval_ms = 9;
                             profile.transmit_interval_ms = 60001;
                             profile.detect_multiplier = 1;
                             profile.echo_interval_ms = 5;
                             profile.minimum_ttl = 255;
                         })
                    .errors()
                    .size(),
                5U);
    EXPECT_THAT(World()
                    .bfd("b",
                         [](model::BfdProfile& profile) {
                             profile.receive_interval_ms = 10;
                             profile.transmit_interval_ms = 60000;
                             profile.detect_multiplier = 255;
                             profile.minimum_ttl = 1;
                         })
                    .errors(),
                IsEmpty());
}

TEST(BfdProfiles, EchoAndAnIpv6PoolDoNotGoTogether) {
    World world;
    world.bfd("echo", [](model::BfdProfile& profile) { profile.echo_mode = true; });
    world.peer("r", [](model::BgpPeer& peer) { peer.bfd_profile = "echo"; });
    world.pool("p", {"fc00::/64"}).bgp("ad");
    EXPECT_THAT(world.errors(), ElementsAre("bfd_echo_with_ipv6"));
    world.bgp("ad", [](model::BgpAdvertisement& ad) { ad.peers = {"other"}; });
    EXPECT_THAT(world.errors(), IsEmpty());
}

TEST(NativeMode, T128RefusesABfdProfileObject) {
    const World world = in_mode(BgpMode::native).bfd("b");
    EXPECT_THAT(world.errors(), ElementsAre("native_bfd_profile_object"));
    EXPECT_THAT(world.parse().first_error()->message, HasSubstr("bfd profiles section set"));
    EXPECT_THAT(in_mode(BgpMode::none).bfd("b").errors(), IsEmpty());
}

TEST(NativeMode, RefusesTheFieldsOfFrr) {
    const std::function<void(model::BgpPeer&)> edits[] = {
        [](auto& p) { p.keepalive_time_ms = 10000; },
        [](auto& p) { p.vrf = "red"; },
        [](auto& p) { p.connect_time_ms = 1000; },
        [](auto& p) { p.enable_graceful_restart = true; },
        [](auto& p) { p.disable_mp = true; },
        [](auto& p) { p.dual_stack_address_family = true; },
        [](auto& p) { p.local_asn = 64999; },
        [](auto& p) { p.bfd_profile = "b"; },
        [](auto& p) { p.dynamic_asn = "external"; },
    };
    for (const auto& edit : edits) {
        const World world = in_mode(BgpMode::native).peer("r", edit);
        ASSERT_FALSE(world.errors().empty());
        EXPECT_EQ(world.errors().front().rfind("native_", 0), 0U) << world.errors().front();
        EXPECT_THAT(world.parse().first_error()->message,
                    testing::AllOf(HasSubstr("native bgp mode"), HasSubstr("10.0.0.1")));
    }
    EXPECT_THAT(in_mode(BgpMode::native)
                    .peer("r",
                          [](auto& p) {
                              p.keepalive_time_ms = 0;
                              p.hold_time_ms = 9000;
                          })
                    .errors(),
                IsEmpty());
}

TEST(NativeMode, RefusesIpv6PoolsThatAnAdvertisementChooses) {
    World world = in_mode(BgpMode::native).pool("p", {"10.0.0.0/24", "fc00::/64"});
    EXPECT_THAT(world.errors(), IsEmpty());
    world.bgp("ad", [](model::BgpAdvertisement& ad) { ad.ip_address_pools = {"other"}; });
    EXPECT_THAT(world.errors(), IsEmpty());
    world.bgp("ad");
    EXPECT_THAT(world.errors(), ElementsAre("native_ipv6_pool"));
    EXPECT_EQ(world.parse().first_error()->field, "spec.addresses[1]");
}

TEST(NativeMode, RefusesLargeCommunitiesForTheControllerToo) {
    World world = in_mode(BgpMode::native).community("c", {{"x", "large:1:2:3"}});
    world.options.scope = Scope::pools_only;
    EXPECT_THAT(world.errors(), ElementsAre("native_large_community"));
    world.options.mode = BgpMode::frr_k8s;
    EXPECT_THAT(world.errors(), IsEmpty());
}

TEST(FrrMode, T129RefusesTwoPeersOfOneAddressOnASharedNode) {
    World world;
    world.node("a", {{"rack", "1"}}).node("b", {{"rack", "2"}});
    world.peer("x").peer("y");
    EXPECT_THAT(world.errors(), ElementsAre("duplicate_peer"));
    EXPECT_EQ(world.parse().first_error()->message,
              "peer 10.0.0.1 already exists, FRR mode doesn't support duplicate BGPPeers selecting "
              "the same node");
    const auto rack = [](const std::string& value) {
        return [=](model::BgpPeer& peer) { peer.node_selectors = {with_label("rack", value)}; };
    };
    world.peer("x", rack("1")).peer("y", rack("2"));
    EXPECT_THAT(world.errors(), IsEmpty());
}

TEST(FrrMode, PeersShareANodeWhileNoneIsKnown) {
    const auto rack = [](const std::string& value) {
        return [=](model::BgpPeer& peer) { peer.node_selectors = {with_label("rack", value)}; };
    };
    EXPECT_THAT(World().peer("x", rack("1")).peer("y", rack("2")).errors(),
                ElementsAre("duplicate_peer"));
}

TEST(FrrMode, ComparesRouterIdsTextsOfAddressesAndAsNumbersOfAVrf) {
    const auto edited = [](const std::function<void(model::BgpPeer&)>& edit) {
        return World().peer("x", [](auto& p) { p.peer_address = "::1"; }).peer("y", edit).errors();
    };
    EXPECT_THAT(edited({}), IsEmpty());
    EXPECT_THAT(edited([](auto& p) { p.router_id = "1.1.1.1"; }),
                ElementsAre("router_id_mismatch"));
    EXPECT_THAT(edited([](auto& p) { p.peer_address = "0:0::1"; }), IsEmpty());
    EXPECT_THAT(edited([](auto& p) { p.my_asn = 1; }), ElementsAre("asn_mismatch"));
    EXPECT_THAT(edited([](auto& p) {
                    p.my_asn = 1;
                    p.vrf = "red";
                }),
                IsEmpty());
}

TEST(SpeakersView, LeavesOutWhatDoesNotSelectTheNodeErrorsIncluded) {
    World world;
    world.node("a", {{"rack", "1"}}).node("b", {{"rack", "2"}}).pool("p", {"10.0.0.0/24"});
    world.peer("broken", [](model::BgpPeer& peer) {
        peer.my_asn = 0;
        peer.node_selectors = {with_label("rack", "2")};
    });
    world.bgp("broken", [](model::BgpAdvertisement& ad) {
        ad.aggregation_length = 99;
        ad.node_selectors = {with_label("rack", "2")};
    });
    world.options.node = NodeName("b");
    EXPECT_THAT(world.errors(), ElementsAre("missing_my_asn", "aggregation_length_out_of_range"));
    world.options.node = NodeName("a");
    EXPECT_THAT(world.errors(), IsEmpty());
    // The other node's advertisement still counts as advertising the pool.
    EXPECT_THAT(world.hints(), IsEmpty());
    EXPECT_TRUE(world.parse().configuration->peers.empty());
}

/// One mistake for each step of a parse: all are found, in MetalLB's order, and objects by name.
TEST(Findings, AreAllReportedAndTheFirstIsMetalLbs) {
    World world;
    world.options.mode = BgpMode::frr;
    world.pool("b", {"10.0.0.0/24", "not-an-address", "10.0.0.9/32"});
    world.pool("a", {});
    world.l2("l", [](model::L2Advertisement& ad) { ad.ip_address_pools = {"zz", "zz"}; });
    world.bgp("g", [](model::BgpAdvertisement& ad) { ad.communities = {"nobody"}; });
    world.community("c", {{"x", "1"}, {"y", "1:1"}, {"y", "1:1"}});
    world.peer("q", [](model::BgpPeer& peer) {
        peer.peer_asn = 0;
        peer.router_id = "x";
    });
    world.peer("r");
    world.bfd("f", [](model::BfdProfile& profile) { profile.detect_multiplier = 0; });
    EXPECT_THAT(world.errors(),
                ElementsAre("router_id_mismatch",
                            "duplicate_peer",
                            "bfd_value_out_of_range",
                            "missing_peer_asn",
                            "invalid_router_id",
                            "invalid_community",
                            "duplicate_community",
                            "no_addresses",
                            "invalid_addresses",
                            "pool_overlap",
                            "duplicate_entry",
                            "unknown_community"));
    const ParseOutcome outcome = world.parse();
    EXPECT_EQ(outcome.configuration, nullptr);
    EXPECT_EQ(outcome.first_error()->rule, "router_id_mismatch");
    for (const model::Finding& finding : outcome.findings) {
        EXPECT_FALSE(finding.message.empty()) << finding.rule;
        EXPECT_FALSE(finding.remedy.empty()) << finding.rule;
        EXPECT_FALSE(finding.object.key.name.empty()) << finding.rule;
    }
}

TEST(Findings, Q28ObjectsAreVisitedInTrueNameOrder) {
    const World world = World().pool("c", {}).pool("a", {}).pool("b", {}).pool("d", {});
    std::vector<std::string> names;
    for (const model::Finding& finding : world.parse().findings) {
        if (finding.severity == model::Severity::error) {
            names.push_back(finding.object.key.name);
        }
    }
    EXPECT_THAT(names, ElementsAre("a", "b", "c", "d"));
}

TEST(Findings, TheSamePictureTwiceGivesEqualConfigurations) {
    const World world = World().node("n").pool("p", {"10.0.0.0/24"}).l2("ad").peer("r");
    EXPECT_EQ(*world.parse().configuration, *world.parse().configuration);
}

TEST(BgpModes, AreNamedAsInTheEnvironmentVariable) {
    for (const BgpMode mode : {BgpMode::native, BgpMode::frr, BgpMode::frr_k8s, BgpMode::none}) {
        EXPECT_EQ(bgp_mode_of(to_string(mode)), mode);
    }
    EXPECT_EQ(bgp_mode_of("frr-k8s"), BgpMode::frr_k8s);
    EXPECT_EQ(bgp_mode_of("FRR"), std::nullopt);
}

}  // namespace
}  // namespace ferro::config
