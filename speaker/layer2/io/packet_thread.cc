#include "speaker/layer2/io/packet_thread.h"

#include "core/base/check.h"
#include "runtime/clock.h"
#include "speaker/layer2/io/cpu_follower.h"
#include "speaker/layer2/io/kernel_filter.h"

#include <pthread.h>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ferro::layer2 {

namespace {

/// Frames per wake-up: enough that a flood is read with few system calls.
constexpr std::size_t kBatch = 64;
/// Longer than any ARP frame that means something; the rest of a longer one is cut off.
constexpr std::size_t kFrameBuffer = 128;
constexpr std::size_t kStackBytes = 256UL * 1024;
/// As much as the system allows (rmem_max, 208 KiB by default: some 270 frames).
constexpr int kReceiveBuffer = 1 << 20;
/// At most so many frames with one table: a flood must not keep an old one in force.
constexpr std::size_t kDrainMax = 4096;
/// Looks at an empty socket before sleeping, when it was not empty before.
constexpr unsigned kPatience = 2;
/// Each so many frames: is there a flood, does the thread run on the right CPU? Rarely enough that
/// the two system calls do not count, often enough that a flood is met with batches at once.
constexpr unsigned kLookEvery = 8;
/// Without effect by default, so a stray one does no harm.
constexpr int kWakeSignal = SIGURG;
/// TC_PRIO_INTERACTIVE: ahead of bulk traffic in the usual queues; more needs CAP_NET_ADMIN.
constexpr int kPriority = 6;

Error system_error(const std::string& intent) {
    const int number = errno;
    const ErrorCode code =
        number == EPERM || number == EACCES ? ErrorCode::permission_denied : ErrorCode::unavailable;
    return {code, intent + ": " + std::strerror(number)};
}

class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}

    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }

    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }

    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};

bool attach(int fd, const std::vector<FilterInstruction>& program) {
    std::vector<sock_filter> instructions;
    instructions.reserve(program.size());
    for (const FilterInstruction& i : program) {
        instructions.push_back({i.code, i.jump_true, i.jump_false, i.operand});
    }
    const sock_fprog whole{static_cast<unsigned short>(instructions.size()), instructions.data()};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) == 0;
}

/// Opened deaf (protocol 0); the filter is in place before bind() lets the first frame in.
Result<Descriptor> open_socket(std::uint16_t protocol) {
    Descriptor fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    if (fd.get() < 0) {
        return system_error("opening a packet socket (needs CAP_NET_RAW)");
    }
    if (!attach(fd.get(), {{BPF_RET | BPF_K, 0, 0, 0}})) {
        return system_error("attaching a filter to the packet socket");
    }
    // These two only help; the kernel may cap them.
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_PRIORITY, &kPriority, sizeof kPriority);
    if (protocol == 0) {
        return fd;
    }
    sockaddr_ll all{};
    all.sll_family = AF_PACKET;
    all.sll_protocol = htons(protocol);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0) {
        return system_error("binding the packet socket");
    }
    return fd;
}

void ignore_signal(int /*number*/) {}

/// A handler that does nothing, without SA_RESTART: system calls end with EINTR, only in the thread
/// that the signal is sent to. Others that use the signal keep their handler.
void catch_wake_signal() {
    struct sigaction former{};
    ::sigaction(kWakeSignal, nullptr, &former);
    if (former.sa_handler == SIG_DFL || former.sa_handler == SIG_IGN) {
        struct sigaction action{};
        action.sa_handler = ignore_signal;
        ::sigaction(kWakeSignal, &action, nullptr);
    }
}

/// Asks for time slices of 0.1 ms instead of 3 ms: since Linux 6.12 a thread that wakes up with a
/// shorter slice runs before one with a longer, which on a busy machine is worth more than
/// priority. Needs no capability; older kernels ignore it. Measured in bench/speaker/README.md.
void ask_for_short_slices() {
    struct {
        std::uint32_t size;
        std::uint32_t policy;
        std::uint64_t flags;
        std::int32_t nice;
        std::uint32_t priority;
        std::uint64_t runtime;
        std::uint64_t deadline;
        std::uint64_t period;
    } attributes{};

    attributes.size = sizeof attributes;
    if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) == 0 &&
        attributes.policy == 0) {
        attributes.runtime = 100'000;
        ::syscall(SYS_sched_setattr, 0, &attributes, 0);
    }
}

/// Buffers and headers of one batch, set up once.
struct Batch {
    std::array<std::array<std::uint8_t, kFrameBuffer>, kBatch> frames;
    std::array<sockaddr_ll, kBatch> from;
    std::array<iovec, kBatch> received_parts;
    std::array<mmsghdr, kBatch> received;

    std::array<ArpFrameBytes, kBatch> replies;
    std::array<sockaddr_ll, kBatch> to;
    std::array<iovec, kBatch> reply_parts;
    std::array<mmsghdr, kBatch> reply;
    std::array<AddressSlot*, kBatch> slots;
    std::size_t reply_count = 0;

    Batch() {
        for (std::size_t i = 0; i < kBatch; ++i) {
            received_parts[i] = {frames[i].data(), frames[i].size()};
            received[i] = {};
            received[i].msg_hdr.msg_name = &from[i];
            received[i].msg_hdr.msg_iov = &received_parts[i];
            received[i].msg_hdr.msg_iovlen = 1;
            reply_parts[i] = {replies[i].data(), replies[i].size()};
            to[i] = {};
            to[i].sll_family = AF_PACKET;
            to[i].sll_protocol = htons(ETH_P_ARP);
            reply[i] = {};
            reply[i].msg_hdr.msg_name = &to[i];
            reply[i].msg_hdr.msg_namelen = sizeof to[i];
            reply[i].msg_hdr.msg_iov = &reply_parts[i];
            reply[i].msg_hdr.msg_iovlen = 1;
        }
    }
};

/// The same for one, without the detour: it is what a waiting client waits for.
int send_one(int fd, const mmsghdr& message) {
    return ::sendmsg(fd, &message.msg_hdr, MSG_DONTWAIT) < 0 ? -1 : 1;
}

/// sendmmsg for all of `messages`, past those that the kernel refuses. Returns false when the send
/// buffer is full, with `done` the number dealt with; `on_sent` is called for each that left.
template <typename OnSent>
bool send_all(int fd,
              std::span<mmsghdr> messages,
              std::size_t& done,
              Counter& errors,
              const OnSent& on_sent) {
    while (done < messages.size()) {
        const auto left = static_cast<unsigned>(messages.size() - done);
        const int sent = left == 1 ? send_one(fd, messages[done])
                                   : ::sendmmsg(fd, messages.data() + done, left, MSG_DONTWAIT);
        if (sent > 0) {
            for (int i = 0; i < sent; ++i) {
                on_sent(done++);
            }
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            return false;
        } else if (errno != EINTR) {
            errors.add();  // ENETDOWN, ENXIO: the interface went away under us
            ++done;
        }
    }
    return true;
}

}  // namespace

struct PacketThread::State {
    Descriptor socket;
    Descriptor announcements;
    std::atomic<bool> stopping = false;
    pthread_t thread{};

    std::mutex mutex;
    std::shared_ptr<const AnswerTable> table;  // under the mutex

    // The loop's own.
    std::shared_ptr<const AnswerTable> replaced;  // freed by the loop, not by the packet thread
    std::vector<FilterInstruction> filter;
    mutable std::uint64_t overruns = 0;  // the kernel resets its count when asked
    Counter announcement_errors;

    // Written by the packet thread.
    std::array<Counter, kDropReasonCount> frames;
    Counter wake_ups;
    Counter reply_errors;
    Batch batch;

    static void* entry(void* self) {
        static_cast<State*>(self)->run();
        return nullptr;
    }

    void run() {
        ask_for_short_slices();
        CpuFollower follower;
        unsigned looks = 0;
        bool flood = false;
        while (!stopping.load(std::memory_order_relaxed)) {
            batch.received[0].msg_hdr.msg_namelen = sizeof(sockaddr_ll);
            const ssize_t size = ::recvmsg(socket.get(), &batch.received[0].msg_hdr, 0);
            if (size < 0) {
                continue;  // EINTR, or an error of the socket, cleared by having been read
            }
            wake_ups.add();
            batch.received[0].msg_len = static_cast<unsigned>(size);
            std::shared_ptr<const AnswerTable> answers;
            {
                const std::lock_guard lock(mutex);
                answers = table;
            }
            batch.reply_count = 0;
            consider(*answers, 0);
            send_replies();
            if (flood || !follower.is_settled() || ++looks % kLookEvery == 0) {
                const std::size_t backlog = drain(*answers);
                flood = backlog >= FollowPolicy::kFlood;
                follower.look(backlog);
            }
        }
    }

    /// Answers what waits behind the first frame, in batches. Returns how many there were. Once
    /// there were some, it looks kPatience times more before the thread goes to sleep: in a flood
    /// the next ones are on their way, and being woken for each costs both sides
    /// (bench/speaker/README.md). Whoever else is runnable goes first.
    std::size_t drain(const AnswerTable& answers) {
        std::size_t total = 0;
        for (unsigned empty = 0; total < kDrainMax;) {
            const std::size_t count = answer_batch(answers);
            total += count;
            empty = count == 0 ? empty + 1 : 0;
            if (total == 0 || empty > kPatience) {
                break;
            }
            if (count == 0) {
                ::sched_yield();
            }
        }
        return total;
    }

    std::size_t answer_batch(const AnswerTable& answers) {
        for (mmsghdr& message : batch.received) {
            message.msg_hdr.msg_namelen = sizeof(sockaddr_ll);
        }
        const int count =
            ::recvmmsg(socket.get(), batch.received.data(), kBatch, MSG_DONTWAIT, nullptr);
        if (count <= 0) {
            return 0;
        }
        batch.reply_count = 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            consider(answers, i);
        }
        send_replies();
        return static_cast<std::size_t>(count);
    }

    void consider(const AnswerTable& answers, std::size_t i) {
        const InterfaceIndex interface{batch.from[i].sll_ifindex};
        const std::span frame(batch.frames[i].data(), batch.received[i].msg_len);
        const Decision decision = decide(answers, interface, frame);
        frames[static_cast<std::size_t>(decision.drop)].add();
        if (decision.drop != DropReason::none) {
            return;
        }
        const std::size_t at = batch.reply_count++;
        batch.slots[at] = &answers.counters(*decision.entry);
        batch.slots[at]->requests_received.add();
        batch.replies[at] = build_arp(decision.reply);
        batch.to[at].sll_ifindex = interface.value;
    }

    void send_replies() {
        std::size_t done = 0;
        const std::span messages(batch.reply.data(), batch.reply_count);
        while (!send_all(socket.get(), messages, done, reply_errors, [&](std::size_t i) {
            batch.slots[i]->responses_sent.add();
        })) {
            reply_errors.add();
            ++done;
        }
    }
};

PacketThread::PacketThread(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<PacketThread>> PacketThread::start() {
    auto state = std::make_unique<State>();
    TRY(state->socket, open_socket(ETH_P_ARP));
    TRY(state->announcements, open_socket(0));
    catch_wake_signal();
    const std::vector<Interface> none;
    state->table =
        std::make_shared<AnswerTable>(std::make_shared<AddressCounters>(), none, std::size_t{0});
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStackBytes);
    const int failed = pthread_create(&state->thread, &attributes, &State::entry, state.get());
    pthread_attr_destroy(&attributes);
    if (failed != 0) {
        return Error{ErrorCode::unavailable,
                     std::string("starting the packet thread: ") + std::strerror(failed)};
    }
    pthread_setname_np(state->thread, "packets");
    return std::unique_ptr<PacketThread>(new PacketThread(std::move(state)));
}

// The signal interrupts a recvmsg() that waits. It may come just before the call, so it is repeated
// until the thread has ended.
PacketThread::~PacketThread() {
    state_->stopping = true;
    timespec patience{};
    do {
        pthread_kill(state_->thread, kWakeSignal);
        const std::int64_t until_ms = runtime::wall_now().unix_ms + 2;
        patience = {until_ms / 1000, until_ms % 1000 * 1'000'000};
    } while (pthread_timedjoin_np(state_->thread, nullptr, &patience) == ETIMEDOUT);
}

void PacketThread::publish(std::shared_ptr<const AnswerTable> table) {
    CHECK(table != nullptr, "no table is an empty table");
    std::vector<FilterInstruction> filter = build_filter(*table);
    {
        const std::lock_guard lock(state_->mutex);
        state_->replaced = std::exchange(state_->table, std::move(table));
    }
    if (filter != state_->filter) {
        // Should the kernel refuse it (memory), the former one stays and the next table tries
        // again.
        if (attach(state_->socket.get(), filter)) {
            state_->filter = std::move(filter);
        }
    }
}

std::size_t PacketThread::send(std::span<const GratuitousOrder> orders, AddressCounters& counters) {
    constexpr std::size_t kOrders = kBatch / 2;
    std::array<ArpFrameBytes, kBatch> frames;
    std::array<sockaddr_ll, kBatch> to{};
    std::array<iovec, kBatch> parts;
    std::array<mmsghdr, kBatch> messages{};
    std::size_t taken = 0;
    while (taken < orders.size()) {
        const auto piece = orders.subspan(taken, std::min(kOrders, orders.size() - taken));
        for (std::size_t i = 0; i < 2 * piece.size(); ++i) {
            const GratuitousOrder& order = piece[i / 2];
            frames[i] = build_arp(i % 2 == 0 ? gratuitous_request(order.address, order.mac)
                                             : gratuitous_reply(order.address, order.mac));
            to[i].sll_family = AF_PACKET;
            to[i].sll_protocol = htons(ETH_P_ARP);
            to[i].sll_ifindex = order.interface.value;
            parts[i] = {frames[i].data(), frames[i].size()};
            messages[i].msg_hdr.msg_name = &to[i];
            messages[i].msg_hdr.msg_namelen = sizeof to[i];
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        std::size_t done = 0;
        const bool all =
            send_all(state_->announcements.get(),
                     std::span(messages.data(), 2 * piece.size()),
                     done,
                     state_->announcement_errors,
                     [&](std::size_t i) { counters.at(piece[i / 2].slot).gratuitous_sent.add(); });
        taken += done / 2;
        if (!all) {
            break;
        }
    }
    return taken;
}

FrameCounts PacketThread::counts() const {
    FrameCounts counts;
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
        counts.frames[i] = state_->frames[i].value();
    }
    counts.wake_ups = state_->wake_ups.value();
    counts.send_errors = state_->reply_errors.value() + state_->announcement_errors.value();
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    if (::getsockopt(state_->socket.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) ==
        0) {
        state_->overruns += statistics.tp_drops;
    }
    counts.overruns = state_->overruns;
    return counts;
}

}  // namespace ferro::layer2
