#include "kube/io/manifest_folder.h"

#include "kube/io/manifest_files.h"
#include "kube/wire/manifest.h"
#include "runtime/clock.h"
#include "runtime/log.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

namespace ferro::kube {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kFolderMask = IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE |
                                      IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF |
                                      IN_MOVE_SELF;
constexpr std::uint32_t kParentMask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;

/// How long a writer that does not close is waited for before the file is read regardless.
constexpr Duration kWriterQuiet = std::chrono::milliseconds(250);
/// A file that nobody wrote to for so long is taken for whole, if no event told of a writer.
constexpr Duration kRest = std::chrono::seconds(1);
/// How often a folder that is gone is looked for, beside what its parent's watch tells: the parent
/// may be gone as well.
constexpr Duration kRetry = std::chrono::seconds(1);

/// A new name that will see no closing of a writer: a link, or another name of an old file.
bool is_complete_at_creation(const std::string& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 &&
           (S_ISLNK(status.st_mode) || (S_ISREG(status.st_mode) && status.st_nlink > 1));
}

bool exists(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0;
}

/// Nobody wrote to it for kRest, or it is gone.
bool is_at_rest(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        return true;
    }
    const std::int64_t modified_ms =
        status.st_mtim.tv_sec * std::int64_t{1'000} + status.st_mtim.tv_nsec / 1'000'000;
    return runtime::wall_now().unix_ms - modified_ms >=
           std::chrono::duration_cast<std::chrono::milliseconds>(kRest).count();
}

}  // namespace

ManifestFolder::ManifestFolder(runtime::Loop& loop,
                               std::string folder,
                               FolderOptions options,
                               std::function<void()> on_turn)
    : loop_(loop), on_turn_(std::move(on_turn)), engine_(options) {
    // Absolute, but with its links kept: which folder a link names may change.
    std::error_code error;
    fs::path path = fs::absolute(folder, error).lexically_normal();
    if (!path.has_filename()) {
        path = path.parent_path();
    }
    folder_ = error ? folder : path.string();
    parent_ = path.parent_path().string();
    base_name_ = path.filename().string();
}

std::string ManifestFolder::path_of(const std::string& name) const {
    return folder_ + "/" + name;
}

Result<void> ManifestFolder::start() {
    TRY_VOID(inotify_.open());
    TRY_VOID(watch_folder());
    watch_parent();
    timer_ = std::make_unique<runtime::Timer>(loop_, [this] { on_timer(); });
    fd_watch_ = std::make_unique<runtime::FdWatch>(loop_, inotify_.fd(), [this] { on_events(); });
    // What happens from now on makes events; so nothing is missed between listing and watching.
    TRY(const FolderListing listing, list_folder(folder_));
    engine_.subfolders_listed(listing.subfolders);
    for (const std::string& name : listing.files) {
        read_file(name, Completeness::whole);
    }
    rearm();
    return {};
}

Result<void> ManifestFolder::watch_folder() {
    TRY(const int watch, inotify_.add(folder_, kFolderMask));
    if (folder_watch_ >= 0 && folder_watch_ != watch) {
        inotify_.remove(folder_watch_);
    }
    folder_watch_ = watch;
    return {};
}

void ManifestFolder::watch_parent() {
    const auto watch = inotify_.add(parent_, kParentMask);
    parent_watch_ = watch ? *watch : -1;
}

void ManifestFolder::rearm() {
    std::optional<Instant> next = engine_.next_deadline();
    const auto consider = [&](Instant at) { next = next ? std::min(*next, at) : at; };
    for (const auto& [name, look] : looks_) {
        consider(look.at);
    }
    if (retry_at_) {
        consider(*retry_at_);
    }
    if (has_news()) {
        next = runtime::monotonic_now();
    }
    if (next) {
        timer_->arm(*next);
    } else {
        timer_->cancel();
    }
}

void ManifestFolder::on_events() {
    take_events();
    act();
}

void ManifestFolder::on_timer() {
    const Instant now = runtime::monotonic_now();
    if (retry_at_ && *retry_at_ <= now) {
        reopen_ = true;
    }
    const auto is_due = [&](const auto& entry) { return entry.second.at <= now; };
    std::map<std::string, Look> due;
    std::copy_if(looks_.begin(), looks_.end(), std::inserter(due, due.end()), is_due);
    std::erase_if(looks_, is_due);
    for (const auto& [name, look] : due) {
        look_at(name, look);
    }
    engine_.tick(now);
    act();
}

void ManifestFolder::look_at(const std::string& name, const Look& look) {
    if (!look.found) {
        read_file(name, Completeness::maybe_partial);
    } else if (is_at_rest(path_of(name))) {
        read_file(name, Completeness::whole);
    } else {
        looks_[name] = {runtime::monotonic_now() + kRest, true};
    }
}

void ManifestFolder::take_events() {
    for (const Inotify::Event& event : inotify_.drain()) {
        if ((event.mask & IN_Q_OVERFLOW) != 0) {
            rescan_ = true;
            rescan_partial_ = true;
            reopen_ = true;
        } else if (event.watch == folder_watch_) {
            take_folder_event(event);
        } else if (event.watch == parent_watch_) {
            if ((event.mask & IN_IGNORED) != 0) {
                parent_watch_ = -1;
            }
            reopen_ |= event.name == base_name_;
        }
    }
}

void ManifestFolder::take_folder_event(const Inotify::Event& event) {
    constexpr std::uint32_t kLost = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT;
    if ((event.mask & kLost) != 0) {
        if ((event.mask & IN_IGNORED) == 0) {
            inotify_.remove(folder_watch_);
        }
        folder_watch_ = -1;
        reopen_ = true;
        return;
    }
    if (event.name.starts_with("..") && (event.mask & (IN_MOVED_TO | IN_CREATE)) != 0) {
        rescan_ |= (event.mask & IN_ISDIR) == 0;
        return;
    }
    if ((event.mask & IN_ISDIR) != 0) {
        relist_ = true;
        return;
    }
    if (!is_manifest_name(event.name)) {
        return;
    }
    if ((event.mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) {
        news_[event.name] = News::written;
    } else if ((event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
        news_[event.name] = News::gone;
    } else if ((event.mask & IN_CREATE) != 0) {
        news_[event.name] =
            is_complete_at_creation(path_of(event.name)) ? News::written : News::writing;
    } else if ((event.mask & IN_MODIFY) != 0) {
        news_[event.name] = News::writing;
    } else if ((event.mask & IN_ATTRIB) != 0) {
        // Perhaps it can be read now. Whether somebody writes to it we do not know.
        news_.emplace(event.name, looks_.contains(event.name) ? News::writing : News::written);
    }
}

bool ManifestFolder::has_news() const {
    return reopen_ || rescan_ || relist_ || !news_.empty();
}

void ManifestFolder::act() {
    // Reading a file takes further events; what still comes after some rounds waits for the loop's
    // next turn, so that a writer that never stops does not hold it.
    constexpr int kRoundsMax = 8;
    for (int round = 0; round < kRoundsMax && has_news(); ++round) {
        if (reopen_) {
            reopen();
        }
        if (std::exchange(rescan_, false) && !gone_) {
            rescan(std::exchange(rescan_partial_, false) ? Completeness::maybe_partial
                                                         : Completeness::whole);
        }
        if (std::exchange(relist_, false) && !gone_) {
            if (auto listing = list_folder(folder_)) {
                engine_.subfolders_listed(std::move(listing->subfolders));
            }
        }
        read_news();
    }
    rearm();
    on_turn_();
}

void ManifestFolder::read_news() {
    for (const auto& [name, news] : std::exchange(news_, {})) {
        if (news == News::writing) {
            looks_[name] = {runtime::monotonic_now() + kWriterQuiet, false};
            continue;
        }
        looks_.erase(name);
        // Of a file said to be gone, too: a new one may have come.
        read_file(name, Completeness::whole);
    }
}

void ManifestFolder::read_file(const std::string& name, Completeness completeness) {
    auto text = read_text(path_of(name));
    if (completeness == Completeness::whole && inotify_.fd() >= 0) {
        take_events();
        if (news_.contains(name)) {
            return;  // it changed while we read: what the events say comes next
        }
    }
    const Instant now = runtime::monotonic_now();
    if (text) {
        engine_.file_read(name, read_manifest(name, *text), completeness, now);
    } else if (text.error().code == ErrorCode::not_found) {
        if (exists(folder_)) {
            engine_.file_gone(name, now);
        } else {
            reopen_ = true;  // the path to the folder broke: that says nothing about the file
        }
    } else {
        engine_.file_unreadable(name, text.error().context);
    }
}

void ManifestFolder::rescan(Completeness completeness) {
    auto listing = list_folder(folder_);
    if (!listing) {
        engine_.folder_gone(listing.error().context);
        gone_ = true;
        retry_at_ = runtime::monotonic_now() + kRetry;
        return;
    }
    engine_.subfolders_listed(std::move(listing->subfolders));
    for (const std::string& name : listing->files) {
        // A file in the middle of being written has its own way.
        if (looks_.contains(name)) {
            continue;
        }
        if (completeness == Completeness::whole || is_at_rest(path_of(name))) {
            read_file(name, Completeness::whole);
        } else {
            read_file(name, Completeness::maybe_partial);
            looks_[name] = {runtime::monotonic_now() + kRest, true};
        }
    }
    engine_.files_listed(listing->files, runtime::monotonic_now());
}

void ManifestFolder::reopen() {
    reopen_ = false;
    if (parent_watch_ < 0) {
        watch_parent();
    }
    const int before = folder_watch_;
    const bool was_gone = gone_;
    const auto watched = watch_folder();
    if (!watched) {
        if (!gone_) {
            runtime::log_warn("the manifest folder is gone, its last good state stays in force",
                              {{"folder", folder_}, {"error", watched.error().context}});
        }
        gone_ = true;
        folder_watch_ = -1;
        looks_.clear();
        news_.clear();
        engine_.folder_gone(watched.error().context);
        retry_at_ = runtime::monotonic_now() + kRetry;
        return;
    }
    retry_at_.reset();
    if (!was_gone && before == folder_watch_) {
        return;
    }
    if (was_gone) {
        runtime::log_info("the manifest folder is back", {{"folder", folder_}});
    }
    gone_ = false;
    engine_.folder_back();
    rescan(was_gone ? Completeness::maybe_partial : Completeness::whole);
}

}  // namespace ferro::kube
