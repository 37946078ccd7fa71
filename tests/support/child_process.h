// ChildProcess: a program under test, run as a process of its own. Its output is collected by a
// thread while it runs, so it never blocks on a full pipe, and a test can wait for a line instead
// of sleeping.
//
// Threads: each object by one thread at a time. The child is killed when the thread that spawned it
// ends (PR_SET_PDEATHSIG), so that a test that is cut off leaves nothing running.
#pragma once

#include "core/base/result.h"

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferro::tests {

struct ChildOptions {
    std::vector<std::string> argv = {};  ///< argv[0] is searched in PATH when it has no slash
    std::vector<std::string> environment = {};  ///< "KEY=value", added to ours (replacing ours)
    std::string directory = {};                 ///< working directory; empty = ours
    int network_namespace = -1;                 ///< descriptor to enter with setns first; -1 = ours
};

struct ExitStatus {
    int code = -1;   ///< exit code, or -1 when a signal ended it
    int signal = 0;  ///< 0 when it exited by itself
    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

enum class Stream { out, err };

class ChildProcess {
  public:
    using Milliseconds = std::chrono::milliseconds;

    /// Stdin is /dev/null. Errors: not_found and the like when the program cannot be executed.
    static Result<ChildProcess> spawn(const ChildOptions& options);

    /// Runs to its end. Errors: as spawn; timed_out (the child is then killed).
    struct Finished {
        ExitStatus status;
        std::string out;
        std::string err;
    };

    static Result<Finished> run(const ChildOptions& options, Milliseconds deadline);

    ChildProcess(ChildProcess&&) noexcept;
    ChildProcess& operator=(ChildProcess&&) noexcept;
    /// Kills (SIGKILL) and reaps the child if it still runs.
    ~ChildProcess();

    [[nodiscard]] pid_t pid() const;

    /// To this process only, and never to another that got its number: nothing happens after it was
    /// reaped.
    void signal(int number);

    /// The next complete line that contains `text`, searched after the line that the last call
    /// found; nothing when the deadline passes or the stream ends without it.
    std::optional<std::string> wait_for_line(const std::string& text,
                                             Milliseconds deadline,
                                             Stream stream = Stream::out);

    /// Waits for the end and reaps; nothing when the deadline passes. All output is in after it.
    std::optional<ExitStatus> wait_exit(Milliseconds deadline);

    /// All that was written so far.
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;

  private:
    struct State;
    explicit ChildProcess(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ferro::tests
