#include "netlink/message.h"

#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/object.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>

#include <linux/if_addr.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace ferro::netlink {
namespace {

// What one parsing yields; filled by libnl's callback.
struct Reading {
    int message_type = 0;
    std::optional<KernelMessage> message;
};

std::optional<ip::Address> address_from(nl_addr* from) {
    if (from == nullptr) {
        return std::nullopt;
    }
    const unsigned length = nl_addr_get_len(from);
    const void* bytes = nl_addr_get_binary_addr(from);
    if (nl_addr_get_family(from) == AF_INET && length == 4) {
        std::array<std::uint8_t, 4> raw{};
        std::memcpy(raw.data(), bytes, raw.size());
        return ip::Address::from_bytes(raw);
    }
    if (nl_addr_get_family(from) == AF_INET6 && length == 16) {
        std::array<std::uint8_t, 16> raw{};
        std::memcpy(raw.data(), bytes, raw.size());
        return ip::Address::from_bytes(raw);
    }
    return std::nullopt;
}

Link link_from(rtnl_link* from) {
    Link link;
    link.index = InterfaceIndex{rtnl_link_get_ifindex(from)};
    if (const char* name = rtnl_link_get_name(from)) {
        link.name = name;
    }
    if (const char* kind = rtnl_link_get_type(from)) {
        link.kind = kind;
    }
    nl_addr* mac = rtnl_link_get_addr(from);
    if (mac != nullptr && nl_addr_get_len(mac) == sizeof(MacAddress)) {
        link.mac.emplace();
        std::memcpy(link.mac->data(), nl_addr_get_binary_addr(mac), sizeof(MacAddress));
    }
    const unsigned flags = rtnl_link_get_flags(from);
    link.up = (flags & IFF_UP) != 0;
    link.running = (flags & IFF_RUNNING) != 0;
    link.no_arp = (flags & IFF_NOARP) != 0;
    link.broadcast = (flags & IFF_BROADCAST) != 0;
    link.loopback = (flags & IFF_LOOPBACK) != 0;
    if (const int master = rtnl_link_get_master(from); master > 0) {
        link.master = InterfaceIndex{master};
    }
    return link;
}

void read_link(rtnl_link* from, Reading& reading) {
    if (rtnl_link_get_family(from) != AF_UNSPEC) {
        return;
    }
    if (reading.message_type == RTM_NEWLINK) {
        reading.message = LinkSeen{link_from(from)};
    } else if (reading.message_type == RTM_DELLINK) {
        reading.message = LinkGone{InterfaceIndex{rtnl_link_get_ifindex(from)}};
    }
}

void read_address(rtnl_addr* from, Reading& reading) {
    const std::optional<ip::Address> local = address_from(rtnl_addr_get_local(from));
    if (!local) {
        return;
    }
    const InterfaceIndex index{rtnl_addr_get_ifindex(from)};
    const InterfaceAddress address{
        *local,
        static_cast<std::uint8_t>(std::clamp(rtnl_addr_get_prefixlen(from), 0, 128)),
        (rtnl_addr_get_flags(from) & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0};
    const ip::Address peer = address_from(rtnl_addr_get_peer(from)).value_or(*local);
    if (reading.message_type == RTM_NEWADDR) {
        reading.message = AddressSeen{index, address, peer};
    } else if (reading.message_type == RTM_DELADDR) {
        reading.message = AddressGone{index, address, peer};
    }
}

// libnl hands over the object it has parsed and keeps ownership.
void on_object(nl_object* object, void* argument) {
    Reading& reading = *static_cast<Reading*>(argument);
    // libnl's way of going from the base to the derived object is a cast of pointers.
    if (std::strcmp(nl_object_get_type(object), "route/link") == 0) {
        read_link(reinterpret_cast<rtnl_link*>(object), reading);
    } else if (std::strcmp(nl_object_get_type(object), "route/addr") == 0) {
        read_address(reinterpret_cast<rtnl_addr*>(object), reading);
    }
}

}  // namespace

std::optional<KernelMessage> read_message(nl_msg* message) {
    Reading reading;
    reading.message_type = nlmsg_hdr(message)->nlmsg_type;
    if (nl_msg_parse(message, &on_object, &reading) < 0) {
        return std::nullopt;
    }
    return std::move(reading.message);
}

}  // namespace ferro::netlink
