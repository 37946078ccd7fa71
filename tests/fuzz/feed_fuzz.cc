// Bytes from a peer of the feed, read as each of its messages: whatever they are, an error or a
// value comes out, and a value that was read comes back equal when it is written and read again.
#include "core/base/check.h"
#include "proto/feed.pb.h"
#include "proto/feed_objects.h"
#include "proto/feed_report.h"
#include "speaker/feed/receiver.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace ferro;

void read_object(std::string_view bytes) {
    const auto object = feed::decode_object(bytes);
    if (object) {
        const auto again = feed::decode_object(feed::encode_object(*object));
        CHECK(again && *again == *object, "what was read can be written");
    }
}

void read_speaker_message(const std::string& bytes) {
    feed::v1::SpeakerMessage message;
    if (message.ParseFromString(bytes)) {
        static_cast<void>(feed::read_report(message.report()));
    }
}

/// Two parts after each other, as a controller might send them.
void read_parts(const std::string& bytes) {
    feed::v1::ControllerMessage message;
    if (!message.ParseFromString(bytes)) {
        return;
    }
    std::vector<model::ObjectRef> held;
    feed::FeedReceiver receiver({.staged_bytes = 1 << 20}, [&held](const auto& visit) {
        for (const auto& ref : held) {
            visit(ref);
        }
    });
    receiver.begin(message.start().epoch());
    for (int i = 0; i < 2; ++i) {
        const auto whole = receiver.add(message.part());
        if (whole && *whole) {
            for (const auto& change : receiver.take_batch()) {
                held.push_back(change.ref);
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes are bytes.
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    read_object(bytes);
    read_speaker_message(bytes);
    read_parts(bytes);
    return 0;
}
