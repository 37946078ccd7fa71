// What a speaker says of itself to the controller, as plain values, and its way to the wire
// (proto/feed.proto, message Report).
//
// Threads: any; no state.
#pragma once

#include "core/base/instant.h"
#include "core/base/result.h"
#include "core/ip/address.h"
#include "core/model/object_ref.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ferro::feed {

namespace v1 {
class Ref;
class Report;
}  // namespace v1

enum class AnnouncementProtocol : std::uint8_t { layer2, bgp };

/// "layer2" or "bgp": MetalLB's words.
const char* to_string(AnnouncementProtocol protocol);

struct AnnouncementKey {
    model::ServiceKey service;
    ip::Address address;
    AnnouncementProtocol protocol = AnnouncementProtocol::layer2;
    friend auto operator<=>(const AnnouncementKey&, const AnnouncementKey&) = default;
};

/// The speaker answers for this address.
struct Announcement {
    AnnouncementKey key;
    std::vector<std::string> interfaces;  ///< sorted; empty for BGP
    WallTime since;
    friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// The speaker should announce this address and cannot.
struct Problem {
    model::ServiceKey service;
    ip::Address address;
    std::string reason;  ///< the word, e.g. "announceFailed"
    std::string message;
    friend bool operator==(const Problem&, const Problem&) = default;
};

/// What changed since the last report. `problems`, when there, replaces the earlier list.
struct ReportChanges {
    std::vector<Announcement> announced;
    std::vector<AnnouncementKey> withdrawn;
    std::optional<std::vector<Problem>> problems;
    friend bool operator==(const ReportChanges&, const ReportChanges&) = default;
};

/// Everything a speaker announces now.
struct FullReport {
    std::vector<Announcement> announced;
    std::vector<Problem> problems;
};

/// Adds to `out`.
void write_announced(const Announcement& announcement, v1::Report& out);
void write_withdrawn(const AnnouncementKey& key, v1::Report& out);
void write_problem(const Problem& problem, v1::Report& out);

/// The lists of one message. *Errors*: invalid_input for an address that is neither 4 nor 16 bytes,
/// or an unknown protocol.
Result<ReportChanges> read_report(const v1::Report& in);

void write_ref(const model::ObjectRef& ref, v1::Ref& out);

/// *Errors*: not_found for a kind that this release does not know.
Result<model::ObjectRef> read_ref(const v1::Ref& in);

}  // namespace ferro::feed
