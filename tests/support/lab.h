// A LAN of real daemons: hosts, a client and a controller's host, each a network namespace on one
// bridge; a manifest folder; certificates; and the three programs from the folder that FERRO_BIN
// names (or, without it, ../bin beside the running program).
//
//     Lab lab({.hosts = 2});
//     lab.write("nodes.yaml", nodes_manifest({{"host-1"}, {"host-2", Eligible::no}}));
//     lab.start_controller();
//     Process speaker = lab.start_speaker(1);
//     ArpClient client = lab.client();
//
// The feed is mutual TLS over the LAN, as on real hosts. Failures of the setting throw
// (tests/support/process.h says why).
//
// Threads: each object by one thread at a time.
#pragma once

#include "core/ip/address.h"
#include "tests/support/arp_client.h"
#include "tests/support/certificates.h"
#include "tests/support/netns.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferro::test {

enum class Eligible : std::uint8_t { yes, no };

/// A Node object; `no` carries the label that excludes it from load balancers.
struct LabNode {
    std::string name;
    Eligible eligible = Eligible::yes;
};

struct LabOptions {
    /// Named "host-1" .. "host-N", with eth0 on the LAN.
    int hosts = 1;
};

struct SpeakerOptions {
    /// Put before the speaker's own words, as in {"setpriv", "--reuid=65534", ..}.
    std::vector<std::string> wrapper;
    std::vector<std::string> extra;
    /// Others than the host's own.
    std::optional<CertificateFiles> certificates;
    std::string log_level = "info";
};

class Lab {
  public:
    explicit Lab(const LabOptions& options = {});

    [[nodiscard]] const NetNamespace& host(int number) const { return hosts_.at(index(number)); }

    [[nodiscard]] const NetNamespace& client_host() const { return client_host_; }

    [[nodiscard]] const NetNamespace& controller_host() const { return controller_host_; }

    /// The switch all hang on, for further cables.
    [[nodiscard]] const NetNamespace& lan() const { return lan_; }

    [[nodiscard]] const Link& bridge() const { return *bridge_; }

    /// Of eth0 of "host-NUMBER".
    [[nodiscard]] layer2::MacAddress mac_of(int number) const { return macs_.at(index(number)); }

    /// A new socket on the client's eth0.
    [[nodiscard]] std::unique_ptr<ArpClient> client() const;

    /// Puts a manifest into the folder: written aside and renamed, as an atomic writer does.
    void write(const std::string& name, const std::string& text) const;
    void remove(const std::string& name) const;

    /// `extra` goes behind the usual arguments; a flag given twice is the daemon's business.
    void start_controller(const std::vector<std::string>& extra = {});

    [[nodiscard]] Process& controller() { return *controller_; }

    void kill_controller();

    [[nodiscard]] std::vector<std::string> controller_command(
        const std::vector<std::string>& extra = {}) const;

    [[nodiscard]] Process start_speaker(int number, const SpeakerOptions& options = {}) const;

    /// Those of "host-NUMBER".
    [[nodiscard]] const CertificateFiles& certificates_of(int number) const {
        return host_certificates_.at(index(number));
    }

    /// Runs ferroctl with these words.
    [[nodiscard]] CommandResult ferroctl(const std::vector<std::string>& words) const;

    [[nodiscard]] std::filesystem::path folder() const { return directory_ / "manifests"; }

    [[nodiscard]] std::filesystem::path state_directory() const { return directory_ / "state"; }

    [[nodiscard]] std::filesystem::path path(const std::string& name) const {
        return directory_ / name;
    }

    /// "ADDRESS:PORT" of the controller's feed.
    [[nodiscard]] static std::string feed_endpoint();

  private:
    static std::size_t index(int number) { return static_cast<std::size_t>(number - 1); }

    void plug(const NetNamespace& host, const std::string& port, const std::string& address);

    tests::TemporaryDirectory directory_{"lab"};
    CertificateAuthority authority_;
    CertificateFiles controller_certificate_;
    std::vector<CertificateFiles> host_certificates_;
    NetNamespace lan_;
    NetNamespace client_host_;
    NetNamespace controller_host_;
    std::vector<NetNamespace> hosts_;
    std::vector<layer2::MacAddress> macs_;
    std::optional<Link> bridge_;
    std::optional<Process> controller_;
};

/// --- manifests ---

/// Node objects, and the Namespace `default`.
std::string nodes_manifest(const std::vector<LabNode>& nodes);

/// IPAddressPool `pool` with these ranges, and an L2Advertisement for it.
std::string pool_manifest(const std::string& range);

/// A LoadBalancer Service default/NAME and its EndpointSlice with one ready endpoint on each of
/// `hosts` ("host-1" ..). `address`, when not empty, is asked for by annotation.
std::string service_manifest(const std::string& name,
                             const std::vector<std::string>& hosts,
                             const std::string& address = "");

/// 10.64.0.0 + `number`: out of the way of the LAN's own addresses (10.20.0.0/16).
ip::Address service_address(std::uint32_t number);

/// "10.64.0.0/14": what service_address() counts through.
inline constexpr const char* kServiceRange = "10.64.0.0/14";

/// `count` services "service-00000" .., each asking for its service_address() if `pinned`, one file
/// each. Returns the addresses.
enum class Pinned : std::uint8_t { no, yes };
std::vector<ip::Address> write_services(const Lab& lab,
                                        std::uint32_t count,
                                        const std::vector<std::string>& hosts,
                                        Pinned pinned = Pinned::no);

std::string service_name(std::uint32_t number);

/// --- what a process costs ---

/// VmRSS in KiB; 0 when the process is gone. `key` names another of proc(5)'s figures: "RssAnon",
/// "VmHWM" ..
std::uint64_t resident_kib(pid_t pid, const std::string& key = "VmRSS");

/// User and system time so far.
double cpu_seconds(pid_t pid);

}  // namespace ferro::test
