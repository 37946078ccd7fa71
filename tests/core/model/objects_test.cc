// Names of kinds and objects, annotations under two prefixes, endpoints that serve, and the text of
// a finding.
#include "core/model/objects.h"

#include "core/model/annotations.h"
#include "core/model/finding.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace ferro::model {
namespace {

TEST(Kind, HasAWordThatLeadsBackToIt) {
    for (std::size_t i = 0; i < kKindCount; ++i) {
        const Kind kind = static_cast<Kind>(i);
        EXPECT_EQ(kind_of(to_string(kind)), kind);
    }
    EXPECT_EQ(kind_of("Deployment"), std::nullopt);
    EXPECT_EQ(kind_of("service"), std::nullopt) << "words are compared with case";
}

TEST(Kind, OfAnObjectIsThatOfItsAlternative) {
    const std::vector<std::pair<Object, Kind>> all{{Namespace{}, Kind::namespace_},
                                                   {Node{}, Kind::node},
                                                   {Community{}, Kind::community},
                                                   {BfdProfile{}, Kind::bfd_profile},
                                                   {IpAddressPool{}, Kind::ip_address_pool},
                                                   {L2Advertisement{}, Kind::l2_advertisement},
                                                   {BgpAdvertisement{}, Kind::bgp_advertisement},
                                                   {BgpPeer{}, Kind::bgp_peer},
                                                   {Service{}, Kind::service},
                                                   {EndpointSlice{}, Kind::endpoint_slice}};
    ASSERT_EQ(all.size(), kKindCount);
    for (const auto& [object, kind] : all) {
        EXPECT_EQ(kind_of(object), kind);
    }
}

TEST(ObjectKey, LeavesOutANamespaceThatIsNotThere) {
    EXPECT_EQ((ObjectKey{"shop", "web"}).to_string(), "shop/web");
    EXPECT_EQ((ObjectKey{"", "node-1"}).to_string(), "node-1");
    EXPECT_EQ((ObjectRef{Kind::ip_address_pool, {"metallb-system", "p"}}).to_string(),
              "IPAddressPool metallb-system/p");
}

TEST(Annotation, IsTheNewOneWheneverItIsThere) {
    const Labels both{{"metallb.io/loadBalancerIPs", "10.0.0.9"},
                      {"metallb.universe.tf/loadBalancerIPs", "10.0.0.8"}};
    EXPECT_EQ(annotation(both, kLoadBalancerIps), "10.0.0.9");
    const Labels empty{{"metallb.io/loadBalancerIPs", ""},
                       {"metallb.universe.tf/loadBalancerIPs", "10.0.0.8"}};
    EXPECT_EQ(annotation(empty, kLoadBalancerIps), "") << "also when it is empty";
    const Labels legacy{{"metallb.universe.tf/loadBalancerIPs", "10.0.0.8"}};
    EXPECT_EQ(annotation(legacy, kLoadBalancerIps), "10.0.0.8");
    EXPECT_EQ(annotation(legacy, kAddressPool), std::nullopt);
    EXPECT_EQ(annotation({{"loadBalancerIPs", "x"}}, kLoadBalancerIps), std::nullopt);
}

TEST(Endpoint, ServesWhenReadyIsUnsetOrTrueOrServingIs) {
    struct Case {
        std::optional<bool> ready;
        std::optional<bool> serving;
        bool serves;
    };

    const std::vector<Case> cases{{std::nullopt, std::nullopt, true},
                                  {std::nullopt, false, true},
                                  {true, std::nullopt, true},
                                  {true, false, true},
                                  {false, std::nullopt, false},
                                  {false, false, false},
                                  {false, true, true}};
    for (const Case& one : cases) {
        Endpoint endpoint;
        endpoint.ready = one.ready;
        endpoint.serving = one.serving;
        EXPECT_EQ(endpoint.is_serving(), one.serves);
    }
}

TEST(Finding, NamesPlaceObjectFieldAndRemedy) {
    Finding finding;
    finding.rule = "pool_overlap";
    finding.object = {Kind::ip_address_pool, {"metallb-system", "p"}};
    finding.field = "spec.addresses[1]";
    finding.message = "CIDR \"10.0.0.0/24\" overlaps";
    finding.remedy = "give each address to one pool";
    finding.location = {"pools.yaml", 12, 7};
    EXPECT_EQ(finding.to_string(),
              "pools.yaml:12:7 IPAddressPool/metallb-system/p spec.addresses[1]: "
              "CIDR \"10.0.0.0/24\" overlaps, give each address to one pool");
    finding.location.line = 0;
    finding.remedy.clear();
    EXPECT_EQ(finding.to_string(),
              "pools.yaml IPAddressPool/metallb-system/p spec.addresses[1]: "
              "CIDR \"10.0.0.0/24\" overlaps");
    finding.location = {};
    finding.field.clear();
    EXPECT_EQ(finding.to_string(), "IPAddressPool/metallb-system/p: CIDR \"10.0.0.0/24\" overlaps");
}

TEST(Finding, OfAFileThatIsNoManifestNamesNoObject) {
    Finding finding;
    finding.message = "not YAML";
    finding.location = {"notes.yaml", 1, 1};
    EXPECT_EQ(finding.to_string(), "notes.yaml:1:1 not YAML");
}

TEST(Severity, HasItsWords) {
    EXPECT_STREQ(to_string(Severity::error), "error");
    EXPECT_STREQ(to_string(Severity::warning), "warning");
    EXPECT_STREQ(to_string(Severity::info), "info");
}

}  // namespace
}  // namespace ferro::model
