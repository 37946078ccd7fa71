// A child process as an object with a destructor: killed and reaped when it goes out of scope, and
// killed by the kernel when the test program dies first. Its output (stdout and stderr) is kept in
// memory, so nothing blocks on a full pipe.
//
// Failures of the setting (no such program, no permission) throw std::runtime_error: GoogleTest
// turns it into a failed test, and unwinding removes what the test had built. Product code never
// does that.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ferro::test {

struct ProcessOptions {
    /// Network namespace to start in; -1 is the caller's own.
    int netns_fd = -1;
    /// Added to the environment of the caller.
    std::vector<std::pair<std::string, std::string>> environment;
    std::string working_directory;
};

class Process {
  public:
    /// Starts argv[0], looked up in PATH. Throws when it cannot be executed.
    static Process start(const std::vector<std::string>& argv, const ProcessOptions& options = {});

    ~Process();
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// Sends a signal; nothing happens when the process has been reaped.
    void signal(int number) const;

    /// The exit code (128 + n when killed by signal n), or nothing when it still runs after
    /// `timeout`.
    std::optional<int> wait(std::chrono::milliseconds timeout);

    bool is_running() { return !wait(std::chrono::milliseconds{0}).has_value(); }

    /// What it has written so far.
    [[nodiscard]] std::string output() const;

    /// Whether `text` shows up in the output before `timeout`.
    [[nodiscard]] bool wait_for_output(const std::string& text, std::chrono::milliseconds timeout);

  private:
    Process(pid_t pid, int output_fd) : pid_(pid), output_fd_(output_fd) {}

    void end();

    pid_t pid_ = -1;
    int output_fd_ = -1;
    std::optional<int> exit_code_;
};

struct CommandResult {
    int exit_code = 0;
    std::string output;
};

/// Runs to the end (30 s at most, then throws).
CommandResult run_command(const std::vector<std::string>& argv, const ProcessOptions& options = {});

/// Runs to the end; throws with the output when the exit code is not 0.
std::string must_run(const std::vector<std::string>& argv, const ProcessOptions& options = {});

}  // namespace ferro::test
