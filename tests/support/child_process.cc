#include "tests/support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

namespace ferro::tests {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    int read = -1;
    int write = -1;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return Error{ErrorCode::resource_exhausted, std::string("pipe: ") + std::strerror(errno)};
    }
    return Pipe{ends[0], ends[1]};
}

// What the child needs between fork and exec, all allocated before: after a fork of a program with
// threads only async-signal-safe calls are allowed.
struct Image {
    std::vector<char*> argv;
    std::vector<std::string> environment_text;
    std::vector<char*> environment;
};

Image image_of(const ChildOptions& options) {
    Image image;
    for (const std::string& word : options.argv) {
        image.argv.push_back(const_cast<char*>(word.c_str()));
    }
    image.argv.push_back(nullptr);
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const std::string key = text.substr(0, text.find('=') + 1);
        bool replaced = false;
        for (const std::string& own : options.environment) {
            replaced = replaced || own.compare(0, key.size(), key) == 0;
        }
        if (!replaced) {
            image.environment_text.push_back(text);
        }
    }
    for (const std::string& own : options.environment) {
        image.environment_text.push_back(own);
    }
    for (std::string& text : image.environment_text) {
        image.environment.push_back(text.data());
    }
    image.environment.push_back(nullptr);
    return image;
}

[[noreturn]] void become(
    const ChildOptions& options, const Image& image, int out, int err, int failure, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    const int null = ::open("/dev/null", O_RDONLY);
    const bool ready =
        ::getppid() == parent && ::dup2(null, 0) >= 0 && ::dup2(out, 1) >= 0 &&
        ::dup2(err, 2) >= 0 &&
        (options.directory.empty() || ::chdir(options.directory.c_str()) == 0) &&
        (options.network_namespace < 0 || ::setns(options.network_namespace, CLONE_NEWNET) == 0);
    if (ready) {
        ::execvpe(image.argv[0], image.argv.data(), image.environment.data());
    }
    const int why = errno;
    [[maybe_unused]] const ssize_t told = ::write(failure, &why, sizeof why);
    ::_exit(127);
}

}  // namespace

struct ChildProcess::State {
    pid_t pid = -1;
    int out_fd = -1;
    int err_fd = -1;
    std::optional<ExitStatus> status;  // set once reaped
    std::thread reader;

    mutable std::mutex mutex;
    std::condition_variable grown;
    std::string out;
    std::string err;
    bool ended = false;  // both streams at their end
    std::size_t out_cursor = 0;
    std::size_t err_cursor = 0;
    int stop_read = -1;  // closes the reader down when a grandchild keeps the pipes open
    int stop_write = -1;

    ~State() {
        if (!status) {
            ::kill(pid, SIGKILL);
            while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
            }
        }
        ::close(stop_write);
        if (reader.joinable()) {
            reader.join();
        }
        ::close(stop_read);
        ::close(out_fd);
        ::close(err_fd);
    }

    void read_all() {
        std::array<pollfd, 3> fds{{{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}, {stop_read, 0, 0}}};
        while (fds[0].fd >= 0 || fds[1].fd >= 0) {
            if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) {
                break;
            }
            take(fds[0], out);
            take(fds[1], err);
            if (fds[2].revents != 0 && fds[0].revents == 0 && fds[1].revents == 0) {
                break;
            }
        }
        const std::lock_guard lock(mutex);
        ended = true;
        grown.notify_all();
    }

    void take(pollfd& from, std::string& into) {
        if (from.fd < 0 || from.revents == 0) {
            return;
        }
        std::array<char, 65536> buffer;
        const ssize_t count = ::read(from.fd, buffer.data(), buffer.size());
        if (count <= 0) {
            from.fd = -1;
            return;
        }
        const std::lock_guard lock(mutex);
        into.append(buffer.data(), static_cast<std::size_t>(count));
        grown.notify_all();
    }

    bool reap(int flags) {
        int raw = 0;
        pid_t got = 0;
        do {
            got = ::waitpid(pid, &raw, flags);
        } while (got < 0 && errno == EINTR);
        if (got != pid) {
            return false;
        }
        status = WIFSIGNALED(raw) ? ExitStatus{-1, WTERMSIG(raw)} : ExitStatus{WEXITSTATUS(raw), 0};
        return true;
    }
};

ChildProcess::ChildProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}

ChildProcess::ChildProcess(ChildProcess&&) noexcept = default;
ChildProcess& ChildProcess::operator=(ChildProcess&&) noexcept = default;
ChildProcess::~ChildProcess() = default;

Result<ChildProcess> ChildProcess::spawn(const ChildOptions& options) {
    TRY(const Pipe out, make_pipe());
    TRY(const Pipe err, make_pipe());
    TRY(const Pipe stop, make_pipe());
    TRY(const Pipe failure, make_pipe());
    const Image image = image_of(options);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        become(options, image, out.write, err.write, failure.write, parent);
    }
    const int fork_error = errno;
    ::close(out.write);
    ::close(err.write);
    ::close(failure.write);

    int why = 0;
    const ssize_t told = pid > 0 ? ::read(failure.read, &why, sizeof why) : 0;
    ::close(failure.read);
    if (pid < 0 || told == static_cast<ssize_t>(sizeof why)) {
        if (pid > 0) {
            ::waitpid(pid, nullptr, 0);
        }
        for (const int fd : {out.read, err.read, stop.read, stop.write}) {
            ::close(fd);
        }
        const int reason = pid < 0 ? fork_error : why;
        return Error{reason == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
                     "running " + options.argv[0] + ": " + std::strerror(reason)};
    }

    auto state = std::make_unique<State>();
    state->pid = pid;
    state->out_fd = out.read;
    state->err_fd = err.read;
    state->stop_read = stop.read;
    state->stop_write = stop.write;
    state->reader = std::thread([raw = state.get()] { raw->read_all(); });
    return ChildProcess(std::move(state));
}

Result<ChildProcess::Finished> ChildProcess::run(const ChildOptions& options,
                                                 Milliseconds deadline) {
    TRY(ChildProcess child, spawn(options));
    const std::optional<ExitStatus> status = child.wait_exit(deadline);
    if (!status) {
        return Error{ErrorCode::timed_out,
                     options.argv[0] + " still runs after " + std::to_string(deadline.count()) +
                         " ms; its stderr: " + child.err()};
    }
    return Finished{*status, child.out(), child.err()};
}

pid_t ChildProcess::pid() const {
    return state_->pid;
}

void ChildProcess::signal(int number) {
    if (!state_->status) {
        ::kill(state_->pid, number);
    }
}

std::optional<std::string> ChildProcess::wait_for_line(const std::string& text,
                                                       Milliseconds deadline,
                                                       Stream stream) {
    const auto until = Clock::now() + deadline;
    const std::string& from = stream == Stream::out ? state_->out : state_->err;
    std::size_t& cursor = stream == Stream::out ? state_->out_cursor : state_->err_cursor;
    std::unique_lock lock(state_->mutex);
    while (true) {
        for (std::size_t end = from.find('\n', cursor); end != std::string::npos;
             end = from.find('\n', cursor)) {
            std::string line = from.substr(cursor, end - cursor);
            cursor = end + 1;
            if (line.find(text) != std::string::npos) {
                return line;
            }
        }
        if (state_->ended || state_->grown.wait_until(lock, until) == std::cv_status::timeout) {
            return std::nullopt;
        }
    }
}

std::optional<ExitStatus> ChildProcess::wait_exit(Milliseconds deadline) {
    if (state_->status) {
        return state_->status;
    }
    // A pidfd becomes readable when the process ends: a wait with a deadline and without a signal
    // handler.
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, state_->pid, 0));
    const auto until = Clock::now() + deadline;
    bool over = false;
    while (!over) {
        const auto left = std::chrono::duration_cast<Milliseconds>(until - Clock::now()).count();
        pollfd end{pidfd, POLLIN, 0};
        over = ::poll(&end, 1, left > 0 ? static_cast<int>(left) : 0) > 0 || left <= 0;
    }
    ::close(pidfd);
    if (!state_->reap(WNOHANG)) {
        return std::nullopt;
    }
    // What it wrote last may still be in the pipe. A grandchild that holds the pipe open must not
    // hold us.
    std::unique_lock lock(state_->mutex);
    state_->grown.wait_for(lock, Milliseconds(500), [this] { return state_->ended; });
    return state_->status;
}

std::string ChildProcess::out() const {
    const std::lock_guard lock(state_->mutex);
    return state_->out;
}

std::string ChildProcess::err() const {
    const std::lock_guard lock(state_->mutex);
    return state_->err;
}

}  // namespace ferro::tests
