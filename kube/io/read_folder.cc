#include "kube/io/read_folder.h"

#include "kube/engine/folder.h"
#include "kube/io/manifest_files.h"
#include "kube/wire/manifest.h"

#include <utility>

namespace ferro::kube {

Result<FolderReading> read_folder_once(const std::string& folder) {
    TRY(FolderListing listing, list_folder(folder));
    Folder engine;
    engine.subfolders_listed(std::move(listing.subfolders));
    for (const std::string& name : listing.files) {
        const auto text = read_text(folder + "/" + name);
        if (text) {
            engine.file_read(name, read_manifest(name, *text), Completeness::whole, Instant{});
        } else if (text.error().code != ErrorCode::not_found) {
            engine.file_unreadable(name, text.error().context);
        }
    }
    FolderReading reading;
    engine.take_changes();
    reading.picture = engine.picture();
    reading.findings = engine.take_findings().value_or(std::vector<model::Finding>{});
    reading.skipped = engine.skipped();
    return reading;
}

}  // namespace ferro::kube
