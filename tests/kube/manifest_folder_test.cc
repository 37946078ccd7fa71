// The folder adapter against the real kernel: each way in which files are written, moved and lost.
#include "kube/io/manifest_files.h"
#include "kube/io/read_folder.h"
#include "tests/kube/watched_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <string>

namespace ferro::kube {
namespace {

namespace fs = std::filesystem;
using test::eventually;
using ::testing::Contains;
using ::testing::Not;
using Labels = std::map<std::string, std::string>;

class ManifestFolderTest : public ::testing::Test {
  protected:
    void start() { ASSERT_TRUE(watched_.start().has_value()); }

    void expect(const Labels& labels) {
        EXPECT_TRUE(eventually([&] { return watched_.labels() == labels; }));
        EXPECT_EQ(watched_.labels(), labels);
    }

    void expect_finding(const std::string& rule) {
        EXPECT_TRUE(eventually([&] { return watched_.has_finding(rule); })) << rule;
    }

    void expect_never_removed() {
        for (const std::string& line : watched_.log()) {
            EXPECT_FALSE(line.starts_with("-")) << line;
        }
    }

    WatchedFolder watched_;
};

TEST_F(ManifestFolderTest, TheFirstDeliveryIsTheWholeFolder) {
    watched_.write("a.yaml", space_manifest("one"));
    watched_.write(
        "b.json",
        R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"two","labels":{"l":"a"}}})");
    start();
    expect({{"one", "a"}, {"two", "a"}});
    EXPECT_THAT(watched_.log(),
                ::testing::ElementsAre("+Namespace one", "+Namespace two", "synchronised"));
}

TEST_F(ManifestFolderTest, AnEmptyFolderIsSynchronisedToo) {
    start();
    EXPECT_TRUE(eventually([&] { return !watched_.log().empty(); }));
    EXPECT_THAT(watched_.log(), ::testing::ElementsAre("synchronised"));
}

TEST_F(ManifestFolderTest, AnAbsentFolderIsAnErrorAtStart) {
    const auto started = watched_.start(watched_.beside("nothing"));
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().code, ErrorCode::not_found);
}

TEST_F(ManifestFolderTest, SeesInPlaceWritesAndRenames) {
    start();
    watched_.write("a.yaml", space_manifest("one"));
    expect({{"one", "a"}});
    watched_.replace("a.yaml", space_manifest("one", "b"));
    expect({{"one", "b"}});
    watched_.write("a.yaml", space_manifest("one", "c"));
    expect({{"one", "c"}});
    fs::rename(watched_.folder() / "a.yaml", watched_.folder() / "z.yaml");
    watched_.write("b.yaml", space_manifest("two"));
    expect({{"one", "c"}, {"two", "a"}});
    fs::remove(watched_.folder() / "z.yaml");
    expect({{"two", "a"}});
}

TEST_F(ManifestFolderTest, AWriterInStepsDropsNothing) {
    watched_.write("a.yaml", space_manifest("one") + space_manifest("two"));
    start();
    expect({{"one", "a"}, {"two", "a"}});
    {
        // Truncated now, written in two steps, closed at the end of the block.
        std::ofstream file(watched_.folder() / "a.yaml");
        watched_.write("m1.yaml", space_manifest("mark1"));
        expect({{"one", "a"}, {"two", "a"}, {"mark1", "a"}});
        file << space_manifest("one", "b") << "apiVersion: v1\nkind: Name" << std::flush;
        watched_.write("m2.yaml", space_manifest("mark2"));
        // The writer is quiet for long enough to be looked at, so the finished object is taken.
        expect({{"one", "b"}, {"two", "a"}, {"mark1", "a"}, {"mark2", "a"}});
        file << "space\nmetadata: {name: two, labels: {l: b}}\n";
    }
    expect({{"one", "b"}, {"two", "b"}, {"mark1", "a"}, {"mark2", "a"}});
    expect_never_removed();
}

TEST_F(ManifestFolderTest, AnEditorThatKeepsABackupDropsNothing) {
    watched_.write("a.yaml", space_manifest("one"));
    start();
    expect({{"one", "a"}});
    // vim's way with a backup: swap file, old file moved away, new one written, backup removed.
    watched_.write(".a.yaml.swp", "b0VIM");
    fs::rename(watched_.folder() / "a.yaml", watched_.folder() / "a.yaml~");
    watched_.write("a.yaml", space_manifest("one", "b"));
    fs::remove(watched_.folder() / "a.yaml~");
    fs::remove(watched_.folder() / ".a.yaml.swp");
    expect({{"one", "b"}});
    expect_never_removed();
}

TEST_F(ManifestFolderTest, AConfigMapMountIsSwappedInOneTurn) {
    const auto version = [&](const std::string& number, const std::string& label) {
        const fs::path data = watched_.folder() / ("..v" + number);
        fs::create_directory(data);
        std::ofstream(data / "a.yaml") << space_manifest("one", label);
        std::ofstream(data / "b.yaml") << space_manifest("two", label);
        fs::create_directory_symlink("..v" + number, watched_.folder() / "..data_tmp");
        fs::rename(watched_.folder() / "..data_tmp", watched_.folder() / "..data");
    };
    version("1", "a");
    fs::create_symlink("..data/a.yaml", watched_.folder() / "a.yaml");
    fs::create_symlink("..data/b.yaml", watched_.folder() / "b.yaml");
    start();
    expect({{"one", "a"}, {"two", "a"}});
    version("2", "b");
    expect({{"one", "b"}, {"two", "b"}});
    EXPECT_THAT(watched_.log(),
                ::testing::ElementsAre("+Namespace one",
                                       "+Namespace two",
                                       "synchronised",
                                       "+Namespace one",
                                       "+Namespace two",
                                       "update"));
}

TEST_F(ManifestFolderTest, AVanishingAndReturningFolderKeepsTheLastGoodState) {
    watched_.write("a.yaml", space_manifest("one"));
    start();
    expect({{"one", "a"}});
    fs::remove_all(watched_.folder());
    expect_finding("folder_gone");
    expect({{"one", "a"}});
    fs::create_directory(watched_.folder());
    watched_.write("a.yaml", space_manifest("one", "b"));
    expect({{"one", "b"}});
    EXPECT_TRUE(eventually([&] { return !watched_.has_finding("folder_gone"); }));
    watched_.write("c.yaml", space_manifest("three"));
    expect({{"one", "b"}, {"three", "a"}});
    expect_never_removed();
}

TEST_F(ManifestFolderTest, AFolderMovedAwayAndAnotherInItsPlace) {
    watched_.write("a.yaml", space_manifest("one"));
    start();
    expect({{"one", "a"}});
    fs::rename(watched_.folder(), watched_.beside("old"));
    expect_finding("folder_gone");
    fs::create_directory(watched_.beside("new"));
    std::ofstream(watched_.beside("new") / "a.yaml") << space_manifest("one", "b");
    fs::rename(watched_.beside("new"), watched_.folder());
    expect({{"one", "b"}});
    // What is done to the old folder is nobody's business now.
    std::ofstream(watched_.beside("old") / "x.yaml") << space_manifest("stray");
    watched_.write("b.yaml", space_manifest("two"));
    expect({{"one", "b"}, {"two", "a"}});
}

TEST_F(ManifestFolderTest, AParentThatVanishesIsFoundAgain) {
    fs::create_directories(watched_.beside("up") / "down");
    const fs::path folder = watched_.beside("up") / "down";
    std::ofstream(folder / "a.yaml") << space_manifest("one");
    ASSERT_TRUE(watched_.start(folder).has_value());
    expect({{"one", "a"}});
    fs::remove_all(watched_.beside("up"));
    expect_finding("folder_gone");
    fs::create_directories(folder);
    std::ofstream(folder / "a.yaml") << space_manifest("one", "b");
    expect({{"one", "b"}});
    expect_never_removed();
}

TEST_F(ManifestFolderTest, ALinkThatPointsElsewhereIsFollowed) {
    for (const char* name : {"one", "two"}) {
        fs::create_directory(watched_.beside(std::string("r-") + name));
        std::ofstream(watched_.beside(std::string("r-") + name) / "a.yaml")
            << space_manifest("s", name);
    }
    fs::create_directory_symlink("r-one", watched_.beside("current"));
    ASSERT_TRUE(watched_.start(watched_.beside("current").string() + "/").has_value());
    expect({{"s", "one"}});
    fs::create_directory_symlink("r-two", watched_.beside("next"));
    fs::rename(watched_.beside("next"), watched_.beside("current"));
    expect({{"s", "two"}});
}

TEST_F(ManifestFolderTest, AnOverflowOfTheKernelsQueueReadsEverythingAgain) {
    watched_.write("a.yaml", space_manifest("one"));
    start();
    expect({{"one", "a"}});
    // Written through another name, of which the folder's watch sees nothing.
    fs::create_hard_link(watched_.folder() / "a.yaml", watched_.beside("other-name"));
    std::ofstream(watched_.beside("other-name"))
        << space_manifest("one", "b") << space_manifest("x");
    fs::last_write_time(watched_.beside("other-name"),
                        fs::file_time_type::clock::now() - std::chrono::hours(1));
    watched_.loop.post([&] { watched_.source->folder_for_test().overflow_for_test(); });
    expect({{"one", "b"}, {"x", "a"}});
}

TEST_F(ManifestFolderTest, LinksToFilesAreReadAtOnce) {
    start();
    std::ofstream(watched_.beside("outside.yaml")) << space_manifest("one");
    fs::create_symlink(watched_.beside("outside.yaml"), watched_.folder() / "a.yaml");
    fs::create_hard_link(watched_.beside("outside.yaml"), watched_.folder() / "b.yaml");
    expect({{"one", "a"}});
    expect_finding("duplicate_object");
}

TEST_F(ManifestFolderTest, SubfoldersAndPipesAreNamedAndNotRead) {
    fs::create_directory(watched_.folder() / "sub");
    std::ofstream(watched_.folder() / "sub" / "a.yaml") << space_manifest("hidden");
    ASSERT_EQ(::mkfifo((watched_.folder() / "pipe.yaml").c_str(), 0600), 0);
    watched_.write("a.yaml", space_manifest("one"));
    start();
    expect({{"one", "a"}});
    expect_finding("subfolder_ignored");
    expect_finding("file_unreadable");
    fs::remove(watched_.folder() / "pipe.yaml");
    fs::remove_all(watched_.folder() / "sub");
    EXPECT_TRUE(eventually([&] {
        return !watched_.has_finding("subfolder_ignored") &&
               !watched_.has_finding("file_unreadable");
    }));
}

TEST(ManifestFiles, EditorsLeftoversAreNoManifests) {
    for (const char* name : {"a.yaml", "b.yml", "c.json", "x.tar.yaml"}) {
        EXPECT_TRUE(is_manifest_name(name)) << name;
    }
    for (const char* name : {".a.yaml",
                             ".a.yaml.swp",
                             "a.yaml~",
                             "#a.yaml#",
                             ".#a.yaml",
                             "a.yaml.bak",
                             "a.txt",
                             "#a.yaml",
                             "..data",
                             "4913",
                             ""}) {
        EXPECT_FALSE(is_manifest_name(name)) << name;
    }
}

TEST(ReadFolderOnce, GivesThePictureAndTheFindings) {
    const tests::TemporaryDirectory directory("lint");
    std::ofstream(directory / "a.yaml") << space_manifest("one") << "a: [\n";
    std::ofstream(directory / "b.yaml")
        << "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}\n";
    const auto reading = read_folder_once(directory.path());
    ASSERT_TRUE(reading.has_value());
    EXPECT_EQ(reading->picture.all<model::Namespace>().size(), 1U);
    ASSERT_EQ(reading->findings.size(), 1U);
    EXPECT_EQ(reading->findings[0].rule, "syntax");
    EXPECT_EQ(reading->skipped.size(), 1U);
    EXPECT_EQ(read_folder_once(directory.path() + "/none").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace ferro::kube
