// Interface: what the layer 2 engine needs to know of a network interface, and which ones answer.
#pragma once

#include "core/base/ids.h"
#include "speaker/layer2/wire/mac.h"

namespace ferro::layer2 {

struct Interface {
    InterfaceIndex index;
    InterfaceName name;
    MacAddress mac;
    bool up = false;         ///< IFF_UP
    bool broadcast = false;  ///< IFF_BROADCAST
    bool noarp = false;      ///< IFF_NOARP
    bool enslaved = false;   ///< has a master: bridge port, bond member, VRF member

    friend bool operator==(const Interface&, const Interface&) = default;
};

/// Whether ARP is answered here (spec 3.8): up, broadcast-capable, ARP on, no port of something
/// larger. Exclusion by name is done before interfaces come to the engine.
constexpr bool answers_arp(const Interface& interface) {
    return interface.up && interface.broadcast && !interface.noarp && !interface.enslaved;
}

}  // namespace ferro::layer2
