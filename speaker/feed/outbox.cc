#include "speaker/feed/outbox.h"

#include "proto/feed.pb.h"

#include <algorithm>
#include <utility>

namespace ferro::feed {
namespace {

constexpr std::uint32_t kProtocol = 1;
/// 64 kB of digests, or about 160 kB of announcements, in a message.
constexpr std::size_t kDigestsPerMessage = 4'096;
constexpr std::size_t kAnnouncementsPerMessage = 2'000;
constexpr std::size_t kProblemsMax = 1'000;

void write_problems(const std::vector<Problem>& problems, v1::Report& out) {
    out.set_has_problems(true);
    const std::size_t count = std::min(problems.size(), kProblemsMax);
    for (std::size_t i = 0; i < count; ++i) {
        write_problem(problems[i], out);
    }
}

}  // namespace

void Outbox::open(std::uint64_t epoch, std::uint64_t version) {
    const std::uint64_t full_reports = full_reports_;
    *this = Outbox{};
    full_reports_ = full_reports;
    hello_owed_ = true;
    full_owed_ = true;
    epoch_ = epoch;
    version_ = version;
}

void Outbox::ask_digests(std::vector<model::Digest> digests) {
    digests_ = std::move(digests);
    digests_sent_ = 0;
}

bool Outbox::report(const ReportChanges& changes, std::size_t pending_max) {
    if (changes.problems) {
        problems_ = changes.problems;
    }
    if (full_owed_) {
        return true;  // the full report will say it
    }
    for (const AnnouncementKey& key : changes.withdrawn) {
        pending_[key] = std::nullopt;
    }
    for (const Announcement& announcement : changes.announced) {
        pending_[announcement.key] = announcement;
    }
    if (pending_.size() > pending_max) {
        pending_.clear();
        full_owed_ = true;
        return false;
    }
    return true;
}

bool Outbox::next(const std::string& node,
                  const std::string& version,
                  const std::function<FullReport()>& full_report,
                  v1::SpeakerMessage& message) {
    if (std::exchange(hello_owed_, false)) {
        v1::Hello* hello = message.mutable_hello();
        hello->set_protocol(kProtocol);
        hello->set_node_name(node);
        hello->set_speaker_version(version);
        hello->set_epoch(epoch_);
        hello->set_version(version_);
        return true;
    }
    if (digests_) {
        return next_digests(message);
    }
    if (std::exchange(full_owed_, false) && full_report) {
        begin_full(full_report);
    }
    if (full_) {
        next_full(message);
        return true;
    }
    return next_changes(message);
}

bool Outbox::next_digests(v1::SpeakerMessage& message) {
    v1::Digests* out = message.mutable_digests();
    const std::size_t end = std::min(digests_->size(), digests_sent_ + kDigestsPerMessage);
    for (; digests_sent_ < end; ++digests_sent_) {
        out->add_refs((*digests_)[digests_sent_].ref);
        out->add_contents((*digests_)[digests_sent_].content);
    }
    out->set_last(digests_sent_ == digests_->size());
    if (out->last()) {
        digests_.reset();
    }
    return true;
}

void Outbox::begin_full(const std::function<FullReport()>& full_report) {
    ++full_reports_;
    full_ = full_report();
    full_sent_ = 0;
    pending_.clear();
    problems_.reset();
}

void Outbox::next_full(v1::SpeakerMessage& message) {
    v1::Report* out = message.mutable_report();
    const auto& announced = full_->announced;
    out->set_full(full_sent_ == 0);
    const std::size_t end = std::min(announced.size(), full_sent_ + kAnnouncementsPerMessage);
    for (; full_sent_ < end; ++full_sent_) {
        write_announced(announced[full_sent_], *out);
    }
    out->set_more(full_sent_ != announced.size());
    if (!out->more()) {
        write_problems(full_->problems, *out);
        full_.reset();
    }
}

bool Outbox::next_changes(v1::SpeakerMessage& message) {
    if (applied_ == 0 && pending_.empty() && !problems_) {
        return false;
    }
    v1::Report* out = message.mutable_report();
    out->set_applied_version(std::exchange(applied_, 0));
    for (std::size_t i = 0; i < kAnnouncementsPerMessage && !pending_.empty(); ++i) {
        const auto first = pending_.begin();
        if (first->second) {
            write_announced(*first->second, *out);
        } else {
            write_withdrawn(first->first, *out);
        }
        pending_.erase(first);
    }
    if (problems_) {
        write_problems(*problems_, *out);
        problems_.reset();
    }
    return true;
}

}  // namespace ferro::feed
