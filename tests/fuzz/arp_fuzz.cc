// Any bytes as a frame: the codec reads nothing out of bounds, what it accepts it builds again with
// the same meaning, and the decision answers only requests for what the table holds, with a frame
// that is itself well formed. The first byte picks the interface.
#include "core/base/check.h"
#include "speaker/layer2/engine/decision.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace {

using namespace ferro;
using namespace ferro::layer2;

const AnswerTable& table() {
    static const auto made = [] {
        auto counters = std::make_shared<AddressCounters>();
        const Interface eth0{.index = InterfaceIndex{2},
                             .name = InterfaceName("eth0"),
                             .mac = MacAddress{{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}},
                             .up = true,
                             .broadcast = true};
        auto answers =
            std::make_unique<AnswerTable>(counters, std::vector<Interface>{eth0}, std::size_t{2});
        const auto vip = ip::Address::from_ipv4(0xc0a801f0);
        answers->add(vip, counters->slot_for(vip), InterfaceSet{});
        return answers;
    }();
    return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const InterfaceIndex interface{data[0] % 4};
    const std::span<const std::uint8_t> frame(data + 1, size - 1);
    const auto parsed = parse_arp(frame);
    const Decision decision = decide(table(), interface, frame);
    if (!parsed) {
        CHECK(decision.drop == DropReason::malformed, "what does not parse is not answered");
        return 0;
    }
    CHECK(parse_arp(build_arp(*parsed)) == parsed, "building loses nothing");
    if (decision.drop == DropReason::none) {
        CHECK(interface.value == 2 && parsed->target_ip.to_string() == "192.168.1.240" &&
                  parsed->operation == kArpRequest,
              "only what we have is answered");
        const auto reply = parse_arp(build_arp(decision.reply));
        CHECK(reply && *reply == decision.reply, "replies are well formed");
    }
    return 0;
}
