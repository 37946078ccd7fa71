#include "netlink/link_monitor.h"

#include "netlink/link_table.h"
#include "netlink/message.h"
#include "runtime/clock.h"
#include "runtime/log.h"

#include <netlink/errno.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace ferro::netlink {
namespace {

struct SocketDeleter {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};

using Socket = std::unique_ptr<nl_sock, SocketDeleter>;

/// Datagrams read in one turn of the loop, so that a storm of changes does not starve its other
/// work. A datagram holds one notification.
constexpr int kReadsPerTurn = 512;

/// Datagrams thrown away at once; far more than any receive buffer holds.
constexpr int kDiscardLimit = 1 << 16;

/// A dump is interrupted when something changes while the kernel walks its tables. After so many
/// tries in a row the last is taken, and another follows after the pause.
constexpr int kDumpTries = 5;
constexpr Duration kRetryPause = std::chrono::milliseconds{50};

/// The kernel answers a dump from memory; no answer within this is a failure.
constexpr timeval kDumpTimeout{5, 0};

Error error_of(int libnl_error, const std::string& intent) {
    ErrorCode code = ErrorCode::unavailable;
    if (libnl_error == -NLE_PERM || libnl_error == -NLE_NOACCESS) {
        code = ErrorCode::permission_denied;
    } else if (libnl_error == -NLE_NOMEM) {
        code = ErrorCode::resource_exhausted;
    }
    return Error{code, intent + ": " + nl_geterror(libnl_error)};
}

Result<Socket> open_socket() {
    Socket socket{nl_socket_alloc()};
    if (!socket) {
        return error_of(-NLE_NOMEM, "making a netlink socket");
    }
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0) {
        return error_of(error, "connecting a netlink socket");
    }
    return socket;
}

Result<Socket> open_notifications(const LinkMonitorOptions& options) {
    TRY(Socket socket, open_socket());
    nl_socket_disable_seq_check(socket.get());
    int error = nl_socket_set_buffer_size(socket.get(), options.receive_buffer_bytes, 0);
    if (error == 0) {
        error = nl_socket_set_nonblocking(socket.get());
    }
    if (error == 0) {
        error = nl_socket_add_memberships(
            socket.get(), RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_NONE);
    }
    if (error < 0) {
        return error_of(error, "subscribing to link changes");
    }
    return socket;
}

Result<Socket> open_requests() {
    TRY(Socket socket, open_socket());
    if (::setsockopt(nl_socket_get_fd(socket.get()),
                     SOL_SOCKET,
                     SO_RCVTIMEO,
                     &kDumpTimeout,
                     sizeof kDumpTimeout) != 0) {
        return Error{ErrorCode::unavailable, "setting the timeout of a netlink socket"};
    }
    return socket;
}

using Dump = std::vector<KernelMessage>;

int on_dumped(nl_msg* message, void* argument) {
    if (std::optional<KernelMessage> read = read_message(message)) {
        static_cast<Dump*>(argument)->push_back(std::move(*read));
    }
    return NL_OK;
}

// 0, or libnl's error; -NLE_DUMP_INTR when the dump is whole but mixes two moments.
int dump_one(nl_sock* socket, int request, void* header, std::size_t size, Dump& into) {
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, &on_dumped, &into);
    const int sent = nl_send_simple(socket, request, NLM_F_DUMP, header, size);
    if (sent < 0) {
        return sent;
    }
    const int error = nl_recvmsgs_default(socket);
    return error < 0 ? error : 0;
}

int dump_all(nl_sock* socket, Dump& into) {
    ifinfomsg links{};
    ifaddrmsg addresses{};  // AF_UNSPEC: both families
    const int link_error = dump_one(socket, RTM_GETLINK, &links, sizeof links, into);
    if (link_error < 0 && link_error != -NLE_DUMP_INTR) {
        return link_error;
    }
    const int address_error = dump_one(socket, RTM_GETADDR, &addresses, sizeof addresses, into);
    return address_error < 0 ? address_error : link_error;
}

}  // namespace

struct LinkMonitor::State {
    State(runtime::Loop& on_loop, LinkListener told, Socket subscribed, Socket asking)
        : loop(on_loop),
          listener(std::move(told)),
          notifications(std::move(subscribed)),
          requests(std::move(asking)),
          retry(loop, [this] { resync(); }) {
        nl_socket_modify_cb(
            notifications.get(), NL_CB_VALID, NL_CB_CUSTOM, &State::on_notification, this);
    }

    static int on_notification(nl_msg* message, void* argument);

    Result<void> load();
    void on_readable();
    void discard_queue();
    void resync_soon();
    void resync();
    void tell();

    runtime::Loop& loop;
    LinkListener listener;
    Socket notifications;
    Socket requests;
    LinkTable table;
    LinkMonitorCounters counters;
    Instant last_resync{};  // the clock starts at boot
    runtime::Timer retry;
    std::optional<runtime::FdWatch> watch;
};

int LinkMonitor::State::on_notification(nl_msg* message, void* argument) {
    State& self = *static_cast<State*>(argument);
    // Another process with CAP_NET_ADMIN could write to our socket; only the kernel has port 0.
    if (nlmsg_get_src(message)->nl_pid != 0) {
        return NL_OK;
    }
    ++self.counters.messages;
    if (const std::optional<KernelMessage> read = read_message(message)) {
        self.table.apply(*read);
    } else {
        ++self.counters.unreadable;
    }
    return NL_OK;
}

/// Replaces the table's view by a fresh dump. On failure the view stays as it is.
Result<void> LinkMonitor::State::load() {
    Dump dump;
    int error = -NLE_DUMP_INTR;
    for (int tries = 0; tries < kDumpTries && error == -NLE_DUMP_INTR; ++tries) {
        dump.clear();
        error = dump_all(requests.get(), dump);
    }
    if (error == -NLE_DUMP_INTR) {
        retry.arm(runtime::monotonic_now() + kRetryPause);
    } else if (error < 0) {
        return error_of(error, "dumping links and addresses");
    }
    table.restart();
    for (const KernelMessage& message : dump) {
        table.apply(message);
    }
    return {};
}

void LinkMonitor::State::on_readable() {
    for (int reads = 0; reads < kReadsPerTurn; ++reads) {
        const int error = nl_recvmsgs_default(notifications.get());
        if (error == -NLE_AGAIN) {
            break;
        }
        if (error < 0) {
            // ENOBUFS comes as NLE_NOMEM. Any other failure leaves us as ignorant of what was lost.
            ++counters.overruns;
            resync_soon();
            break;
        }
    }
    tell();
}

/// Everything queued is older than the dump that follows. A storm that outruns the limit leaves
/// some of it: replayed after the dump, it leads to the same end.
void LinkMonitor::State::discard_queue() {
    const int fd = nl_socket_get_fd(notifications.get());
    char byte = 0;
    for (int reads = 0; reads < kDiscardLimit; ++reads) {
        const ssize_t got = ::recv(fd, &byte, sizeof byte, MSG_DONTWAIT | MSG_TRUNC);
        if (got < 0 && errno != ENOBUFS && errno != EINTR) {
            return;
        }
    }
}

/// At once when the last one is some time ago; a storm of changes costs a dump per pause, no more.
void LinkMonitor::State::resync_soon() {
    const Instant now = runtime::monotonic_now();
    if (now >= last_resync + kRetryPause) {
        resync();
    } else {
        retry.arm(last_resync + kRetryPause);
    }
}

void LinkMonitor::State::resync() {
    last_resync = runtime::monotonic_now();
    ++counters.resyncs;
    runtime::log_warn(
        "reading all links again, as notifications were lost or a dump was interrupted",
        {{"event", "netlinkResync"},
         {"overruns", std::to_string(counters.overruns)},
         {"resyncs", std::to_string(counters.resyncs)}});
    discard_queue();
    if (const Result<void> loaded = load(); !loaded) {
        ++counters.failures;
        runtime::log_error("reading links failed, trying again",
                           {{"event", "netlinkResyncFailed"}, {"error", loaded.error().context}});
        retry.arm(runtime::monotonic_now() + kRetryPause);
    }
    tell();
}

void LinkMonitor::State::tell() {
    for (const LinkEvent& event : table.drain_events()) {
        if (const auto* changed = std::get_if<LinkChanged>(&event)) {
            listener.link_changed(changed->link);
        } else if (const auto* removed = std::get_if<LinkRemoved>(&event)) {
            listener.link_removed(removed->index);
        }
    }
}

LinkMonitor::LinkMonitor(std::unique_ptr<State> state) : state_(std::move(state)) {}

LinkMonitor::~LinkMonitor() = default;

Result<std::unique_ptr<LinkMonitor>> LinkMonitor::start(runtime::Loop& loop,
                                                        LinkListener listener,
                                                        LinkMonitorOptions options) {
    TRY(Socket notifications, open_notifications(options));
    TRY(Socket requests, open_requests());
    auto state = std::make_unique<State>(
        loop, std::move(listener), std::move(notifications), std::move(requests));
    TRY_VOID(state->load());
    state->table.drain_events();  // the caller takes the snapshot instead
    State& monitored = *state;
    monitored.watch.emplace(loop, nl_socket_get_fd(monitored.notifications.get()), [&monitored] {
        monitored.on_readable();
    });
    return std::unique_ptr<LinkMonitor>(new LinkMonitor(std::move(state)));
}

std::vector<Link> LinkMonitor::snapshot() const {
    return state_->table.published();
}

const LinkMonitorCounters& LinkMonitor::counters() const {
    return state_->counters;
}

}  // namespace ferro::netlink
