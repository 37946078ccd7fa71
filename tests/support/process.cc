#include "tests/support/process.h"

#include "tests/support/eventually.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace ferro::test {
namespace {

[[noreturn]] void fail(const std::string& intent, int error) {
    throw std::runtime_error(intent + ": " + std::strerror(error));
}

std::string joined(const std::vector<std::string>& argv) {
    std::string text;
    for (const std::string& word : argv) {
        text += (text.empty() ? "" : " ") + word;
    }
    return text;
}

// Runs in the child between fork and exec; reports an errno through `report_fd` and never returns.
[[noreturn]] void become(const std::vector<char*>& argv,
                         const std::vector<char*>& environment,
                         const ProcessOptions& options,
                         int output_fd,
                         int report_fd,
                         pid_t parent) {
    // The signal follows the parent's *thread*; start() runs on the test's own thread.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    bool ok = ::getppid() == parent;
    ok = ok && ::dup2(output_fd, STDOUT_FILENO) >= 0 && ::dup2(output_fd, STDERR_FILENO) >= 0;
    ok = ok && (options.netns_fd < 0 || ::setns(options.netns_fd, CLONE_NEWNET) == 0);
    ok = ok &&
         (options.working_directory.empty() || ::chdir(options.working_directory.c_str()) == 0);
    if (ok) {
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execvpe(argv[0], argv.data(), environment.data());
    }
    const int error = errno;
    [[maybe_unused]] const ssize_t written = ::write(report_fd, &error, sizeof error);
    ::_exit(127);
}

std::vector<std::string> environment_of(const ProcessOptions& options) {
    std::vector<std::string> words;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        words.emplace_back(*entry);
    }
    for (const auto& [key, value] : options.environment) {
        std::erase_if(words, [&key = key](const std::string& word) {
            return word.compare(0, key.size() + 1, key + "=") == 0;
        });
        words.push_back(key + "=" + value);
    }
    return words;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (std::string& word : words) {
        out.push_back(word.data());
    }
    out.push_back(nullptr);
    return out;
}

}  // namespace

Process Process::start(const std::vector<std::string>& argv, const ProcessOptions& options) {
    std::vector<std::string> words = argv;
    std::vector<std::string> variables = environment_of(options);
    const std::vector<char*> argv_pointers = pointers(words);
    const std::vector<char*> environment_pointers = pointers(variables);

    // O_APPEND: stdout and stderr interleave instead of overwriting each other.
    const int output_fd = ::memfd_create("output", MFD_CLOEXEC);
    std::array<int, 2> report{};
    if (output_fd < 0 || ::fcntl(output_fd, F_SETFL, O_APPEND) != 0 ||
        ::pipe2(report.data(), O_CLOEXEC) != 0) {
        fail("preparing to start " + joined(argv), errno);
    }
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        become(argv_pointers, environment_pointers, options, output_fd, report[1], parent);
    }
    const int fork_error = errno;
    ::close(report[1]);
    int exec_error = 0;
    const bool failed =
        pid < 0 || ::read(report[0], &exec_error, sizeof exec_error) == sizeof exec_error;
    ::close(report[0]);
    if (failed) {
        if (pid > 0) {
            ::waitpid(pid, nullptr, 0);
        }
        ::close(output_fd);
        fail("starting " + joined(argv), pid < 0 ? fork_error : exec_error);
    }
    return Process{pid, output_fd};
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_fd_(std::exchange(other.output_fd_, -1)),
      exit_code_(other.exit_code_) {}

Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        end();
        pid_ = std::exchange(other.pid_, -1);
        output_fd_ = std::exchange(other.output_fd_, -1);
        exit_code_ = other.exit_code_;
    }
    return *this;
}

Process::~Process() {
    end();
}

void Process::end() {
    if (pid_ > 0 && !exit_code_) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    if (output_fd_ >= 0) {
        ::close(output_fd_);
    }
    pid_ = -1;
    output_fd_ = -1;
}

void Process::signal(int number) const {
    if (pid_ > 0 && !exit_code_) {
        ::kill(pid_, number);
    }
}

std::optional<int> Process::wait(std::chrono::milliseconds timeout) {
    eventually(
        [this] {
            int status = 0;
            if (!exit_code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
                exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
            return exit_code_.has_value();
        },
        timeout);
    return exit_code_;
}

std::string Process::output() const {
    std::string text;
    std::array<char, 16384> chunk{};
    for (;;) {
        const ssize_t got =
            ::pread(output_fd_, chunk.data(), chunk.size(), static_cast<off_t>(text.size()));
        if (got <= 0) {
            return text;
        }
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
}

bool Process::wait_for_output(const std::string& text, std::chrono::milliseconds timeout) {
    return eventually([&] { return output().find(text) != std::string::npos; }, timeout);
}

CommandResult run_command(const std::vector<std::string>& argv, const ProcessOptions& options) {
    Process process = Process::start(argv, options);
    const std::optional<int> exit_code = process.wait(std::chrono::seconds{30});
    if (!exit_code) {
        throw std::runtime_error(joined(argv) + " did not end within 30 s: " + process.output());
    }
    return {*exit_code, process.output()};
}

std::string must_run(const std::vector<std::string>& argv, const ProcessOptions& options) {
    CommandResult result = run_command(argv, options);
    if (result.exit_code != 0) {
        throw std::runtime_error(joined(argv) + " failed with " + std::to_string(result.exit_code) +
                                 ": " + result.output);
    }
    return std::move(result.output);
}

}  // namespace ferro::test
