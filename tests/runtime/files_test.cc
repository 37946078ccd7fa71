// Small files: bounds, errors that name what failed, and no half-written file ever.
#include "runtime/files.h"

#include <gtest/gtest.h>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace ferro::runtime {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
  protected:
    FilesTest() {
        std::string pattern = (fs::temp_directory_path() / "ferro-files-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("mkdtemp");
        }
        folder_ = pattern;
    }

    ~FilesTest() override {
        ::umount2(folder_.c_str(), MNT_DETACH);  // only one test mounts
        fs::remove_all(folder_);
    }

    [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

    [[nodiscard]] std::size_t file_count() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }

    std::string folder_;
};

TEST_F(FilesTest, ReadsBackWhatItWroteBytesIncluded) {
    const std::string contents("a\0b\n\xFF", 5);
    ASSERT_TRUE(write_file_atomically(path("f"), contents, 0600));
    EXPECT_EQ(read_small_file(path("f"), 5).value(), contents);
    struct stat status{};
    ASSERT_EQ(::stat(path("f").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_TRUE(write_file_atomically(path("f"), ""));
    EXPECT_EQ(read_small_file(path("f"), 0).value(), "");
    EXPECT_EQ(file_count(), 1U);
}

TEST_F(FilesTest, RefusesAFileLongerThanTheBound) {
    ASSERT_TRUE(write_file_atomically(path("f"), std::string(20000, 'x')));
    EXPECT_EQ(read_small_file(path("f"), 20000).value().size(), 20000U);
    EXPECT_EQ(read_small_file(path("f"), 19999).error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(read_small_file("/dev/zero", 1000).error().code, ErrorCode::resource_exhausted);
}

TEST_F(FilesTest, NamesThePathAndTheReason) {
    const Error missing = read_small_file(path("none"), 10).error();
    EXPECT_EQ(missing.code, ErrorCode::not_found);
    EXPECT_EQ(missing.context, "reading " + path("none") + ": No such file or directory");
    EXPECT_EQ(write_file_atomically(path("no/such/f"), "x").error().code, ErrorCode::not_found);
    EXPECT_EQ(read_small_file(folder_, 10).error().code, ErrorCode::unavailable);
}

TEST_F(FilesTest, LeavesOldContentsAndNoScrapsWhenTheRenameFails) {
    ASSERT_TRUE(fs::create_directory(path("taken")));
    ASSERT_TRUE(fs::create_directory(path("taken/inside")));
    EXPECT_FALSE(write_file_atomically(path("taken"), "x"));
    EXPECT_EQ(file_count(), 1U);
}

TEST_F(FilesTest, KeepsTheOldContentsWhenTheDiskIsFull) {
    ASSERT_EQ(::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=8k"), 0) << "run as root";
    ASSERT_TRUE(write_file_atomically(path("f"), "old"));
    const Error full = write_file_atomically(path("f"), std::string(64000, 'x')).error();
    EXPECT_EQ(full.code, ErrorCode::resource_exhausted) << full.context;
    EXPECT_EQ(read_small_file(path("f"), 10).value(), "old");
    EXPECT_EQ(file_count(), 1U);
}

}  // namespace
}  // namespace ferro::runtime
