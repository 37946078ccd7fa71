// From libnl's message to the table's: the only place that knows rtnetlink's attributes.
//
// Threads: any.
#pragma once

#include "netlink/link_table.h"

#include <optional>

struct nl_msg;

namespace ferro::netlink {

/// Nothing for what the table does not keep: other message types, and the bridge's own notes about
/// its ports. (These are RTM_NEWLINK and RTM_DELLINK too, of family AF_BRIDGE: a port that leaves
/// its bridge is "deleted" as a port and lives on as a link.) Also nothing for a message that libnl
/// cannot read.
std::optional<KernelMessage> read_message(nl_msg* message);

}  // namespace ferro::netlink
