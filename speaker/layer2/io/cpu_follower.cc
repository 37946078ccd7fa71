#include "speaker/layer2/io/cpu_follower.h"

#include <sys/socket.h>

namespace ferro::layer2 {

FollowPolicy::Move FollowPolicy::observe(int cpu, std::size_t backlog) {
    if (backlog >= kFlood) {
        calm_needed_ = kCalm;
        agreed_ = 0;
        if (pinned_ < 0) {
            return Move::stay;
        }
        pinned_ = -1;
        return Move::release;
    }
    if (calm_needed_ > 0) {
        --calm_needed_;
        return Move::stay;
    }
    if (cpu == pinned_) {
        agreed_ = 0;
        return Move::stay;
    }
    agreed_ = cpu == candidate_ ? agreed_ + 1 : 1;
    candidate_ = cpu;
    if (agreed_ < kAgree) {
        return Move::stay;
    }
    agreed_ = 0;
    pinned_ = cpu;
    return Move::pin;
}

CpuFollower::CpuFollower() {
    // Machines with more CPUs than a cpu_set_t has bits answer EINVAL: no following there.
    off_ = ::sched_getaffinity(0, sizeof allowed_, &allowed_) != 0;
}

void CpuFollower::observe(int socket, std::size_t backlog) {
    if (off_) {
        return;
    }
    int cpu = -1;
    socklen_t size = sizeof cpu;
    if (::getsockopt(socket, SOL_SOCKET, SO_INCOMING_CPU, &cpu, &size) != 0 || cpu < 0 ||
        cpu >= CPU_SETSIZE || !CPU_ISSET(static_cast<std::size_t>(cpu), &allowed_)) {
        return;
    }
    switch (policy_.observe(cpu, backlog)) {
        case FollowPolicy::Move::stay:
            break;
        case FollowPolicy::Move::pin: {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(static_cast<std::size_t>(policy_.cpu()), &one);
            off_ = ::sched_setaffinity(0, sizeof one, &one) != 0;
            break;
        }
        case FollowPolicy::Move::release:
            off_ = ::sched_setaffinity(0, sizeof allowed_, &allowed_) != 0;
            break;
    }
}

}  // namespace ferro::layer2
