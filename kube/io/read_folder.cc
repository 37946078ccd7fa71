#include "kube/io/read_folder.h"

#include "kube/engine/folder.h"
#include "kube/io/manifest_files.h"
#include "kube/wire/manifest.h"

#include <algorithm>
#include <utility>

namespace ferro::kube {

namespace {

void note_locations(const Manifest& manifest, FolderReading& reading) {
    const auto note = [&reading](const ManifestObject& object) {
        reading.locations.emplace(object.ref, object.location);
    };
    for (const ManifestObject& object : manifest.objects) {
        note(object);
    }
    for (const LegacyConfig& config : manifest.legacy) {
        for (const LegacyPool& pool : config.pools) {
            note(pool.pool);
            std::for_each(pool.advertisements.begin(), pool.advertisements.end(), note);
        }
        std::for_each(config.others.begin(), config.others.end(), note);
    }
}

}  // namespace

Result<FolderReading> read_folder_once(const std::string& folder) {
    TRY(FolderListing listing, list_folder(folder));
    FolderReading reading;
    Folder engine;
    engine.subfolders_listed(std::move(listing.subfolders));
    for (const std::string& name : listing.files) {
        const auto text = read_text(folder + "/" + name);
        if (text) {
            Manifest manifest = read_manifest(name, *text);
            note_locations(manifest, reading);
            engine.file_read(name, std::move(manifest), Completeness::whole, Instant{});
        } else if (text.error().code != ErrorCode::not_found) {
            engine.file_unreadable(name, text.error().context);
        }
    }
    engine.take_changes();
    reading.picture = engine.picture();
    reading.findings = engine.take_findings().value_or(std::vector<model::Finding>{});
    reading.skipped = engine.skipped();
    return reading;
}

}  // namespace ferro::kube
