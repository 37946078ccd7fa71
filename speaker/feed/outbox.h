// Outbox: what a speaker still has to tell the controller, in the order in which it must be told:
// Hello, then digests when they are asked for, then reports. It holds at most one pending state per
// announcement, so a slow connection costs no more memory than the announcements themselves.
//
// Threads: none of its own; the owner's.
#pragma once

#include "core/model/digest.h"
#include "proto/feed_report.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ferro::feed {

namespace v1 {
class SpeakerMessage;
}  // namespace v1

class Outbox {
  public:
    /// A new connection: forgets all, and has Hello and a full report to send.
    void open(std::uint64_t epoch, std::uint64_t version);

    void ask_digests(std::vector<model::Digest> digests);

    void applied(std::uint64_t version) { applied_ = version; }

    /// False when more than `pending_max` changes wait: they are dropped for a full report.
    bool report(const ReportChanges& changes, std::size_t pending_max);

    /// Fills in the next message, or says that there is none. `full_report` is asked when its turn
    /// has come.
    bool next(const std::string& node,
              const std::string& version,
              const std::function<FullReport()>& full_report,
              v1::SpeakerMessage& message);

    [[nodiscard]] std::uint64_t full_reports() const { return full_reports_; }

  private:
    bool next_digests(v1::SpeakerMessage& message);
    void begin_full(const std::function<FullReport()>& full_report);
    void next_full(v1::SpeakerMessage& message);
    bool next_changes(v1::SpeakerMessage& message);

    bool hello_owed_ = false;
    std::uint64_t epoch_ = 0;
    std::uint64_t version_ = 0;
    std::optional<std::vector<model::Digest>> digests_;
    std::size_t digests_sent_ = 0;
    std::uint64_t applied_ = 0;
    bool full_owed_ = false;
    std::optional<FullReport> full_;
    std::size_t full_sent_ = 0;
    std::map<AnnouncementKey, std::optional<Announcement>> pending_;  // nothing = withdrawn
    std::optional<std::vector<Problem>> problems_;
    std::uint64_t full_reports_ = 0;
};

}  // namespace ferro::feed
