// Privileges: what is given up is gone, for good. Each case runs in a child process of its own, for
// there is no way back. Needs to start as root.
#include "runtime/privileges.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string>

namespace ferro::runtime {
namespace {

// Runs `work` in a forked child; it returns what went wrong, or an empty text.
std::string in_child(const std::function<std::string()>& work) {
    int report[2] = {};
    if (::pipe(report) != 0) {
        return "pipe";
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
        const std::string wrong = work();
        const bool told = ::write(report[1], wrong.data(), wrong.size()) >= 0;
        ::_exit(told ? 0 : 1);
    }
    ::close(report[1]);
    std::string text;
    char chunk[512];
    for (ssize_t got = 0; (got = ::read(report[0], chunk, sizeof chunk)) > 0;) {
        text.append(chunk, static_cast<std::size_t>(got));
    }
    ::close(report[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : "the child died: " + text;
}

bool opens_packet_socket() {
    const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        ::close(fd);
    }
    return fd >= 0;
}

TEST(Privileges, KeepsOnlyWhatWasAsked) {
    EXPECT_EQ(in_child([]() -> std::string {
                  if (!has_capability(Capability::net_admin)) {
                      return "must start as root";
                  }
                  if (const auto kept = keep_only({Capability::net_raw}); !kept) {
                      return kept.error().context;
                  }
                  if (effective_capabilities() != "CAP_NET_RAW" || !opens_packet_socket()) {
                      return "has " + effective_capabilities();
                  }
                  return has_capability(Capability::net_admin) ? "still has NET_ADMIN" : "";
              }),
              "");
}

TEST(Privileges, SaysWhatIsMissingAndHowToGiveIt) {
    EXPECT_EQ(in_child([]() -> std::string {
                  if (const auto kept = keep_only({}); !kept) {
                      return kept.error().context;
                  }
                  if (effective_capabilities() != "none" || opens_packet_socket()) {
                      return "has " + effective_capabilities();
                  }
                  const auto missing = require_capability(Capability::net_raw, "to answer ARP");
                  if (missing || missing.error().code != ErrorCode::permission_denied) {
                      return "not reported";
                  }
                  return missing.error().context;
              }),
              "CAP_NET_RAW is missing, needed to answer ARP (this process has none). Start it as "
              "root, or give the file the capability (setcap cap_net_raw+ep FILE), or in "
              "Kubernetes add NET_RAW to the container's securityContext.capabilities.add");
}

TEST(Privileges, AreNotBroughtBackByExec) {
    EXPECT_EQ(in_child([]() -> std::string {
                  if (const auto kept = keep_only({Capability::net_raw}); !kept) {
                      return kept.error().context;
                  }
                  // As uid 0 an exec fills the sets up to the bounding set.
                  const int status = ::system(
                      "grep -q '^CapBnd:[[:space:]]*0*2000$' /proc/self/status && "
                      "grep -q '^CapEff:[[:space:]]*0*2000$' /proc/self/status && "
                      "grep -q '^NoNewPrivs:[[:space:]]*1$' /proc/self/status");
                  return status == 0 ? "" : "an exec holds more than CAP_NET_RAW";
              }),
              "");
}

TEST(Privileges, KeepingWhatIsNotThereIsNoError) {
    EXPECT_EQ(in_child([]() -> std::string {
                  if (const auto first = keep_only({}); !first) {
                      return first.error().context;
                  }
                  const auto second = keep_only({Capability::net_raw});
                  return second ? effective_capabilities() : second.error().context;
              }),
              "none");
}

}  // namespace
}  // namespace ferro::runtime
