// LinkTable: turns the kernel's messages about links and addresses into facts worth telling.
//
// The kernel sends one message per detail: a link, and each address on its own, often several that
// say nothing new. The table joins them by interface index and remembers what it has told
// ("published"), so that events are differences: a link that is as it was told makes no event, and
// a thousand addresses in one batch make one.
//
//     messages --apply()--> links, addresses --drain_events()--> LinkChanged, LinkRemoved
//
// Two things are never folded away by batching, because packet sockets notice them: the end of a
// link (a new one may have the same index), and a change of up or running (the network may have
// forgotten us meanwhile).
//
// After a loss of messages (or at the start) the table is rebuilt from a dump: restart(), apply()
// everything dumped, drain_events(): the difference to what was told comes out.
//
// No sockets here; netlink/link_monitor.cc feeds it. Threads: none of its own.
#pragma once

#include "netlink/link.h"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace ferro::netlink {

/// RTM_NEWLINK. `link.addresses` is empty.
struct LinkSeen {
    Link link;
};

/// RTM_DELLINK
struct LinkGone {
    InterfaceIndex index;
};

/// RTM_NEWADDR, RTM_DELADDR. The kernel keeps addresses apart by (local, peer, prefix length).
struct AddressSeen {
    InterfaceIndex index;
    InterfaceAddress address;
    ip::Address peer;  ///< same as `address.address` where there is none
};

struct AddressGone {
    InterfaceIndex index;
    InterfaceAddress address;
    ip::Address peer;
};

using KernelMessage = std::variant<LinkSeen, LinkGone, AddressSeen, AddressGone>;

/// A link is new, or differs from what was told before.
struct LinkChanged {
    Link link;
};

/// It does not exist any more in this namespace.
struct LinkRemoved {
    InterfaceIndex index;
};

using LinkEvent = std::variant<LinkChanged, LinkRemoved>;

class LinkTable {
  public:
    void apply(const KernelMessage& message);

    /// Forgets what the kernel said, not what was published.
    void restart();

    /// What happened since the last call, in order.
    std::vector<LinkEvent> drain_events();

    /// What has been published, by ascending index.
    [[nodiscard]] std::vector<Link> published() const;

  private:
    using AddressKey = std::tuple<ip::Address, std::uint8_t, ip::Address>;

    void apply_link(const Link& link);
    void apply_gone(InterfaceIndex index);
    void settle(InterfaceIndex index);
    [[nodiscard]] Link assembled(const Link& link) const;

    std::map<InterfaceIndex, Link> links_;
    /// Apart from `links_`: in a dump, addresses of a link that is not known yet may come first.
    std::map<InterfaceIndex, std::map<AddressKey, bool>> addresses_;
    std::map<InterfaceIndex, Link> published_;
    std::set<InterfaceIndex> touched_;
    std::vector<LinkEvent> events_;
};

}  // namespace ferro::netlink
