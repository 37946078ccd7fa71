#include "tests/support/netns.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace ferro::test {
namespace {

constexpr const char* kFolder = "/run/netns";
constexpr const char* kNamePrefix = "ferro-";

std::vector<std::string> split(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    return words;
}

// "ferro-1234-7-hint": the pid of its maker, or 0 for names that are not ours.
pid_t maker_of(const std::string& name) {
    if (name.rfind(kNamePrefix, 0) != 0) {
        return 0;
    }
    return static_cast<pid_t>(std::strtol(name.c_str() + std::strlen(kNamePrefix), nullptr, 10));
}

// Namespaces of test programs that were killed before their destructors ran.
void remove_leftovers() {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder, ignored)) {
        const std::string name = entry.path().filename();
        const pid_t maker = maker_of(name);
        if (maker > 0 && ::kill(maker, 0) != 0 && errno == ESRCH) {
            run_command({"ip", "netns", "del", name});  // another program may be faster: fine
        }
    }
}

}  // namespace

struct NetNamespace::State {
    std::string name;
    int fd = -1;

    ~State() {
        if (fd >= 0) {
            ::close(fd);
        }
        try {
            run_command({"ip", "netns", "del", name});
        } catch (const std::exception&) {
            // The next test program removes it.
        }
    }
};

NetNamespace NetNamespace::create(std::string_view hint) {
    static std::atomic<int> counter{0};
    static const bool swept = (remove_leftovers(), true);
    (void)swept;

    auto state = std::make_shared<State>();
    state->name = kNamePrefix + std::to_string(::getpid()) + "-" + std::to_string(++counter) + "-" +
                  std::string(hint);
    must_run({"ip", "netns", "add", state->name});
    const std::string path = std::string(kFolder) + "/" + state->name;
    state->fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (state->fd < 0) {
        throw std::runtime_error("opening " + path + ": " + std::strerror(errno));
    }
    NetNamespace ns{std::move(state)};
    ns.ip("link set lo up");
    return ns;
}

const std::string& NetNamespace::name() const {
    return state_->name;
}

std::string NetNamespace::path() const {
    return std::string(kFolder) + "/" + state_->name;
}

int NetNamespace::fd() const {
    return state_->fd;
}

std::string NetNamespace::ip(const std::string& arguments) const {
    std::vector<std::string> argv{"ip", "-n", state_->name};
    const std::vector<std::string> words = split(arguments);
    argv.insert(argv.end(), words.begin(), words.end());
    return must_run(argv);
}

void NetNamespace::ip_batch(const std::vector<std::string>& lines) const {
    std::string path = std::filesystem::temp_directory_path() / "ferro-ip-batch-XXXXXX";
    const int fd = ::mkstemp(path.data());
    if (fd < 0) {
        throw std::runtime_error("making " + path + ": " + std::strerror(errno));
    }
    ::close(fd);
    {
        std::ofstream out(path);
        for (const std::string& line : lines) {
            out << line << "\n";
        }
    }
    const CommandResult result = run_command({"ip", "-n", state_->name, "-batch", path});
    ::unlink(path.c_str());
    if (result.exit_code != 0) {
        throw std::runtime_error("ip -batch in " + state_->name + ": " + result.output);
    }
}

void NetNamespace::sysctl(const std::string& key, const std::string& value) const {
    std::string path = "/proc/sys/" + key;
    std::replace(path.begin() + 10, path.end(), '.', '/');
    run_in(*this, [&] {
        std::ofstream out(path);
        out << value << std::flush;
        if (!out) {
            throw std::runtime_error("writing " + path + " in " + state_->name);
        }
    });
}

void run_in(const NetNamespace& ns, const std::function<void()>& work) {
    std::exception_ptr thrown;
    std::thread worker([&] {
        try {
            if (::setns(ns.fd(), CLONE_NEWNET) != 0) {
                throw std::runtime_error("entering " + ns.name() + ": " + std::strerror(errno));
            }
            work();
        } catch (...) {
            thrown = std::current_exception();
        }
    });
    worker.join();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
}

Process exec_in(const NetNamespace& ns,
                const std::vector<std::string>& argv,
                ProcessOptions options) {
    options.netns_fd = ns.fd();
    return Process::start(argv, options);
}

Link::Link(Link&& other) noexcept
    : ns_(other.ns_), name_(other.name_), owned_(std::exchange(other.owned_, false)) {}

Link& Link::operator=(Link&& other) noexcept {
    std::swap(ns_, other.ns_);
    std::swap(name_, other.name_);
    std::swap(owned_, other.owned_);
    return *this;
}

Link::~Link() {
    if (!owned_) {
        return;
    }
    try {
        run_command({"ip", "-n", ns_.name(), "link", "del", name_});  // may be gone already: fine
    } catch (const std::exception&) {
        // The namespace takes it along.
    }
}

std::string Link::sysfs_of(const std::string& file) const {
    // `ip netns exec` mounts the namespace's own /sys.
    return must_run(
        {"ip", "netns", "exec", ns_.name(), "cat", "/sys/class/net/" + name_ + "/" + file});
}

int Link::index() const {
    return std::stoi(sysfs_of("ifindex"));
}

std::string Link::mac() const {
    std::string text = sysfs_of("address");
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return text;
}

void Link::up() const {
    ns_.ip("link set " + name_ + " up");
}

void Link::down() const {
    ns_.ip("link set " + name_ + " down");
}

void Link::rename(const std::string& name) {
    ns_.ip("link set " + name_ + " name " + name);
    name_ = name;
}

void Link::set_mac(const std::string& mac) const {
    ns_.ip("link set " + name_ + " address " + mac);
}

void Link::add_address(const std::string& prefix) const {
    const bool ipv6 = prefix.find(':') != std::string::npos;
    ns_.ip("addr add " + prefix + " dev " + name_ + (ipv6 ? " nodad" : ""));
}

void Link::remove_address(const std::string& prefix) const {
    ns_.ip("addr del " + prefix + " dev " + name_);
}

void Link::set_master(const Link& master) const {
    ns_.ip("link set " + name_ + " master " + master.name_);
}

void Link::clear_master() const {
    ns_.ip("link set " + name_ + " nomaster");
}

void Link::move_to(const NetNamespace& ns) {
    ns_.ip("link set " + name_ + " netns " + ns.name());
    ns_ = ns;
}

void Link::remove() {
    ns_.ip("link del " + name_);
    owned_ = false;
}

Link add_link(const NetNamespace& ns, const std::string& name, const std::string& type) {
    ns.ip("link add " + name + " type " + type);
    return Link::adopt(ns, name);
}

std::pair<Link, Link> add_veth(const NetNamespace& ns_a,
                               const std::string& name_a,
                               const NetNamespace& ns_b,
                               const std::string& name_b) {
    ns_a.ip("link add " + name_a + " type veth peer name " + name_b + " netns " + ns_b.name());
    return {Link::adopt(ns_a, name_a), Link::adopt(ns_b, name_b)};
}

Link add_bridge(const NetNamespace& ns, const std::string& name) {
    return add_link(ns, name, "bridge stp_state 0 forward_delay 0");
}

Link add_macvlan(const NetNamespace& ns, const std::string& name, const Link& lower) {
    ns.ip("link add link " + lower.name() + " name " + name + " type macvlan mode bridge");
    return Link::adopt(ns, name);
}

}  // namespace ferro::test
