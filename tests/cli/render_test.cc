// Whole texts, as a person or a script sees them.
#include "cli/render/document.h"
#include "cli/render/table.h"
#include "cli/render/text.h"
#include "tests/cli/fake_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ferro::cli {
namespace {

using namespace ferro::tests;
using testing::HasSubstr;

Style plain() {
    Style style;
    style.now = WallTime{kGivenAt + 3 * 3600000 + 125000};
    return style;
}

TEST(RenderStatus, PutsTheOverallLineOnTopAndNamesTheNextCommand) {
    EXPECT_EQ(
        render_status({announced_service(), silent_service(), foreign_service()}, {}, plain()),
        R"(not ok: 1 service of 3 should be announced and is not; ferroctl explain default/quiet tells why

SERVICE        ADDRESS                    POOL      ANNOUNCED BY   SINCE  VERDICT
default/web    10.15.250.25               mes-pool  host-2 (eth0)  3h2m   announced
default/quiet  10.15.250.26, 2001:db8::1  mes-pool  -              2h2m   no_serving_endpoint
other/theirs   -                          -         -              -      other_load_balancer_class
)");
}

TEST(RenderStatus, SaysThatAllIsWellInOneLine) {
    const std::string text = render_status({announced_service()}, {}, plain());
    EXPECT_THAT(text, testing::StartsWith("ok: 1 of 1 service announced, none missing\n"));
    EXPECT_EQ(render_status({}, {}, plain()), "no services\n");
}

TEST(RenderStatus, TellsWhatAilsTheController) {
    EXPECT_EQ(render_status({}, {"ledger: no space left on device"}, plain()),
              "no services\ncontroller: ledger: no space left on device\n");
}

TEST(RenderStatus, ColoursTheVerdictOnly) {
    Style style = plain();
    style.colour = true;
    const std::string text = render_status({announced_service(), silent_service()}, {}, style);
    EXPECT_THAT(text, HasSubstr("\x1b[32mannounced\x1b[0m"));
    EXPECT_THAT(text, HasSubstr("\x1b[31mno_serving_endpoint\x1b[0m"));
}

TEST(RenderPools, ShowsEachRangeAndTheSumOfBothFamilies) {
    EXPECT_EQ(render_pools({dual_pool(), full_pool()}, plain()),
              R"(POOL      RANGE                      USED     FREE  ADVERTISED BY           REMARKS
mes-pool  10.15.250.25-10.15.250.29     2        3  L2Advertisement/mes-l2
          2001:db8::/64                 1  1.84e19
          all of IPv4                   2        3
          all of IPv6                   1  1.84e19
full      10.0.0.1/32                   1        0  nothing                 on request only, avoids
                                                                            .0 and .255
)");
}

TEST(RenderSpeakers, ShowsWhoIsBehind) {
    EXPECT_EQ(render_speakers(three_speakers(), plain()),
              R"(2 of 3 speakers connected; feed version 42

NODE    CONNECTED  FEED VERSION  HEARD      ANNOUNCES  FROM            VERSION
host-1  yes                  42  250ms ago          1  10.15.1.1:4711  0.1.0
host-2  yes                  41  250ms ago          1  10.15.1.1:4711  0.1.0
host-3  no                    7  1m35s ago          0  10.15.1.1:4711  0.1.0
)");
}

TEST(RenderFindings, BeginsEachLineWithThePlace) {
    EXPECT_EQ(
        render_findings(two_findings(), plain()),
        R"(broken.yaml:7:3 IPAddressPool/second-pool spec.adresses: there is no such field, did you mean addresses? [error unknown_field]
the ConfigMap is from before 0.13 [warning legacy_config_map]

1 error, 1 warning
)");
    EXPECT_EQ(render_findings({}, plain()), "no findings\n");
}

TEST(RenderExplain, NamesTheFirstBrokenGateWithARemedy) {
    EXPECT_EQ(
        render_explanations({why_silent()}, plain()),
        R"(default/quiet: 10.15.250.26, 2001:db8::1 from pool mes-pool since 2026-11-22T18:45:00Z

       GATE              QUESTION                       EVIDENCE
  yes  type              is it a LoadBalancer service?  spec.type: LoadBalancer
  yes  address           has it an address?             10.15.250.26 from mes-pool
  NO   layer2 endpoints  does any endpoint serve?       2 endpoints in EndpointSlice
                                                        default/quiet-1, none ready or serving
  -    layer2 election   who answers?

  NODE    RANK  LAYER2               BGP  ENDPOINTS
  host-1     -  no_serving_endpoint  -          0/2

not announced: no_serving_endpoint
2 endpoints in EndpointSlice default/quiet-1, none ready or serving
What to do: look at the pods behind the service: kubectl get pods -o wide
)");
}

TEST(RenderExplain, MakesNothingOfAProtocolThatNobodyAskedFor) {
    EXPECT_EQ(render_explanations({why_announced()}, plain()),
              R"(default/web: 10.15.250.25 from pool mes-pool since 2026-11-22T17:45:00Z

       GATE               QUESTION                       EVIDENCE
  yes  type               is it a LoadBalancer service?  spec.type: LoadBalancer
  yes  layer2 election    who answers?                   host-2, first of 3
  no   bgp advertisement  does one match?                no BGPAdvertisement

announced by host-2 on eth0
)");
}

TEST(RenderExplain, SaysWhenOnlyTheReportOfASpeakerIsMissing) {
    control::Explanation explanation = why_announced();
    explanation.gates.pop_back();
    explanation.service.announced = false;
    explanation.service.announced_by.clear();
    EXPECT_THAT(render_explanations({explanation}, plain()), HasSubstr("not announced yet"));
}

TEST(RenderVersion, TellsBothSides) {
    const control::Version version = healthy_version();
    EXPECT_EQ(render_version({"0.1.0", "abc"}, &version, plain()),
              "ferroctl    0.1.0 (abc)\n"
              "controller  0.1.0 (abcdef012345), up 1d1h\n"
              "source      manifests /etc/ferrolb, synchronised, last change 1m1s ago\n"
              "feed        version 42\n");
    EXPECT_EQ(render_version({"0.1.0", "abc"}, nullptr, plain()), "ferroctl    0.1.0 (abc)\n");
}

TEST(Document, HasStableNamesForServicesInJson) {
    EXPECT_EQ(document_of_status({announced_service()}, {}, Format::json),
              R"({
  "ok": true,
  "announced": 1,
  "missing": 0,
  "conditions": [],
  "services": [
    {
      "service": "default/web",
      "namespace": "default",
      "name": "web",
      "ips": [
        "10.15.250.25"
      ],
      "pool": "mes-pool",
      "announced_by": [
        {
          "node": "host-2",
          "protocol": "layer2",
          "interfaces": [
            "eth0"
          ]
        }
      ],
      "since": "2026-11-22T17:45:00Z",
      "verdict": "announced",
      "reason": null,
      "should_announce": true,
      "announced": true
    }
  ]
}
)");
}

TEST(Document, HasTheSameNamesInYaml) {
    EXPECT_EQ(document_of_pools({full_pool()}, Format::yaml),
              R"(pools:
  - name: full
    auto_assign: false
    avoid_buggy_ips: true
    used_ipv4: "1"
    free_ipv4: "0"
    used_ipv6: "0"
    free_ipv6: "0"
    advertised_by: []
    ranges:
      - range: "10.0.0.1/32"
        family: ipv4
        size: "1"
        used: "1"
        free: "0"
)");
}

TEST(Document, SaysNullWhereNothingIsKnown) {
    EXPECT_EQ(document_of_version({"0.1.0", "abc"}, nullptr, Format::json),
              R"({
  "client": {
    "version": "0.1.0",
    "commit": "abc"
  },
  "controller": null
}
)");
}

TEST(Document, ShowsSpeakersFindingsAndGates) {
    EXPECT_THAT(
        document_of_speakers(three_speakers(), Format::json),
        HasSubstr("\"feed_version\": 42,\n  \"speakers\": [\n    {\n      \"node\": \"host-1\""));
    EXPECT_THAT(document_of_findings(two_findings(), Format::json),
                HasSubstr("\"line\": 7,\n      \"column\": 3"));
    EXPECT_THAT(document_of_explanations({why_silent()}, Format::yaml),
                HasSubstr("answer: \"no\"\n        reason: no_serving_endpoint"));
}

TEST(Age, HasTwoUnitsAtMost) {
    EXPECT_EQ(age(-5), "0s");
    EXPECT_EQ(age(850), "850ms");
    EXPECT_EQ(age(59000), "59s");
    EXPECT_EQ(age(192000), "3m12s");
    EXPECT_EQ(age(3600000), "1h");
    EXPECT_EQ(age(187200000), "2d4h");
}

TEST(Table, BreaksTheWidestColumnThatMay) {
    Table table({{"A", Align::left, true}, {"B"}});
    table.add({"one two three four five six seven", "fixed"});
    Style style;
    style.columns = 24;
    EXPECT_EQ(table.render(style),
              "A                  B\n"
              "one two three      fixed\n"
              "four five six\n"
              "seven\n");
    style.wide = true;
    EXPECT_EQ(table.render(style),
              "A                                  B\n"
              "one two three four five six seven  fixed\n");
}

}  // namespace
}  // namespace ferro::cli
