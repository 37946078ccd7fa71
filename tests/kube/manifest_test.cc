// What kube/wire says of manifests: each case is a text and the exact findings, in order, as people
// read them.
#include "kube/wire/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ferro::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

std::vector<std::string> texts_of(const Manifest& manifest) {
    std::vector<std::string> texts;
    for (const model::Finding& finding : manifest.findings) {
        texts.push_back(std::string(model::to_string(finding.severity)) + " " + finding.rule + " " +
                        finding.to_string());
    }
    return texts;
}

struct Case {
    const char* name;
    const char* text;
    std::vector<std::string> findings;
};

class ManifestFindings : public ::testing::TestWithParam<Case> {};

TEST_P(ManifestFindings, AreExactly) {
    const Manifest manifest = read_manifest("f.yaml", GetParam().text);
    EXPECT_THAT(texts_of(manifest), ElementsAreArray(GetParam().findings));
}

#define POOL_HEAD                      \
    "apiVersion: metallb.io/v1beta1\n" \
    "kind: IPAddressPool\n"            \
    "metadata: {name: p, namespace: m}\n"

#define SERVICE_HEAD   \
    "apiVersion: v1\n" \
    "kind: Service\n"  \
    "metadata:\n"      \
    "  name: s\n"

#define PEER_HEAD                      \
    "apiVersion: metallb.io/v1beta2\n" \
    "kind: BGPPeer\n"                  \
    "metadata: {name: b, namespace: m}\n"

const Case kCases[] = {
    {"AnUnknownFieldNamesItsNeighbour",
     POOL_HEAD "spec:\n  addresses: [10.0.0.0/24]\n  autoassign: true\n",
     {"error unknown_field f.yaml:6:3 IPAddressPool/m/p spec.autoassign: unknown field, did you "
      "mean \"autoAssign\"?"}},
    {"AnUnknownFieldWithoutNeighbour",
     POOL_HEAD "spec:\n  addresses: [10.0.0.0/24]\n  colour: blue\n",
     {"error unknown_field f.yaml:6:3 IPAddressPool/m/p spec.colour: unknown field, remove it"}},
    {"AnUnknownFieldAtTheTop",
     POOL_HEAD "spec:\n  addresses: [10.0.0.0/24]\nspecs: {}\n",
     {"error unknown_field f.yaml:6:1 IPAddressPool/m/p specs: unknown field, did you mean "
      "\"spec\"?"}},
    {"AStringWhereAListShouldBe",
     POOL_HEAD "spec:\n  addresses: 10.0.0.0/24\n",
     {"error wrong_type f.yaml:5:14 IPAddressPool/m/p spec.addresses: must be a list of strings, "
      "but is the string \"10.0.0.0/24\", write a list of strings"}},
    {"ANumberWhereAStringShouldBe",
     POOL_HEAD "spec:\n  addresses: [10]\n",
     {"error wrong_type f.yaml:5:15 IPAddressPool/m/p spec.addresses[0]: must be a string, but is "
      "the number 10, write it in quotes: \"10\""}},
    {"AQuotedBoolean",
     POOL_HEAD "spec:\n  addresses: []\n  autoAssign: \"true\"\n",
     {"error wrong_type f.yaml:6:15 IPAddressPool/m/p spec.autoAssign: must be a boolean, but is "
      "the string \"true\", write it without quotes"}},
    {"AYaml11BooleanInALabel",
     "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns\n  labels:\n    public: yes\n",
     {"error wrong_type f.yaml:6:13 Namespace/ns metadata.labels[public]: must be a string, but is "
      "the boolean yes, write it in quotes: \"yes\""}},
    {"AYaml11BooleanAsAKey",
     "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns\n  labels:\n    on: \"1\"\n",
     {"warning boolean_key f.yaml:6:5 Namespace/ns metadata.labels.true: YAML reads this unquoted "
      "key as the boolean true, write the key in quotes"}},
    {"ARepeatedKey",
     POOL_HEAD "spec:\n  addresses: []\n  addresses: [10.0.0.0/24]\n",
     {"error duplicate_key f.yaml:6:3 IPAddressPool/m/p spec.addresses: the key stands here a "
      "second time, keep one of them"}},
    {"ARequiredFieldThatIsMissing",
     POOL_HEAD "spec:\n  autoAssign: true\n",
     {"error missing_field f.yaml:5:3 IPAddressPool/m/p spec.addresses: missing, add it"}},
    {"ASpecThatIsMissing",
     POOL_HEAD,
     {"error missing_field f.yaml:1:1 IPAddressPool/m/p spec: missing, add it"}},
    {"NoKind",
     "apiVersion: v1\nmetadata: {name: x}\n",
     {"error missing_field f.yaml:1:1 kind: missing, add it"}},
    {"NoApiVersion",
     "kind: Service\nmetadata: {name: x}\n",
     {"error missing_field f.yaml:1:1 apiVersion: missing, add it"}},
    {"NoName",
     "apiVersion: v1\nkind: Service\nmetadata: {namespace: x}\n",
     {"error missing_field f.yaml:3:11 metadata.name: the object has no name, add it"}},
    {"NoMetadata",
     "apiVersion: v1\nkind: Service\n",
     {"error missing_field f.yaml:1:1 metadata: missing, add it"}},
    {"OnlyAGeneratedName",
     "apiVersion: v1\nkind: Service\nmetadata: {generateName: x-}\n",
     {"error missing_field f.yaml:3:11 metadata.name: the object has no name, give it a name: "
      "generateName needs an API server"}},
    {"ANameThatIsNoName",
     "apiVersion: v1\nkind: Namespace\nmetadata: {name: My_Space}\n",
     {"error bad_name f.yaml:3:18 Namespace/My_Space metadata.name: \"My_Space\" is no DNS label "
      "(lower case letters, digits and -, at most 63), rename it"}},
    {"AnApiVersionOfThePast",
     "apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\nmetadata: {name: e}\n",
     {"error unknown_api_version f.yaml:1:13 EndpointSlice/default/e apiVersion: EndpointSlice is "
      "not in \"discovery.k8s.io/v1beta1\", write discovery.k8s.io/v1"}},
    {"AKindWithAWrongLetter",
     "apiVersion: metallb.io/v1beta1\nkind: IPAdressPool\nmetadata: {name: e}\n",
     {"error unknown_kind f.yaml:2:7 kind: metallb.io/v1beta1 has no kind \"IPAdressPool\", did "
      "you mean \"IPAddressPool\"?"}},
    {"TheKindThatIsGone",
     "apiVersion: metallb.io/v1beta1\nkind: AddressPool\nmetadata: {name: e}\n",
     {"error unknown_kind f.yaml:2:7 kind: metallb.io/v1beta1 has no kind \"AddressPool\", did you "
      "mean \"IPAddressPool\"?"}},
    {"AServiceTypeWithAWrongCase",
     SERVICE_HEAD "spec:\n  type: loadbalancer\n  ports: [{port: 80}]\n",
     {"error invalid_value f.yaml:6:9 Service/default/s spec.type: \"loadbalancer\" is not one of "
      "ClusterIP, NodePort, LoadBalancer, ExternalName, did you mean \"LoadBalancer\"?"}},
    {"APortOutOfRange",
     SERVICE_HEAD "spec:\n  ports:\n  - port: 80000\n",
     {"error invalid_value f.yaml:7:11 Service/default/s spec.ports[0].port: 80000 is not between "
      "1 and 65535, choose a number in that range"}},
    {"APortTwice",
     SERVICE_HEAD "spec:\n  ports:\n  - {name: a, port: 80}\n  - {name: b, port: 80}\n",
     {"error invalid_value f.yaml:8:5 Service/default/s spec.ports[1]: port 80/TCP stands here a "
      "second time, keep one of them"}},
    {"NoPorts",
     SERVICE_HEAD "spec: {type: LoadBalancer}\n",
     {"error missing_field f.yaml:5:7 Service/default/s spec.ports: missing, add it"}},
    {"OneStackWithTwoFamilies",
     SERVICE_HEAD "spec:\n  ports: [{port: 80}]\n  ipFamilyPolicy: SingleStack\n"
                  "  ipFamilies: [IPv4, IPv6]\n",
     {"error invalid_value f.yaml:7:19 Service/default/s spec.ipFamilyPolicy: SingleStack with two "
      "families, name one family, or choose PreferDualStack or RequireDualStack"}},
    {"ADurationWithoutAUnit",
     PEER_HEAD "spec: {myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: \"90\"}\n",
     {"error bad_duration f.yaml:4:63 BGPPeer/m/b spec.holdTime: \"90\" is no duration, write "
      "numbers with units, such as 90s or 1m30s"}},
    {"ADurationThatIsANumber",
     PEER_HEAD "spec: {myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, holdTime: 90}\n",
     {"error wrong_type f.yaml:4:63 BGPPeer/m/b spec.holdTime: must be a string, but is the number "
      "90, write it in quotes: \"90\""}},
    {"APeerPortAboveTheSchema",
     PEER_HEAD "spec: {myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, peerPort: 16385}\n",
     {"error invalid_value f.yaml:4:63 BGPPeer/m/b spec.peerPort: 16385 is not between 1 and "
      "16384, choose a number in that range"}},
    {"AConnectTimeOfHalfASecond",
     PEER_HEAD "spec: {myASN: 1, peerASN: 2, peerAddress: 10.0.0.1, connectTime: 1500ms}\n",
     {"error invalid_value f.yaml:4:66 BGPPeer/m/b spec.connectTime: connect time should contain a "
      "whole number of seconds, round it"}},
    {"ASelectorOperatorThatIsNone",
     "apiVersion: metallb.io/v1beta1\nkind: L2Advertisement\nmetadata: {name: a, namespace: m}\n"
     "spec:\n  nodeSelectors:\n  - matchExpressions: [{key: k, operator: in, values: [v]}]\n",
     {"error invalid_value f.yaml:6:43 L2Advertisement/m/a "
      "spec.nodeSelectors[0].matchExpressions[0].operator: \"in\" is not one of In, NotIn, Exists, "
      "DoesNotExist, did you mean \"In\"?"}},
    {"AWeightOfZero",
     "apiVersion: metallb.io/v1beta1\nkind: L2Advertisement\nmetadata: {name: a, namespace: m}\n"
     "spec:\n  preferredNodeSelectors:\n  - {weight: 0, preference: {}}\n",
     {"error invalid_value f.yaml:6:14 L2Advertisement/m/a spec.preferredNodeSelectors[0].weight: "
      "0 is not between 1 and 100, choose a number in that range"}},
    {"AggregationBesideServiceSelectors",
     "apiVersion: metallb.io/v1beta1\nkind: BGPAdvertisement\nmetadata: {name: a, namespace: m}\n"
     "spec:\n  aggregationLength: 24\n  serviceSelectors: [{}]\n",
     {"error invalid_value f.yaml:6:21 BGPAdvertisement/m/a spec.serviceSelectors: "
      "serviceSelectors and aggregationLength are mutually exclusive, remove one of them"}},
    {"ABfdIntervalBelowTheSchema",
     "apiVersion: metallb.io/v1beta1\nkind: BFDProfile\nmetadata: {name: a, namespace: m}\n"
     "spec: {receiveInterval: 5}\n",
     {"error invalid_value f.yaml:4:25 BFDProfile/m/a spec.receiveInterval: 5 is not between 10 "
      "and 60000, choose a number in that range"}},
    {"ATabInTheIndentation",
     POOL_HEAD "spec:\n\taddresses: []\n",
     {"error tab_indentation f.yaml:5:11 illegal map value (a tab in the indentation), indent with "
      "spaces"}},
    {"ATemplateThatWasNotRendered",
     "{{ .Values.x }}\n",
     {"error syntax f.yaml:1:2 a key that is no word, write a word before the colon"}},
    {"AListInsteadOfAnObject",
     "- a\n- b\n",
     {"error not_an_object f.yaml:1:1 the document is a list, not an object, begin with "
      "apiVersion, kind and metadata"}},
    {"AnAliasInsideItsOwnNode",
     "a: &x [*x]\n",
     {"error syntax f.yaml:1:8 an alias inside the node that it names, write the value out"}},
    {"ACommaInFrontOfEverything",
     ",a: b\n",
     {"error syntax f.yaml:1:1 something that belongs to no value, correct the YAML"}},
    {"AnUnknownTag", "a: !secret x\n", {"error syntax f.yaml:1:4 unknown tag !secret, remove it"}},
};

INSTANTIATE_TEST_SUITE_P(Table,
                         ManifestFindings,
                         ::testing::ValuesIn(kCases),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(Manifest, ABrokenDocumentCostsNoOther) {
    const Manifest manifest = read_manifest("f.yaml",
                                            POOL_HEAD
                                            "spec: {addresses: [10.0.0.0/24]}\n"
                                            "---\n"
                                            "a: [\n"
                                            "---\n"
                                            "apiVersion: v1\n"
                                            "kind: Namespace\n"
                                            "metadata: {name: ns}\n");
    ASSERT_EQ(manifest.objects.size(), 2U);
    EXPECT_EQ(manifest.objects[0].ref.to_string(), "IPAddressPool m/p");
    EXPECT_EQ(manifest.objects[1].ref.to_string(), "Namespace ns");
    EXPECT_EQ(manifest.objects[1].location.to_string(), "f.yaml:8:1");
    EXPECT_EQ(manifest.findings.size(), 1U);
    EXPECT_FALSE(manifest.complete);
}

TEST(Manifest, ListsHoldObjectsAlsoThoseThatDoNotSayTheirKind) {
    const Manifest manifest = read_manifest(
        "f.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: "
        "a}}\n---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPoolList\nmetadata: {}\nitems:\n"
        "- {metadata: {name: p, namespace: m}, spec: {addresses: [10.0.0.0/24]}}\n");
    EXPECT_THAT(texts_of(manifest), IsEmpty());
    ASSERT_EQ(manifest.objects.size(), 2U);
    EXPECT_EQ(manifest.objects[1].ref.to_string(), "IPAddressPool m/p");
}

TEST(Manifest, JsonMayHoldSeveralObjectsAndTabsAndPairs) {
    const Manifest manifest = read_manifest(
        "f.json",
        "{\n\t\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"a\", "
        "\"annotations\": {\"x\": \"\\ud83d\\ude00\"}}}\n"
        "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\",\n  \"metadata\": {\"name\": 5}}\n");
    ASSERT_EQ(manifest.objects.size(), 1U);
    EXPECT_EQ(model::meta_of(*manifest.objects[0].object).annotations.at("x"), "\xF0\x9F\x98\x80");
    EXPECT_THAT(texts_of(manifest),
                ElementsAre("error wrong_type f.json:4:24 metadata.name: must be a string, but is "
                            "the number 5, write it in quotes: \"5\""));
}

TEST(Manifest, BrokenJsonSaysWhere) {
    const Manifest manifest = read_manifest("f.json", "{\"a\": 1,\n \"b\": tru}\n");
    EXPECT_THAT(texts_of(manifest),
                ElementsAre("error syntax f.json:2:7 \"tru\" is no JSON value, correct the JSON"));
    EXPECT_FALSE(manifest.complete);
}

TEST(Manifest, AFlowMappingInAYamlFileIsYaml) {
    const Manifest manifest =
        read_manifest("f.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n");
    EXPECT_THAT(texts_of(manifest), IsEmpty());
    EXPECT_EQ(manifest.objects.size(), 1U);
}

TEST(Manifest, KindsOfOthersAreSkippedAndCounted) {
    const Manifest manifest = read_manifest(
        "f.yaml",
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, what: ever}\n"
        "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: b}}\n"
        "---\n{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: b}}\n"
        "---\n{apiVersion: v1, kind: Secret, metadata: {name: b}}\n"
        "---\n{apiVersion: metallb.io/v1beta1, kind: ServiceL2Status, metadata: {name: b}}\n");
    EXPECT_THAT(texts_of(manifest), IsEmpty());
    EXPECT_THAT(manifest.objects, IsEmpty());
    EXPECT_TRUE(manifest.complete);
    EXPECT_THAT(manifest.skipped,
                ElementsAre(std::pair("apps/v1 Deployment", 2U),
                            std::pair("metallb.io/v1beta1 ServiceL2Status", 1U),
                            std::pair("serving.knative.dev/v1 Service", 1U),
                            std::pair("v1 Secret", 1U)));
}

TEST(Manifest, ByteOrderMarkAndCarriageReturnsAreNoMistake) {
    const Manifest manifest =
        read_manifest("f.yaml",
                      "\xEF\xBB\xBF"
                      "apiVersion: v1\r\nkind: Namespace\r\nmetadata:\r\n  name: a\r\n");
    EXPECT_THAT(texts_of(manifest), IsEmpty());
    EXPECT_EQ(manifest.objects.size(), 1U);
}

TEST(Manifest, BytesThatAreNoTextAreNamedWithTheirPlace) {
    EXPECT_THAT(texts_of(read_manifest("f.yaml", std::string_view("a: b\nc: \0d", 10))),
                ElementsAre("error nul_byte f.yaml:2:4 a NUL byte, save the file as text"));
    EXPECT_THAT(
        texts_of(read_manifest("f.yaml", "a: \xC3\x28")),
        ElementsAre("error invalid_utf8 f.yaml:1:4 bytes that are not UTF-8, save it as UTF-8"));
    EXPECT_THAT(texts_of(read_manifest("f.yaml",
                                       "\xFF\xFE"
                                       "a")),
                ElementsAre("error invalid_utf8 f.yaml:1:1 the text is UTF-16, not UTF-8, save it "
                            "as UTF-8"));
    EXPECT_THAT(texts_of(read_manifest("f.yaml", std::string(kManifestBytesMax + 1, ' '))),
                ElementsAre("error file_too_large f.yaml the file has 16777217 bytes, more than "
                            "16777216, split it"));
}

TEST(Manifest, AliasesExpandWithinBoundsOnly) {
    std::string laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'k'; ++c) {
        laughs += std::string(1, c) + ": &" + c + " [";
        for (int i = 0; i < 10; ++i) {
            laughs += std::string(i == 0 ? "" : ",") + "*" + static_cast<char>(c - 1);
        }
        laughs += "]\n";
    }
    EXPECT_THAT(texts_of(read_manifest("f.yaml", laughs)),
                ElementsAre("error syntax f.yaml:5:29 aliases expand to more than 100000 values, "
                            "write the values out"));
    const Manifest good = read_manifest("f.yaml",
                                        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns\n"
                                        "  labels: &l {a: b}\n  annotations: {<<: *l, c: d}\n");
    EXPECT_THAT(texts_of(good), IsEmpty());
    ASSERT_EQ(good.objects.size(), 1U);
    EXPECT_EQ(model::to_string(model::meta_of(*good.objects[0].object).annotations), "a=b,c=d");
}

TEST(Manifest, NestingHasABound) {
    for (const char* bracket : {"[", "{a: ", "- ", "? "}) {
        std::string text;
        for (int i = 0; i < 20000; ++i) {
            text += bracket;
        }
        EXPECT_EQ(read_manifest("f.yaml", text).findings.size(), 1U) << bracket;
    }
    EXPECT_THAT(texts_of(read_manifest("f.json", std::string(100000, '['))),
                ElementsAre("error syntax f.json:1:102 nested deeper than 100 levels, correct the "
                            "JSON"));
}

TEST(Manifest, FindingsHaveABound) {
    std::string text = POOL_HEAD "spec:\n  addresses: []\n";
    for (int i = 0; i < 5000; ++i) {
        text += "  field" + std::to_string(i) + ": 1\n";
    }
    const Manifest manifest = read_manifest("f.yaml", text);
    EXPECT_EQ(manifest.findings.size(), kFindingsPerFileMax);
    EXPECT_EQ(manifest.findings.back().to_string(),
              "f.yaml more than 200 findings, correct the first ones");
    EXPECT_EQ(manifest.objects[0].object, nullptr);
}

TEST(Manifest, AnEmptyFileHoldsNothing) {
    for (const char* text : {"", "\n\n", "# only a comment\n", "---\n---\n", "%YAML 1.1\n---\n"}) {
        const Manifest manifest = read_manifest("f.yaml", text);
        EXPECT_TRUE(manifest.empty) << text;
        EXPECT_TRUE(manifest.complete) << text;
        EXPECT_THAT(texts_of(manifest), IsEmpty()) << text;
    }
    EXPECT_TRUE(read_manifest("f.json", " \n").empty);
}

}  // namespace
}  // namespace ferro::kube
