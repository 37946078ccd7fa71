// The folder's engine: files come, break, empty, go and come back; time is a number.
#include "kube/engine/folder.h"

#include "core/model/annotations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace ferro::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string space(const std::string& name, const std::string& label = "a") {
    return "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", labels: {l: " + label +
           "}}\n---\n";
}

std::string service(const std::string& name) {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name +
           ", annotations: {x: z}}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n"
           "status: {loadBalancer: {ingress: [{ip: 10.9.9.9}]}}\n---\n";
}

class FolderTest : public ::testing::Test {
  protected:
    void write(const std::string& file,
               const std::string& text,
               Completeness completeness = Completeness::whole) {
        folder_.file_read(file, read_manifest(file, text), completeness, now_);
    }

    void pass(Duration time) {
        now_ += time;
        folder_.tick(now_);
    }

    /// "+Namespace x" and "-Namespace x" of one turn.
    std::vector<std::string> turn() {
        std::vector<std::string> out;
        for (const model::Change& change : folder_.take_changes()) {
            out.push_back((change.object == nullptr ? "-" : "+") + change.ref.to_string());
        }
        return out;
    }

    std::vector<std::string> findings() {
        if (auto taken = folder_.take_findings()) {
            findings_.clear();
            for (const model::Finding& finding : *taken) {
                findings_.push_back(finding.to_string());
            }
        }
        return findings_;
    }

    std::string label(const std::string& name) {
        const auto found = folder_.picture().find<model::Namespace>({"", name});
        return found == nullptr ? "none" : found->meta.labels.at("l");
    }

    Instant now_{1h};
    Folder folder_;
    std::vector<std::string> findings_;
};

TEST_F(FolderTest, DeliversWhatChangedAndNothingElse) {
    write("a.yaml", space("one") + space("two"));
    EXPECT_THAT(turn(), ElementsAre("+Namespace one", "+Namespace two"));
    write("a.yaml", space("one", "b") + space("two"));
    EXPECT_THAT(turn(), ElementsAre("+Namespace one"));
    write("a.yaml", space("one", "b"));
    EXPECT_THAT(turn(), ElementsAre("-Namespace two"));
    EXPECT_THAT(turn(), IsEmpty());
    EXPECT_TRUE(folder_.whole());
}

TEST_F(FolderTest, TellsWhereAnObjectStands) {
    write("b.yaml", space("one") + space("two"));
    write("a.yaml", space("two"));
    turn();
    EXPECT_EQ(folder_.location_of({model::Kind::namespace_, {"", "one"}}).to_string(), "b.yaml:1:1");
    EXPECT_EQ(folder_.location_of({model::Kind::namespace_, {"", "two"}}).to_string(), "a.yaml:1:1");
    EXPECT_EQ(folder_.location_of({model::Kind::namespace_, {"", "three"}}).to_string(), "");
}

TEST_F(FolderTest, ARefusedObjectKeepsItsLastGoodStateAndTheRestIsApplied) {
    write("a.yaml", space("one") + space("two"));
    turn();
    write("a.yaml",
          "apiVersion: v1\nkind: Namespace\nmetadata: {name: one, lables: {l: b}}\n---\n" +
              space("two", "b"));
    EXPECT_THAT(turn(), ElementsAre("+Namespace two"));
    EXPECT_EQ(label("one"), "a");
    EXPECT_FALSE(folder_.whole());
    EXPECT_THAT(findings(),
                ElementsAre("a.yaml:1:1 Namespace/one: the object is refused; its last good state "
                            "stays in force, correct it",
                            "a.yaml:3:23 Namespace/one metadata.lables: unknown field, did you "
                            "mean \"labels\"?"));
    write("a.yaml", space("one", "c") + space("two", "b"));
    EXPECT_THAT(turn(), ElementsAre("+Namespace one"));
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FolderTest, ABrokenFileKeepsEveryObjectThatItHeld) {
    write("a.yaml", space("one") + space("two"));
    turn();
    write("a.yaml", "apiVersion: v1\nkind: [\n");
    EXPECT_THAT(turn(), IsEmpty());
    EXPECT_EQ(findings().size(), 3U);
    EXPECT_EQ(findings().front(),
              "a.yaml Namespace/one: a part of the file cannot be read; the object's last good "
              "state stays in force, correct the file");
}

TEST_F(FolderTest, ManyKeptObjectsAreOneFinding) {
    std::string text;
    for (int i = 0; i < 50; ++i) {
        text += space("s" + std::to_string(i));
    }
    write("a.yaml", text);
    turn();
    write("a.yaml", "a: [\n");
    EXPECT_EQ(findings().front(),
              "a.yaml a part of the file cannot be read; 50 objects keep the last good state, "
              "correct the file");
}

TEST_F(FolderTest, AnObjectThatLostItsNameIsKept) {
    write("a.yaml", space("one"));
    turn();
    write("a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {nmae: one}\n");
    EXPECT_THAT(turn(), IsEmpty());
}

TEST_F(FolderTest, AnEmptiedFileIsBelievedAfterItStayedSo) {
    write("a.yaml", space("one"));
    turn();
    write("a.yaml", "");
    EXPECT_THAT(turn(), IsEmpty());
    EXPECT_THAT(findings(),
                ElementsAre("a.yaml the file is empty; 1 object of it stays for now, delete the "
                            "file if that is meant"));
    ASSERT_EQ(folder_.next_deadline(), now_ + 2s);
    pass(1999ms);
    EXPECT_THAT(turn(), IsEmpty());
    pass(1ms);
    EXPECT_THAT(turn(), ElementsAre("-Namespace one"));
    EXPECT_THAT(findings(), IsEmpty());
    EXPECT_EQ(folder_.next_deadline(), std::nullopt);
}

TEST_F(FolderTest, TruncateAndWriteDropsNothing) {
    write("a.yaml", space("one") + space("two"));
    turn();
    write("a.yaml", "", Completeness::maybe_partial);
    pass(1s);
    EXPECT_THAT(turn(), IsEmpty());
    write("a.yaml", space("one") + space("two", "b"));
    EXPECT_THAT(turn(), ElementsAre("+Namespace two"));
    EXPECT_EQ(folder_.next_deadline(), std::nullopt);
    EXPECT_THAT(findings(), IsEmpty());
}

// At every length that a writer in place may have reached, nothing goes and nothing is halved.
TEST_F(FolderTest, AtEveryPrefixOfAFileBeingWrittenNothingIsDropped) {
    const std::string before = space("one") + space("two") + space("three");
    const std::string after = space("one", "bb") + space("two", "bb") + space("three", "bb");
    for (std::size_t length = 0; length < after.size(); ++length) {
        Folder folder;
        folder.file_read("a.yaml", read_manifest("a.yaml", before), Completeness::whole, now_);
        folder.take_changes();
        folder.file_read("a.yaml",
                         read_manifest("a.yaml", after.substr(0, length)),
                         Completeness::maybe_partial,
                         now_);
        for (const model::Change& change : folder.take_changes()) {
            ASSERT_NE(change.object, nullptr) << length;
            ASSERT_EQ(model::meta_of(*change.object).labels.at("l"), "bb") << length;
        }
    }
}

TEST_F(FolderTest, AWriterThatNeverClosesIsBelievedInTheEnd) {
    write("a.yaml", space("one") + space("two"));
    turn();
    write("a.yaml", space("one", "b"), Completeness::maybe_partial);
    EXPECT_THAT(turn(), IsEmpty());
    pass(30s);
    EXPECT_THAT(turn(), ElementsAre("+Namespace one", "-Namespace two"));
}

TEST_F(FolderTest, AGoneFileTakesItsObjectsAfterAMoment) {
    write("a.yaml", space("one"));
    turn();
    folder_.file_gone("a.yaml", now_);
    EXPECT_THAT(turn(), IsEmpty());
    pass(250ms);
    EXPECT_THAT(turn(), ElementsAre("-Namespace one"));
}

TEST_F(FolderTest, AnEditorThatMovesTheOldFileAwayDropsNothing) {
    write("a.yaml", space("one"));
    turn();
    folder_.file_gone("a.yaml", now_);
    pass(50ms);
    write("a.yaml", "", Completeness::maybe_partial);
    pass(200ms);
    write("a.yaml", space("one", "b"));
    pass(10s);
    EXPECT_THAT(turn(), ElementsAre("+Namespace one"));
}

TEST_F(FolderTest, MovingAnObjectWithinOneTurnIsNoRemoval) {
    write("a.yaml", space("one"));
    write("b.yaml", space("two"));
    turn();
    write("a.yaml", "# moved\n{apiVersion: v1, kind: Namespace, metadata: {name: other}}\n");
    write("b.yaml", space("two") + space("one"));
    EXPECT_THAT(turn(), ElementsAre("+Namespace other"));
    // Renaming the file: gone and here.
    folder_.file_gone("b.yaml", now_);
    write("c.yaml", space("two") + space("one"));
    pass(1s);
    EXPECT_THAT(turn(), IsEmpty());
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FolderTest, OfTwoObjectsOfOneNameTheFirstFileCounts) {
    write("b.yaml", space("one", "b"));
    write("a.yaml", space("one", "a") + space("one", "c"));
    turn();
    EXPECT_EQ(label("one"), "a");
    EXPECT_THAT(findings(),
                ElementsAre("a.yaml:5:1 Namespace/one: the object stands here a second time; the "
                            "first one counts, remove one of them",
                            "b.yaml:1:1 Namespace/one: the object stands at a.yaml:1:1 already, "
                            "which counts, remove one of them"));
    folder_.file_gone("a.yaml", now_);
    pass(1s);
    EXPECT_THAT(turn(), ElementsAre("+Namespace one"));
    EXPECT_EQ(label("one"), "b");
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(FolderTest, WhatIsOnlyKeptYieldsToWhatIsSaidNow) {
    write("a.yaml", space("one", "old"));
    turn();
    write("a.yaml", "a: [\n");
    write("b.yaml", space("one", "new"));
    EXPECT_THAT(turn(), ElementsAre("+Namespace one"));
    EXPECT_EQ(label("one"), "new");
}

TEST_F(FolderTest, AnUnreadableFileKeepsWhatItSaid) {
    write("a.yaml", space("one"));
    turn();
    folder_.file_unreadable("a.yaml", "Permission denied");
    EXPECT_THAT(turn(), IsEmpty());
    EXPECT_FALSE(folder_.whole());
    EXPECT_THAT(findings(),
                ElementsAre("a.yaml cannot be read: Permission denied; 1 object of it keeps the "
                            "last good state, make it readable"));
}

TEST_F(FolderTest, TheFolderMayGoAndComeBack) {
    write("a.yaml", space("one"));
    write("b.yaml", space("two"));
    turn();
    folder_.file_gone("a.yaml", now_);
    folder_.folder_gone("No such file or directory");
    pass(1h);
    EXPECT_THAT(turn(), IsEmpty());
    EXPECT_THAT(findings(),
                ElementsAre("the manifest folder is gone (No such file or directory); the last "
                            "good state stays in force, bring it back"));
    folder_.folder_back();
    folder_.files_listed({}, now_);
    pass(1s);
    write("a.yaml", space("one"));
    EXPECT_THAT(turn(), IsEmpty());
    EXPECT_THAT(findings(), IsEmpty());
    pass(1s);
    EXPECT_THAT(turn(), ElementsAre("-Namespace two"));
}

TEST_F(FolderTest, AStatusLiesOverItsService) {
    write("a.yaml", service("web"));
    turn();
    const auto current = [&] { return folder_.picture().find<model::Service>({"default", "web"}); };
    EXPECT_EQ(current()->ingress.at(0).ip, "10.9.9.9");
    folder_.set_statuses({{{"default", "web"}, {"10.0.0.1"}, "pool"}});
    EXPECT_THAT(turn(), ElementsAre("+Service default/web"));
    EXPECT_EQ(current()->ingress, (std::vector<model::LoadBalancerIngress>{{"10.0.0.1", ""}}));
    EXPECT_EQ(current()->meta.annotations.at(std::string(model::kIpAllocatedFromPool)), "pool");
    write("a.yaml", service("web"));
    EXPECT_THAT(turn(), IsEmpty());
    folder_.set_statuses({{{"default", "web"}, {}, ""}});
    EXPECT_THAT(turn(), ElementsAre("+Service default/web"));
    EXPECT_THAT(current()->ingress, IsEmpty());
    EXPECT_FALSE(current()->meta.annotations.contains(std::string(model::kIpAllocatedFromPool)));
    folder_.forget_status({"default", "web"});
    EXPECT_THAT(turn(), ElementsAre("+Service default/web"));
    EXPECT_EQ(current()->ingress.at(0).ip, "10.9.9.9");
}

TEST_F(FolderTest, SubfoldersAreNamed) {
    folder_.subfolders_listed({"sub"});
    EXPECT_THAT(findings(),
                ElementsAre("sub/ subfolders are not read, move manifests into the folder itself"));
}

TEST_F(FolderTest, SkippedKindsAreSummed) {
    write("a.yaml", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}\n");
    write("b.yaml", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}\n");
    EXPECT_THAT(folder_.skipped(), ElementsAre(std::pair("apps/v1 Deployment", 2U)));
}

}  // namespace
}  // namespace ferro::kube
