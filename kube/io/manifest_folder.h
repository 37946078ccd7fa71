// ManifestFolder: a folder on disk, watched with inotify, kept in a kube::Folder.
//
// How it learns: the folder's own watch tells of files closed after writing and moved here (read at
// once, as whole), of files being written (read when the writer has been quiet for a while, as
// perhaps partial) and of files gone; a watch on the folder's parent tells when the folder itself
// goes, comes back, or is a link that now points elsewhere. A link named like Kubernetes' `..data`
// that is moved here means that a mounted ConfigMap was swapped: everything is read again. An
// overflow of the kernel's queue means the same. Files are read after their events are taken and
// the events are looked at once more after reading, so that a text that changed while it was read
// is not taken for whole.
//
// Subfolders are not read (a finding says so). A change of a file behind a link that points out of
// the folder is not seen until the link itself is replaced: inotify follows no links.
//
// Threads: loop only.
#pragma once

#include "core/base/instant.h"
#include "core/base/result.h"
#include "kube/engine/folder.h"
#include "kube/io/inotify.h"
#include "runtime/loop.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ferro::kube {

class ManifestFolder {
  public:
    /// Calls `on_turn` after each turn in which the engine was told something.
    ManifestFolder(runtime::Loop& loop,
                   std::string folder,
                   FolderOptions options,
                   std::function<void()> on_turn);

    /// Watches, then reads everything once. Errors: the folder is not there or cannot be watched.
    Result<void> start();

    Folder& engine() { return engine_; }

    [[nodiscard]] const Folder& engine() const { return engine_; }

    /// Arms the timer anew after the engine was told something by others.
    void rearm();

    /// As if the kernel's queue had overflowed: real queues hold 16,384 events, too many to fill in
    /// a test of milliseconds.
    void overflow_for_test() {
        rescan_ = true;
        rescan_partial_ = true;
        reopen_ = true;
        rearm();
    }

  private:
    enum class News { written, writing, gone };

    /// A file that may be half written: when to look at it although nobody closed it.
    struct Look {
        Instant at;
        /// No event told of a writer (the file was found by a listing): at rest means whole.
        bool found = false;
    };

    void on_events();
    void on_timer();
    void take_events();
    void take_folder_event(const Inotify::Event& event);
    void act();
    [[nodiscard]] bool has_news() const;
    void read_news();
    /// Tells the engine nothing when somebody wrote to the file meanwhile: that is news, and read
    /// later.
    void read_file(const std::string& name, Completeness completeness);
    /// `completeness` is for files written to in the last seconds; others are whole.
    void rescan(Completeness completeness);
    void look_at(const std::string& name, const Look& look);
    void reopen();
    Result<void> watch_folder();
    void watch_parent();

    [[nodiscard]] std::string path_of(const std::string& name) const;

    runtime::Loop& loop_;
    std::string folder_;
    std::string parent_;
    std::string base_name_;
    std::function<void()> on_turn_;
    Folder engine_;
    Inotify inotify_;
    int folder_watch_ = -1;
    int parent_watch_ = -1;
    bool gone_ = false;

    // What the events said and was not acted on yet.
    std::map<std::string, News> news_;
    bool rescan_ = false;
    bool rescan_partial_ = false;
    bool reopen_ = false;
    bool relist_ = false;

    std::map<std::string, Look> looks_;
    std::optional<Instant> retry_at_;  ///< the folder is gone and nobody may tell us
    std::unique_ptr<runtime::Timer> timer_;
    std::unique_ptr<runtime::FdWatch> fd_watch_;
};

}  // namespace ferro::kube
