// ManifestSource: the source of a cluster without an API server. Objects come from a folder of
// manifests, the statuses of services go to a StatusStore (the ledger) and come back laid over the
// folder's services.
//
// A status is durable before anybody hears of it: write_statuses() gives the batch to the store,
// lays it over, and then, in a later turn of the loop, calls `done` for each and delivers the
// changed services. The status of a service that leaves the folder leaves the store; while some
// file cannot be read completely, statuses of services that are not there are kept, since they may
// only be unreadable, and told as reserved: their addresses shall not go to others. Also those of
// services that were seen to leave meanwhile: a restart could not tell the two apart, nor is it
// known whether the service moved into the file that cannot be read.
//
// Threads: loop only.
#pragma once

#include "kube/engine/folder.h"
#include "kube/engine/source.h"
#include "kube/engine/status_store.h"
#include "kube/io/manifest_folder.h"
#include "runtime/loop.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ferro::kube {

class ManifestSource : public Source {
  public:
    /// `store` must outlive the source.
    ManifestSource(runtime::Loop& loop,
                   std::string folder,
                   StatusStore& store,
                   FolderOptions options = {});
    ~ManifestSource() override;

    /// Reads the folder and the store now; delivers from the loop's next turn on. Errors: those of
    /// the store's load(), or the folder is not there (nothing is delivered then: an absent folder
    /// must not look like an empty one).
    Result<void> start(SourceEvents events) override;

    [[nodiscard]] model::Location location_of(const model::ObjectRef& ref) const override {
        return folder_.engine().location_of(ref);
    }

    void write_statuses(
        const std::vector<model::ServiceStatus>& statuses,
        std::function<void(const model::ServiceKey&, const Result<void>&)> done) override;

    /// Kinds in the folder that are not read, with how many of each.
    [[nodiscard]] std::map<std::string, std::size_t> skipped();

    ManifestFolder& folder_for_test() { return folder_; }

  private:
    void deliver();
    void note_absent(const std::vector<model::Change>& changes);
    bool tell_reserved();
    void report_writes();
    void forget_gone_services();
    void log_skipped();

    runtime::Loop& loop_;
    StatusStore& store_;
    SourceEvents events_;
    ManifestFolder folder_;
    bool synchronised_ = false;
    using Statuses = std::map<model::ServiceKey, model::ServiceStatus>;
    Statuses stored_;    ///< the entries of the store
    Statuses absent_;    ///< those of them whose service is not in the delivered picture
    Statuses reserved_;  ///< what was last told
    std::vector<std::function<void()>> written_;  ///< outcomes that nobody was told yet
    std::map<std::string, std::size_t> skipped_;
    std::shared_ptr<bool> alive_;  ///< false once the source is gone: posted work looks at it
};

}  // namespace ferro::kube
