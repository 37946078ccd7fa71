// The command as a process against a real ControlServer on a real socket.
#include "controller/control/control_server.h"
#include "tests/cli/fake_backend.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <future>
#include <memory>
#include <thread>

namespace ferro::tests {
namespace {

using controller::ControlServer;
using controller::ControlServerOptions;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

std::string ferroctl_path() {
    return std::string(std::getenv("FERRO_BIN")) + "/ferroctl";
}

class FerroctlTest : public testing::Test {
  protected:
    void SetUp() override {
        ControlServerOptions options;
        options.socket = socket;
        auto started = ControlServer::start(loop, backend, options);
        ASSERT_TRUE(started.has_value()) << started.error().context;
        server = std::move(*started);
        thread = std::thread([this] { loop.run(); });
    }

    void TearDown() override { stop(); }

    void stop() {
        if (thread.joinable()) {
            loop.post([this] {
                server.reset();
                loop.stop();
            });
            thread.join();
        }
    }

    [[nodiscard]] ChildProcess::Finished run(std::vector<std::string> words) const {
        words.insert(words.begin(), ferroctl_path());
        ChildOptions options;
        options.argv = std::move(words);
        options.environment = {"FERROLB_CONTROL=" + socket};
        auto finished = ChildProcess::run(options, milliseconds(30000));
        EXPECT_TRUE(finished.has_value()) << finished.error().context;
        return finished ? std::move(*finished) : ChildProcess::Finished{};
    }

    TemporaryDirectory directory{"ferroctl"};
    std::string socket = directory.path() + "/run/control.sock";
    runtime::Loop loop;
    FakeBackend backend;
    std::unique_ptr<ControlServer> server;
    std::thread thread;
};

TEST_F(FerroctlTest, ExitsWithOneWhileAServiceIsMissing) {
    const auto bad = run({"status"});
    EXPECT_EQ(bad.status.code, 1);
    EXPECT_THAT(bad.out, StartsWith("not ok: 1 service of 3"));
    EXPECT_THAT(bad.out, testing::Not(HasSubstr("\x1b"))) << "no colour into a pipe";
    const auto good = run({"status", "default/web"});
    EXPECT_EQ(good.status.code, 0) << good.err;
    const auto unknown = run({"status", "nobody"});
    EXPECT_EQ(unknown.status.code, 1);
    EXPECT_EQ(unknown.err, "there is no service 'nobody'\n");
}

TEST_F(FerroctlTest, ShowsEverythingThatTheControllerSays) {
    EXPECT_THAT(run({"pools"}).out, HasSubstr("10.15.250.25-10.15.250.29"));
    EXPECT_THAT(run({"pools", "full"}).out, testing::Not(HasSubstr("mes-pool")));
    EXPECT_THAT(run({"speakers"}).out, StartsWith("2 of 3 speakers connected"));
    EXPECT_THAT(run({"explain", "default/quiet"}).out, HasSubstr("not announced: no_serving"));
    EXPECT_THAT(run({"explain", "10.15.250.26", "-o", "yaml"}).out, HasSubstr("explanations:\n"));
    EXPECT_THAT(run({"-o", "json", "status"}).out, StartsWith("{\n  \"ok\": false"));
    const auto findings = run({"findings"});
    EXPECT_EQ(findings.status.code, 1) << "one is an error";
    EXPECT_THAT(findings.out, StartsWith("broken.yaml:7:3 IPAddressPool/second-pool"));
    const auto version = run({"version"});
    EXPECT_EQ(version.status.code, 0);
    EXPECT_THAT(version.out, HasSubstr("source      manifests /etc/ferrolb, synchronised"));
}

TEST_F(FerroctlTest, SaysWhenNothingMatches) {
    const auto finished = run({"explain", "nobody"});
    EXPECT_EQ(finished.status.code, 1);
    EXPECT_EQ(finished.err, "no service and no service's address is 'nobody'\n");
}

TEST_F(FerroctlTest, CarriesTextThatIsNotUtf8) {
    backend.services_[0].reason = "label \xFF\xC3";
    EXPECT_THAT(run({"status", "-o", "json"}).out, HasSubstr("\"label \xEF\xBF\xBD\xEF\xBF\xBD\""));
}

TEST_F(FerroctlTest, ShowsTenThousandServices) {
    backend.services_.assign(10000, announced_service());
    const auto finished = run({"status", "-o", "json"});
    EXPECT_EQ(finished.status.code, 0) << finished.err;
    EXPECT_THAT(finished.out, HasSubstr("\"announced\": 10000"));
}

TEST_F(FerroctlTest, WatchesUntilInterrupted) {
    ChildOptions options;
    options.argv = {ferroctl_path(), "--socket", socket, "status", "--watch", "0.01"};
    auto child = ChildProcess::spawn(options);
    ASSERT_TRUE(child.has_value());
    for (int look = 0; look < 3; ++look) {
        EXPECT_TRUE(child->wait_for_line("not ok", milliseconds(20000)).has_value());
    }
    child->signal(SIGINT);
    EXPECT_EQ(child->wait_exit(milliseconds(20000)), (ExitStatus{-1, SIGINT}));
}

TEST_F(FerroctlTest, TellsWhatToDoWhenNobodyAnswers) {
    stop();
    EXPECT_FALSE(std::filesystem::exists(socket)) << "the server takes its socket with it";
    const auto missing = run({"status"});
    EXPECT_EQ(missing.status.code, 3);
    EXPECT_THAT(missing.err,
                StartsWith("no controller at " + socket + ": there is no such socket"));
    EXPECT_THAT(missing.err, HasSubstr("pgrep -a ferrolb-controller"));
    EXPECT_EQ(run({"version"}).status.code, 3);
    EXPECT_THAT(run({"version"}).out, StartsWith("ferroctl "));
}

TEST_F(FerroctlTest, GivesUpOnAControllerThatIsStuck) {
    std::promise<void> release;
    loop.post([&release] { release.get_future().wait(); });
    const auto finished = run({"--timeout", "0.2", "speakers"});
    release.set_value();
    EXPECT_EQ(finished.status.code, 3);
    EXPECT_THAT(finished.err, HasSubstr("did not answer within 200 ms"));
}

TEST_F(FerroctlTest, EndsCallsThatWaitWhenTheServerStops) {
    std::promise<void> release;
    std::promise<void> blocked;
    loop.post([&] {
        blocked.set_value();
        release.get_future().wait();
        server.reset();  // while a call waits behind us
    });
    blocked.get_future().wait();
    ChildOptions options;
    options.argv = {ferroctl_path(), "--socket", socket, "speakers"};
    auto child = ChildProcess::spawn(options);
    ASSERT_TRUE(child.has_value());
    release.set_value();
    const auto status = child->wait_exit(milliseconds(20000));
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(status->code, 3) << child->err();
}

// `script` gives its child a terminal.
TEST_F(FerroctlTest, ColoursOnATerminalUnlessToldNotTo) {
    ChildOptions options;
    options.argv = {"script", "-qec", ferroctl_path() + " status", "/dev/null"};
    options.environment = {"FERROLB_CONTROL=" + socket, "NO_COLOR="};
    const auto coloured = ChildProcess::run(options, milliseconds(30000));
    ASSERT_TRUE(coloured.has_value()) << coloured.error().context;
    EXPECT_THAT(coloured->out, HasSubstr("\x1b[31mnot ok\x1b[0m"));
    options.environment = {"FERROLB_CONTROL=" + socket, "NO_COLOR=yes"};
    const auto plain = ChildProcess::run(options, milliseconds(30000));
    ASSERT_TRUE(plain.has_value());
    EXPECT_THAT(plain->out, StartsWith("not ok"));
}

TEST_F(FerroctlTest, CompletesInARealBash) {
    ChildOptions options;
    options.environment = {"FERROLB_CONTROL=" + socket};
    const std::string script = R"(
        PATH=$FERRO_BIN:$PATH
        source <(ferroctl completion bash) || exit 1
        try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ferroctl; echo "${COMPREPLY[*]}"; }
        complete -p ferroctl
        try ferroctl ex
        try ferroctl explain default/
        try ferroctl pools m
        try ferroctl status -o ""
        try ferroctl completion z
        try ferroctl lint ""
    )";
    options.argv = {"bash", "--norc", "-c", script};
    const auto finished = ChildProcess::run(options, milliseconds(60000));
    ASSERT_TRUE(finished.has_value());
    EXPECT_EQ(finished->out,
              "complete -o default -F _ferroctl ferroctl\n"
              "explain\n"
              "default/quiet default/web\n"
              "mes-pool\n"
              "json table wide yaml\n"
              "zsh\n"
              "\n")
        << finished->err;
}

// --- the socket itself --------------------------------------------------------------------------

TEST_F(FerroctlTest, KeepsTheSocketToItself) {
    struct stat status{};

    ASSERT_EQ(::stat(socket.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

class ControlSocketTest : public testing::Test {
  protected:
    Result<std::unique_ptr<ControlServer>> start(const std::string& path,
                                                 const std::string& group = "") {
        ControlServerOptions options;
        options.socket = path;
        options.group = group;
        return ControlServer::start(loop, backend, options);
    }

    TemporaryDirectory directory{"control"};
    runtime::Loop loop;
    FakeBackend backend;
};

TEST_F(ControlSocketTest, GivesTheSocketToAGroup) {
    const std::string path = directory.path() + "/s";
    const auto server = start(path, "nogroup");
    ASSERT_TRUE(server.has_value()) << server.error().context;

    struct stat status{};

    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0660U);
    EXPECT_EQ(start(directory.path() + "/t", "no-such-group").error().code,
              ErrorCode::invalid_input);
}

TEST_F(ControlSocketTest, RemovesAStaleSocketAndNothingElse) {
    const std::string path = directory.path() + "/s";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(static_cast<char*>(address.sun_path), path.c_str(), sizeof address.sun_path - 1);
    const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(stale, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(stale);  // the file stays, as after kill -9
    {
        const auto server = start(path);
        ASSERT_TRUE(server.has_value()) << server.error().context;
        const auto second = start(path);
        ASSERT_FALSE(second.has_value());
        EXPECT_EQ(second.error().code, ErrorCode::conflict);
        EXPECT_TRUE(std::filesystem::exists(path)) << "the second one took nothing away";
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    std::ofstream(path) << "a file";
    EXPECT_EQ(start(path).error().code, ErrorCode::conflict);
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(ControlSocketTest, SaysThatAPathIsTooLong) {
    const auto server = start(directory.path() + "/" + std::string(120, 'x'));
    ASSERT_FALSE(server.has_value());
    EXPECT_EQ(server.error().code, ErrorCode::invalid_input);
    EXPECT_THAT(server.error().context, HasSubstr("1 to 107 bytes"));
}

}  // namespace
}  // namespace ferro::tests
