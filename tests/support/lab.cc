#include "tests/support/lab.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ferro::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kControllerAddress = "10.20.1.200";
constexpr const char* kClientAddress = "10.20.1.100";
constexpr const char* kFeedPort = "7473";

std::string program(const std::string& name) {
    if (const char* folder = std::getenv("FERRO_BIN"); folder != nullptr) {
        return std::string(folder) + "/" + name;
    }
    return fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "bin" / name;
}

std::string host_name(int number) {
    return "host-" + std::to_string(number);
}

/// Another user must come through to its certificates.
void open_for_all(const fs::path& path) {
    fs::permissions(path,
                    fs::perms::others_read | fs::perms::group_read | fs::perms::others_exec |
                        fs::perms::group_exec,
                    fs::perm_options::add);
}

void append(std::vector<std::string>& words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
}

}  // namespace

Lab::Lab(const LabOptions& options)
    : authority_(directory_ / "", "lab"),
      lan_(NetNamespace::create("lan")),
      client_host_(NetNamespace::create("client")),
      controller_host_(NetNamespace::create("control")) {
    open_for_all(directory_.path());
    fs::create_directory(folder());
    fs::create_directory(state_directory());
    controller_certificate_ = authority_.issue(
        "control",
        {.common_name = "control", .dns_names = {"control"}, .addresses = {kControllerAddress}});
    bridge_ = add_bridge(lan_, "br0");
    bridge_->up();
    plug(controller_host_, "p-control", kControllerAddress);
    plug(client_host_, "p-client", kClientAddress);
    for (int number = 1; number <= options.hosts; ++number) {
        const std::string name = host_name(number);
        hosts_.push_back(NetNamespace::create(name));
        plug(hosts_.back(), "p" + std::to_string(number), "10.20.1." + std::to_string(number));
        Link eth0 = Link::adopt(hosts_.back(), "eth0");
        macs_.push_back(parse_mac(eth0.mac()));
        eth0.leave();
        host_certificates_.push_back(
            authority_.issue(name, {.common_name = name, .dns_names = {name}, .addresses = {}}));
        open_for_all(host_certificates_.back().key);
    }
}

void Lab::plug(const NetNamespace& host, const std::string& port, const std::string& address) {
    auto [at_switch, eth0] = add_veth(lan_, port, host, "eth0");
    at_switch.set_master(*bridge_);
    at_switch.up();
    eth0.add_address(address + "/16");
    eth0.up();
    // They go with their namespaces.
    at_switch.leave();
    eth0.leave();
}

std::unique_ptr<ArpClient> Lab::client() const {
    return std::make_unique<ArpClient>(
        client_host_, "eth0", ip::Address::parse(kClientAddress).value());
}

void Lab::write(const std::string& name, const std::string& text) const {
    const fs::path aside = directory_ / ("aside-" + name);
    {
        std::ofstream out(aside);
        out << text << std::flush;
        if (!out) {
            throw std::runtime_error("writing " + aside.string());
        }
    }
    fs::rename(aside, folder() / name);
}

void Lab::remove(const std::string& name) const {
    fs::remove(folder() / name);
}

std::string Lab::feed_endpoint() {
    return std::string(kControllerAddress) + ":" + kFeedPort;
}

std::vector<std::string> Lab::controller_command(const std::vector<std::string>& extra) const {
    std::vector<std::string> words = {program("ferrolb-controller"),
                                      "--manifests",
                                      folder(),
                                      "--state-dir",
                                      state_directory(),
                                      "--feed-listen",
                                      feed_endpoint(),
                                      "--feed-cert",
                                      controller_certificate_.certificate,
                                      "--feed-key",
                                      controller_certificate_.key,
                                      "--feed-ca",
                                      controller_certificate_.authority,
                                      "--control-socket",
                                      path("control.sock")};
    append(words, extra);
    return words;
}

void Lab::start_controller(const std::vector<std::string>& extra) {
    controller_ = exec_in(controller_host_, controller_command(extra));
}

void Lab::kill_controller() {
    controller_->signal(SIGKILL);
    controller_->wait(std::chrono::seconds{10});
}

Process Lab::start_speaker(int number, const SpeakerOptions& options) const {
    const CertificateFiles& files =
        options.certificates ? *options.certificates : host_certificates_.at(index(number));
    std::vector<std::string> words = options.wrapper;
    append(words,
           {program("ferrolb-speaker"),
            "--node-name",
            host_name(number),
            "--feed",
            feed_endpoint(),
            "--feed-cert",
            files.certificate,
            "--feed-key",
            files.key,
            "--feed-ca",
            files.authority,
            "--log-level",
            options.log_level});
    append(words, options.extra);
    return exec_in(host(number), words);
}

CommandResult Lab::ferroctl(const std::vector<std::string>& words) const {
    std::vector<std::string> argv = {program("ferroctl"), "--socket", path("control.sock")};
    append(argv, words);
    return run_command(argv);
}

std::string nodes_manifest(const std::vector<LabNode>& nodes) {
    std::string text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n";
    for (const LabNode& node : nodes) {
        text += "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: " + node.name + "\n";
        if (node.eligible == Eligible::no) {
            text += "  labels: {node.kubernetes.io/exclude-from-external-load-balancers: \"\"}\n";
        }
    }
    return text;
}

std::string pool_manifest(const std::string& range) {
    return "apiVersion: metallb.io/v1beta1\n"
           "kind: IPAddressPool\n"
           "metadata: {name: pool, namespace: metallb-system}\n"
           "spec:\n"
           "  addresses: [" +
           range +
           "]\n"
           "---\n"
           "apiVersion: metallb.io/v1beta1\n"
           "kind: L2Advertisement\n"
           "metadata: {name: advertisement, namespace: metallb-system}\n"
           "spec:\n"
           "  ipAddressPools: [pool]\n";
}

std::string service_manifest(const std::string& name,
                             const std::vector<std::string>& hosts,
                             const std::string& address) {
    std::string text =
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: " + name + "\n  namespace: default\n";
    if (!address.empty()) {
        text += "  annotations: {metallb.io/loadBalancerIPs: " + address + "}\n";
    }
    text +=
        "spec:\n  type: LoadBalancer\n  ports: [{name: http, port: 80, protocol: TCP}]\n"
        "---\n"
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: " +
        name + "-1\n  namespace: default\n  labels: {kubernetes.io/service-name: " + name +
        "}\naddressType: IPv4\nports: [{name: http, port: 8080, protocol: TCP}]\nendpoints:\n";
    int last_byte = 1;
    for (const std::string& host : hosts) {
        text += "- {addresses: [10.20.2." + std::to_string(last_byte++) + "], nodeName: " + host +
                ", conditions: {ready: true}}\n";
    }
    return text;
}

ip::Address service_address(std::uint32_t number) {
    return ip::Address::from_ipv4(0x0a400000 + number);
}

std::string service_name(std::uint32_t number) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "service-%05u", number);
    return text.data();
}

std::vector<ip::Address> write_services(const Lab& lab,
                                        std::uint32_t count,
                                        const std::vector<std::string>& hosts,
                                        Pinned pinned) {
    std::vector<ip::Address> addresses;
    for (std::uint32_t number = 0; number < count; ++number) {
        addresses.push_back(service_address(number));
        lab.write(service_name(number) + ".yaml",
                  service_manifest(service_name(number),
                                   hosts,
                                   pinned == Pinned::yes ? addresses.back().to_string() : ""));
    }
    return addresses;
}

std::uint64_t resident_kib(pid_t pid, const std::string& key) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(key + ":")) {
            return std::stoull(line.substr(key.size() + 1));
        }
    }
    return 0;
}

double cpu_seconds(pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(in, text);
    // The fields behind the command's closing parenthesis: state is the 3rd, utime and stime the
    // 14th and 15th (proc(5)).
    const auto end_of_name = text.rfind(')');
    if (end_of_name == std::string::npos) {
        return 0;
    }
    std::istringstream fields(text.substr(end_of_name + 1));
    std::string skipped;
    for (int field = 3; field < 14; ++field) {
        fields >> skipped;
    }
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace ferro::test
