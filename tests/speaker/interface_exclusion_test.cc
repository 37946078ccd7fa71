// MetalLB's exclusion file, as its manifests ship it and as users misspell it.
#include "speaker/layer2/io/interface_exclusion.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace ferro::layer2 {
namespace {

bool excludes(const std::string& yaml, const std::string& name) {
    const auto exclusion = InterfaceExclusion::parse(yaml);
    EXPECT_TRUE(exclusion.has_value()) << exclusion.error().context;
    return exclusion && exclusion->excludes(InterfaceName(name));
}

const std::string kShipped =
    "announcedInterfacesToExclude: [\"^docker.*\", \"^cbr.*\", \"^dummy.*\", \"^virbr.*\", "
    "\"^lxcbr.*\", \"^veth.*\", \"^lo$\", \"^cali.*\", \"^tunl.*\", \"^flannel.*\", "
    "\"^kube-ipvs.*\", \"^cni.*\", \"^nodelocaldns.*\", \"^lxc.*\"]\n";

TEST(InterfaceExclusion, T087TheShippedListExcludesVirtualInterfaces) {
    for (const char* name : {"veth12ab", "lo", "docker0", "cali1234", "kube-ipvs0"}) {
        EXPECT_TRUE(excludes(kShipped, name)) << name;
    }
    for (const char* name : {"eth0", "lo0", "eno1", "bond0", "br-lan", "myveth"}) {
        EXPECT_FALSE(excludes(kShipped, name)) << name;
    }
}

TEST(InterfaceExclusion, T087APatternIsSearchedNotMatchedWhole) {
    EXPECT_TRUE(excludes("announcedInterfacesToExclude: [th0]", "eth0"));
    EXPECT_FALSE(excludes("announcedInterfacesToExclude: [th0]", "eth1"));
}

TEST(InterfaceExclusion, AlternativesStayApart) {
    const std::string yaml = "announcedInterfacesToExclude:\n- ^a|b$\n- (?i)^ETH\n";
    EXPECT_TRUE(excludes(yaml, "ax"));
    EXPECT_TRUE(excludes(yaml, "xb"));
    EXPECT_TRUE(excludes(yaml, "eth0"));
    EXPECT_FALSE(excludes(yaml, "xbx"));
}

TEST(InterfaceExclusion, NothingListedExcludesNothing) {
    for (const char* yaml : {"",
                             "announcedInterfacesToExclude:",
                             "announcedInterfacesToExclude: []",
                             "somethingElse: 1"}) {
        EXPECT_FALSE(excludes(yaml, "lo")) << yaml;
    }
}

TEST(InterfaceExclusion, RefusesWhatItCannotUnderstand) {
    for (const char* yaml : {"announcedInterfacesToExclude: ['(']",
                             "announcedInterfacesToExclude: ['a(?=b)']",
                             "announcedInterfacesToExclude: ^veth.*",
                             "announcedInterfacesToExclude: {a: b}",
                             "announcedInterfacesToExclude: [[a]]",
                             "announcedInterfacesToExclude: [",
                             "- just a list"}) {
        const auto exclusion = InterfaceExclusion::parse(yaml);
        ASSERT_FALSE(exclusion.has_value()) << yaml;
        EXPECT_EQ(exclusion.error().code, ErrorCode::invalid_input) << yaml;
    }
}

TEST(InterfaceExclusion, ReadsAFileAndAMissingOneExcludesNothing) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("excludel2-" + std::to_string(::getpid()) + ".yaml");
    const auto missing = InterfaceExclusion::load(path.string());
    ASSERT_TRUE(missing.has_value());
    EXPECT_FALSE(missing->excludes(InterfaceName("lo")));

    std::ofstream(path) << kShipped;
    const auto shipped = InterfaceExclusion::load(path.string());
    ASSERT_TRUE(shipped.has_value());
    EXPECT_TRUE(shipped->excludes(InterfaceName("lo")));

    std::ofstream(path, std::ios::trunc).flush();
    EXPECT_TRUE(InterfaceExclusion::load(path.string()).has_value()) << "an empty file";

    std::ofstream(path, std::ios::trunc) << "announcedInterfacesToExclude: ['(']";
    const auto broken = InterfaceExclusion::load(path.string());
    ASSERT_FALSE(broken.has_value());
    EXPECT_NE(broken.error().context.find(path.string()), std::string::npos);
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace ferro::layer2
