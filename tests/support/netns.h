// Network namespaces and links as objects with destructors, on the `ip` command.
//
//     NetNamespace host = NetNamespace::create("host");
//     NetNamespace client = NetNamespace::create("client");
//     auto [a, b] = add_veth(host, "eth0", client, "eth0");
//     a.add_address("10.0.0.1/24"); a.up(); b.up();
//     Process server = exec_in(host, {"nginx", "-g", "daemon off;"});
//     run_in(host, [&] { fd = ::socket(...); });   // the socket stays in `host`
//
// A namespace is bound to /run/netns/NAME, so that `ip netns exec` works on it while a test is
// being debugged. It is removed by its destructor; what a killed test program left behind is
// removed by the next one (the name holds the program's pid). Removing a namespace ends the virtual
// links in it; a Link removes its own earlier when it is destroyed or remove() is called.
//
// Failures throw std::runtime_error (tests/support/process.h says why). Without permission every
// test that comes here fails: it must run as root.
//
// Threads: an object belongs to one thread at a time; different objects may be used at once.
#pragma once

#include "tests/support/process.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ferro::test {

/// Copies share one namespace; it is removed with the last of them (a Link holds one).
class NetNamespace {
  public:
    /// A new, empty namespace with `lo` up. `hint` (letters, digits, '-') goes into its name.
    static NetNamespace create(std::string_view hint);

    /// Name below /run/netns.
    [[nodiscard]] const std::string& name() const;

    /// "/run/netns/NAME"
    [[nodiscard]] std::string path() const;

    /// Open as long as the namespace lives; for setns(2).
    [[nodiscard]] int fd() const;

    /// `ip -n NAME ARGUMENTS..`, words split at blanks. Returns its output.
    std::string ip(const std::string& arguments) const;

    /// One `ip` process for many lines: a thousand addresses in a few milliseconds.
    void ip_batch(const std::vector<std::string>& lines) const;

    /// "net.ipv6.conf.all.disable_ipv6", "1"
    void sysctl(const std::string& key, const std::string& value) const;

  private:
    struct State;

    explicit NetNamespace(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;
};

/// Runs `work` inside the namespace on a thread made for it, waits, and rethrows what it threw.
/// Sockets it opens belong to that namespace for ever.
void run_in(const NetNamespace& ns, const std::function<void()>& work);

/// The same with a result.
template <typename Work>
    requires(!std::is_void_v<std::invoke_result_t<Work>>)
std::invoke_result_t<Work> call_in(const NetNamespace& ns, Work work) {
    std::optional<std::invoke_result_t<Work>> result;
    run_in(ns, [&] { result.emplace(work()); });
    return std::move(*result);
}

/// Starts a process inside.
Process exec_in(const NetNamespace& ns,
                const std::vector<std::string>& argv,
                ProcessOptions options = {});

/// One interface. Removed when the object goes (unless it is gone already, or leave() was called).
class Link {
  public:
    /// An interface that exists already; from now on it is this object's.
    static Link adopt(const NetNamespace& ns, const std::string& name) { return Link{ns, name}; }

    ~Link();
    Link(Link&& other) noexcept;
    Link& operator=(Link&& other) noexcept;

    [[nodiscard]] const std::string& name() const { return name_; }

    [[nodiscard]] int index() const;

    /// "02:00:00:00:00:01"
    [[nodiscard]] std::string mac() const;

    void up() const;
    void down() const;
    void rename(const std::string& name);
    void set_mac(const std::string& mac) const;

    /// "10.0.0.1/24", "fd00::1/64" (without duplicate address detection, so it is usable at once).
    void add_address(const std::string& prefix) const;
    void remove_address(const std::string& prefix) const;

    /// Makes this a member of a bridge, bond or VRF in the same namespace.
    void set_master(const Link& master) const;
    void clear_master() const;

    /// Moves the interface; it loses its addresses and goes down, as the kernel does it.
    void move_to(const NetNamespace& ns);

    /// Removes the interface now (with a veth pair, both ends).
    void remove();

    /// Leaves the interface to its namespace: the destructor does nothing.
    void leave() { owned_ = false; }

  private:
    Link(NetNamespace ns, std::string name) : ns_(std::move(ns)), name_(std::move(name)) {}

    [[nodiscard]] std::string sysfs_of(const std::string& file) const;

    NetNamespace ns_;
    std::string name_;
    bool owned_ = true;
};

/// `ip link add NAME type TYPE..`. Not every kernel has every type: bridge, veth, macvlan, vxlan
/// and ifb (an interface without ARP) are what the tests rely on; dummy, bond, vlan and vrf may be
/// absent.
Link add_link(const NetNamespace& ns, const std::string& name, const std::string& type);

/// Both ends are down at first. Removing one removes the other.
std::pair<Link, Link> add_veth(const NetNamespace& ns_a,
                               const std::string& name_a,
                               const NetNamespace& ns_b,
                               const std::string& name_b);

/// A bridge without spanning tree: a port forwards at once.
Link add_bridge(const NetNamespace& ns, const std::string& name);

Link add_macvlan(const NetNamespace& ns, const std::string& name, const Link& lower);

}  // namespace ferro::test
