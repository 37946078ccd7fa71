// The legacy ConfigMap beside modern objects, as tutorials apply both.
#include "kube/engine/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ferro::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kFive =
    "10.15.250.25/32, 10.15.250.26/32, 10.15.250.27/32, 10.15.250.28/32, 10.15.250.29/32";

std::string config_map(const std::string& addresses,
                       const std::string& name = "default",
                       const std::string& protocol = "layer2") {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config, namespace: metallb-system}\n"
           "data:\n  config: |\n    address-pools:\n    - name: " +
           name + "\n      protocol: " + protocol + "\n      addresses: [" + addresses + "]\n";
}

std::string pool(const std::string& addresses, const std::string& name = "mes-pool") {
    return "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: " + name +
           ", namespace: metallb-system}\nspec: {addresses: [" + addresses + "]}\n---\n";
}

struct Outcome {
    std::vector<std::string> changes;
    std::vector<std::string> findings;
};

class LegacyPools : public ::testing::Test {
  protected:
    Outcome write(const std::string& file, const std::string& text) {
        folder_.file_read(file, read_manifest(file, text), Completeness::whole, Instant{});
        return turn();
    }

    Outcome turn() {
        Outcome out;
        for (const model::Change& change : folder_.take_changes()) {
            out.changes.push_back((change.object == nullptr ? "-" : "+") + change.ref.to_string());
        }
        for (const model::Finding& finding :
             folder_.take_findings().value_or(std::vector<model::Finding>{})) {
            out.findings.push_back(std::string(model::to_string(finding.severity)) + " " +
                                   finding.to_string());
        }
        return out;
    }

    std::vector<std::string> pools_of(const std::string& ad) {
        const auto found = folder_.picture().find<model::L2Advertisement>({"metallb-system", ad});
        return found == nullptr ? std::vector<std::string>{"none"} : found->ip_address_pools;
    }

    Folder folder_;
};

TEST_F(LegacyPools, TheTutorialsPoolIsTheAdvertisementOfItsTwin) {
    write("pool.yaml", pool(kFive));
    const Outcome out = write("config.yaml", config_map(kFive));
    EXPECT_THAT(out.changes, ElementsAre("+L2Advertisement metallb-system/l2advertisement1"));
    EXPECT_THAT(pools_of("l2advertisement1"), ElementsAre("mes-pool"));
    EXPECT_THAT(
        out.findings,
        ElementsAre(
            "warning config.yaml:1:1 ConfigMap metallb-system/config is MetalLB's configuration "
            "from before 0.13; it is read as L2Advertisement l2advertisement1, write these and "
            "delete the ConfigMap",
            "warning config.yaml:7:7 IPAddressPool/metallb-system/mes-pool: legacy address pool "
            "\"default\" of ConfigMap metallb-system/config has exactly the addresses of this pool "
            "and is read as its L2Advertisement, write an L2Advertisement with ipAddressPools "
            "[mes-pool] and delete it from the ConfigMap"));
}

TEST_F(LegacyPools, TheNotationOfTheAddressesDoesNotMatter) {
    write("pool.yaml", pool("10.15.250.25-10.15.250.29"));
    EXPECT_THAT(write("config.yaml", config_map(kFive)).changes,
                ElementsAre("+L2Advertisement metallb-system/l2advertisement1"));
    EXPECT_THAT(write("config.yaml",
                      config_map("10.15.250.28 - 10.15.250.29, 10.15.250.25/32, 10.15.250.26/31"))
                    .changes,
                IsEmpty());
}

TEST_F(LegacyPools, APoolThatOverlapsNothingBecomesAPoolAndItsAdvertisement) {
    write("pool.yaml", pool("10.1.0.0/24"));
    const Outcome out = write("config.yaml", config_map(kFive));
    EXPECT_THAT(out.changes,
                ElementsAre("+IPAddressPool metallb-system/default",
                            "+L2Advertisement metallb-system/l2advertisement1"));
    EXPECT_THAT(pools_of("l2advertisement1"), ElementsAre("default"));
    EXPECT_EQ(out.findings.size(), 1U);
}

TEST_F(LegacyPools, ADifferingOverlapIsAnErrorAndTheRestIsApplied) {
    write("pool.yaml", pool("10.15.250.25-10.15.250.30"));
    const Outcome out = write(
        "config.yaml",
        config_map(kFive) + "    - {name: more, protocol: layer2, addresses: [10.2.0.0/24]}\n");
    EXPECT_THAT(out.changes,
                ElementsAre("+IPAddressPool metallb-system/more",
                            "+L2Advertisement metallb-system/l2advertisement2"));
    EXPECT_EQ(out.findings.back(),
              "error config.yaml:7:7 IPAddressPool/metallb-system/mes-pool spec.addresses: legacy "
              "address pool \"default\" of ConfigMap metallb-system/config has some of the "
              "addresses of this pool, but not exactly these, and is left out, delete it from the "
              "ConfigMap, or make the addresses equal");
}

TEST_F(LegacyPools, AnAdvertisementThatStandsThereCountsAlone) {
    write("pool.yaml",
          pool(kFive) +
              "apiVersion: metallb.io/v1beta1\nkind: L2Advertisement\nmetadata: {name: "
              "mine, namespace: metallb-system}\nspec: {interfaces: [eth1]}\n");
    const Outcome out = write("config.yaml", config_map(kFive));
    EXPECT_THAT(out.changes, IsEmpty());
    EXPECT_THAT(out.findings.back(),
                ::testing::HasSubstr("L2Advertisement mine announces already"));
}

TEST_F(LegacyPools, WhenTheModernPoolGoesTheLegacyOneBecomesAPool) {
    write("pool.yaml", pool(kFive));
    write("config.yaml", config_map(kFive));
    EXPECT_THAT(write("pool.yaml", pool("10.1.0.0/24")).changes,
                ElementsAre("+IPAddressPool metallb-system/default",
                            "+IPAddressPool metallb-system/mes-pool",
                            "+L2Advertisement metallb-system/l2advertisement1"));
    EXPECT_THAT(pools_of("l2advertisement1"), ElementsAre("default"));
}

TEST_F(LegacyPools, ABgpPoolIsItsTwinsBgpAdvertisement) {
    write("pool.yaml", pool(kFive));
    EXPECT_THAT(write("config.yaml", config_map(kFive, "default", "bgp")).changes,
                ElementsAre("+BGPAdvertisement metallb-system/bgpadvertisement1"));
}

TEST_F(LegacyPools, ABrokenConfigMapKeepsItsLastGoodState) {
    write("config.yaml", config_map(kFive));
    const Outcome out = write("config.yaml", config_map(kFive, "default", "layer3"));
    EXPECT_THAT(out.changes, IsEmpty());
    EXPECT_EQ(out.findings.size(), 3U);
    EXPECT_THAT(write("config.yaml", "a: [\n").changes, IsEmpty());
    EXPECT_THAT(write("config.yaml", config_map("10.1.0.0/24")).changes,
                ElementsAre("+IPAddressPool metallb-system/default"));
}

TEST_F(LegacyPools, OfTwoConfigMapsOfOneNameTheFirstCounts) {
    write("a.yaml", config_map(kFive));
    const Outcome out = write("b.yaml", config_map("10.1.0.0/24"));
    EXPECT_THAT(out.changes, IsEmpty());
    EXPECT_EQ(
        out.findings.back(),
        "error b.yaml:1:1 ConfigMap metallb-system/config stands at a.yaml:1:1 already, which "
        "counts, remove one of them");
}

}  // namespace
}  // namespace ferro::kube
