// Folder: what a folder of manifests wants, as its files come, change, break and go.
//
// It is told what each file says (read by kube/wire), that a file cannot be read, is gone, or that
// the whole folder is, and the time; it answers with changes of objects to deliver, with the
// complete list of findings, and with the next moment at which it wants to be told the time. It
// reads no file and no clock.
//
// Nothing is dropped because somebody is in the middle of writing:
//   - an object that is refused keeps its last good state (finding kept_last_good), the rest of its
//     file is applied; so does every object of a file of which a part cannot be read at all;
//   - a file emptied is taken at its word only once it stayed so for `empty_settle`: writers in
//     place truncate first;
//   - a file gone is believed after `gone_settle`: editors move the old file away before they write
//     the new one; when the folder as a whole went, everything stays until it is back;
//   - of a file whose writer has not closed it (`Completeness::maybe_partial`) only what cannot be
//     half an object is taken, until it stayed so for `partial_settle`.
//
// An object that stands in several files is the one of the first file by name (a file that only
// keeps an old state of it yields to one that says it now).
//
// Statuses written by us lie over the services: a status write comes back as a changed Service.
//
// Cost: a changed file costs its own objects, not the folder's; files with findings and legacy
// ConfigMaps are gone through as a whole. Threads: any one.
#pragma once

#include "core/base/instant.h"
#include "core/model/finding.h"
#include "core/model/picture.h"
#include "core/model/service_status.h"
#include "kube/engine/legacy_pools.h"
#include "kube/wire/manifest.h"
#include "kube/wire/rules.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ferro::kube {

struct FolderOptions {
    /// vim moves the old file away and writes the new one within a few milliseconds; a slow disk
    /// may take a hundred.
    Duration gone_settle = std::chrono::milliseconds(250);
    /// A writer that truncates first and then thinks (curl -o).
    Duration empty_settle = std::chrono::seconds(2);
    /// A writer that neither writes nor closes is taken to have written all. Long, since a stalled
    /// download looks the same; only removals and the last object of the file wait for it.
    Duration partial_settle = std::chrono::seconds(30);
    /// Files that are missing when a folder comes back may just not be there yet.
    Duration return_settle = std::chrono::seconds(2);
};

enum class Completeness : std::uint8_t {
    whole,          ///< the writer closed the file, or moved it here
    maybe_partial,  ///< somebody may still be writing
};

class Folder {
  public:
    explicit Folder(FolderOptions options = {}) : options_(options) {}

    void file_read(const std::string& file,
                   Manifest manifest,
                   Completeness completeness,
                   Instant now);
    /// It is there, but cannot be read (`why` for people). Keeps what it said before.
    void file_unreadable(const std::string& file, const std::string& why);
    void file_gone(const std::string& file, Instant now);
    /// The files that a full listing found, whether or not they could be read; the others are gone.
    void files_listed(const std::set<std::string>& files, Instant now);
    /// Subfolders, which are not read: said as a finding.
    void subfolders_listed(std::set<std::string> names);

    /// The folder itself is not there; keeps everything until it is back and listed.
    void folder_gone(const std::string& why);
    void folder_back();

    /// Each lies over its service from now on; one with empty `ips` clears what the file says.
    void set_statuses(const std::vector<model::ServiceStatus>& statuses);
    /// What the file says counts again.
    void forget_status(const model::ServiceKey& service);

    void tick(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    /// What changed since the last call, in Kind order: one turn's delivery.
    std::vector<model::Change> take_changes();
    /// The complete list in order of place, if it changed since the last call.
    std::optional<std::vector<model::Finding>> take_findings();

    /// All that take_changes() has handed out.
    [[nodiscard]] const model::Picture& picture() const { return delivered_; }

    /// Kinds that stand in the folder and are not read: "apps/v1 Deployment" -> how many.
    [[nodiscard]] std::map<std::string, std::size_t> skipped() const;

    /// Where an object stands; nothing for one that no file holds (made from a legacy ConfigMap).
    [[nodiscard]] model::Location location_of(const model::ObjectRef& ref) const;

    /// Every file is read and every object in it is good: what is not here is meant not to be.
    [[nodiscard]] bool whole() const;

  private:
    enum class Wait : std::uint8_t { none, gone, emptied, partial };

    struct Held {
        model::ObjectPtr object;
        model::Location location;
        bool stale = false;  ///< kept from an earlier reading
    };

    struct File {
        std::map<model::ObjectRef, Held> held;
        std::map<model::ObjectKey, LegacyConfig> legacy;
        Manifest latest;                   ///< its findings and counts; the objects are in `held`
        std::vector<model::Finding> ours;  ///< what we say about the file
        std::optional<Manifest> pending;   ///< taken when `deadline` comes
        Wait wait = Wait::none;
        Instant deadline;
        bool good = true;  ///< see whole()
    };

    void adopt(const std::string& name, File& file, Manifest manifest, Completeness completeness);
    void adopt_objects(const std::string& name,
                       File& file,
                       const Manifest& manifest,
                       Completeness completeness);
    void keep_or_drop_absent(const std::string& name,
                             File& file,
                             const std::set<model::ObjectRef>& seen,
                             bool keep);
    void adopt_legacy(const std::string& name,
                      File& file,
                      std::vector<LegacyConfig> configs,
                      bool keep);
    void drop_file(const std::string& name);
    void wait_for(const std::string& name, File& file, Wait wait, Instant deadline);
    void stop_waiting(const std::string& name, File& file);
    void file_missing(const std::string& name, File& file, Instant deadline);
    void touch(const model::ObjectRef& ref);
    void index_findings(const std::string& name, const File& file);

    model::ObjectPtr from_files(const model::ObjectRef& ref);
    void derive_from_legacy();
    model::ObjectPtr with_status(const model::ObjectPtr& object) const;

    FolderOptions options_;
    std::map<std::string, File> files_;
    std::map<model::ObjectRef, std::set<std::string>> holders_;
    std::map<model::ObjectRef, std::vector<model::Finding>> duplicates_;
    std::set<std::pair<Instant, std::string>> deadlines_;
    std::set<std::string> with_legacy_;
    std::set<std::string>
        with_findings_;  ///< few of ten thousand files, so that those are not walked
    std::set<std::string> subfolders_;
    std::optional<std::string> gone_;
    bool returning_ = false;

    std::map<model::ServiceKey, model::ServiceStatus> statuses_;
    model::Picture modern_;     ///< what the files say
    LegacyResult legacy_;       ///< what their ConfigMaps add
    model::Picture delivered_;  ///< both, with statuses

    std::set<model::ObjectRef> touched_;
    bool legacy_touched_ = false;
    bool findings_touched_ = true;
    std::vector<model::Finding> findings_;
    bool findings_taken_ = false;
};

}  // namespace ferro::kube
