// The support code that other tests stand on, tried against a shell.
#include "tests/support/child_process.h"

#include <gtest/gtest.h>

#include <signal.h>

namespace ferro::tests {
namespace {

using std::chrono::milliseconds;

ChildOptions shell(const std::string& script) {
    return ChildOptions{.argv = {"sh", "-c", script}};
}

TEST(ChildProcess, GivesBothStreamsAndTheExitCode) {
    const auto done =
        ChildProcess::run(shell("echo one; echo two >&2; exit 7"), milliseconds(5000));
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->status, (ExitStatus{7, 0}));
    EXPECT_EQ(done->out, "one\n");
    EXPECT_EQ(done->err, "two\n");
}

TEST(ChildProcess, WaitsForOneLineAfterTheOther) {
    auto child = ChildProcess::spawn(shell("echo a 1; echo b; echo a 2; exec sleep 60"));
    ASSERT_TRUE(child.has_value());
    EXPECT_EQ(child->wait_for_line("a", milliseconds(5000)), "a 1");
    EXPECT_EQ(child->wait_for_line("a", milliseconds(5000)), "a 2");
    EXPECT_EQ(child->wait_for_line("a", milliseconds(20)), std::nullopt);
    EXPECT_EQ(child->wait_exit(milliseconds(20)), std::nullopt);
    child->signal(SIGTERM);
    EXPECT_EQ(child->wait_exit(milliseconds(5000)), (ExitStatus{-1, SIGTERM}));
}

TEST(ChildProcess, CollectsMoreThanAPipeHolds) {
    const auto done =
        ChildProcess::run(shell("head -c 3000000 /dev/zero | tr '\\0' x"), milliseconds(10000));
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->out.size(), 3000000U);
}

TEST(ChildProcess, SaysWhenTheProgramIsNotThere) {
    const auto child = ChildProcess::spawn(ChildOptions{.argv = {"/nonexistent/program"}});
    ASSERT_FALSE(child.has_value());
    EXPECT_EQ(child.error().code, ErrorCode::not_found);
}

TEST(ChildProcess, PassesEnvironmentAndDirectory) {
    ChildOptions options = shell("echo $FERRO_PROBE; pwd");
    options.environment = {"FERRO_PROBE=here"};
    options.directory = "/";
    const auto done = ChildProcess::run(options, milliseconds(5000));
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->out, "here\n/\n");
}

TEST(ChildProcess, IsKilledWithItsObject) {
    pid_t pid = 0;
    {
        auto child = ChildProcess::spawn(shell("exec sleep 60"));
        ASSERT_TRUE(child.has_value());
        pid = child->pid();
    }
    EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace ferro::tests
