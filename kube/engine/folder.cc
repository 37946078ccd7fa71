#include "kube/engine/folder.h"

#include "core/model/annotations.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ferro::kube {
namespace {

/// Findings about kept objects of one file are given one by one up to here, else as one sum.
constexpr std::size_t kKeptShownMax = 10;

model::Finding second_config_map(const LegacyConfig& config, const LegacyConfig& first) {
    return {model::Severity::error,
            to_string(Rule::duplicate_object),
            {},
            "",
            "ConfigMap " + config.config_map.to_string() + " stands at " +
                first.location.to_string() + " already, which counts",
            "remove one of them",
            config.location};
}

model::Finding about_file(model::Severity severity,
                          Rule rule,
                          const std::string& file,
                          std::string message,
                          std::string remedy) {
    return {severity,
            to_string(rule),
            {},
            "",
            std::move(message),
            std::move(remedy),
            model::Location{file, 0, 0}};
}

std::string count(std::size_t number, const std::string& noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

}  // namespace

void Folder::file_read(const std::string& file,
                       Manifest manifest,
                       Completeness completeness,
                       Instant now) {
    findings_touched_ = true;
    File& state = files_[file];
    stop_waiting(file, state);
    const std::size_t held = state.held.size() + state.legacy.size();
    if (manifest.empty && held > 0) {
        state.ours = {about_file(model::Severity::warning,
                                 Rule::half_written,
                                 file,
                                 "the file is empty; " + count(held, "object") + " of it stay" +
                                     (held == 1 ? "s" : "") + " for now",
                                 "delete the file if that is meant")};
        state.pending = std::move(manifest);
        const bool closed = completeness == Completeness::whole;
        index_findings(file, state);
        wait_for(file,
                 state,
                 Wait::emptied,
                 now + (closed ? options_.empty_settle : options_.partial_settle));
        return;
    }
    if (completeness == Completeness::maybe_partial) {
        state.pending = manifest;
        adopt(file, state, std::move(manifest), completeness);
        wait_for(file, state, Wait::partial, now + options_.partial_settle);
        return;
    }
    adopt(file, state, std::move(manifest), completeness);
}

void Folder::file_unreadable(const std::string& file, const std::string& why) {
    findings_touched_ = true;
    File& state = files_[file];
    stop_waiting(file, state);
    state.good = false;
    std::string message = "cannot be read: " + why;
    if (!state.held.empty()) {
        message += "; " + count(state.held.size(), "object") + " of it keep" +
                   (state.held.size() == 1 ? "s" : "") + " the last good state";
    }
    state.ours = {about_file(model::Severity::error,
                             Rule::file_unreadable,
                             file,
                             std::move(message),
                             "make it readable")};
    index_findings(file, state);
}

void Folder::file_gone(const std::string& file, Instant now) {
    const auto found = files_.find(file);
    if (found != files_.end() && !gone_) {
        file_missing(file, found->second, now + options_.gone_settle);
    }
}

void Folder::files_listed(const std::set<std::string>& files, Instant now) {
    const Instant deadline = now + (returning_ ? options_.return_settle : options_.gone_settle);
    returning_ = false;
    std::vector<std::string> missing;
    for (const auto& [name, state] : files_) {
        if (!files.contains(name) && state.wait != Wait::gone) {
            missing.push_back(name);
        }
    }
    for (const std::string& name : missing) {
        file_missing(name, files_[name], deadline);
    }
}

void Folder::subfolders_listed(std::set<std::string> names) {
    findings_touched_ |= names != subfolders_;
    subfolders_ = std::move(names);
}

void Folder::folder_gone(const std::string& why) {
    findings_touched_ = true;
    gone_ = why;
    for (auto& [name, state] : files_) {
        // Their files went with the folder: that says nothing about each of them.
        if (state.wait == Wait::gone) {
            stop_waiting(name, state);
        }
    }
}

void Folder::folder_back() {
    findings_touched_ |= gone_.has_value();
    returning_ |= gone_.has_value();
    gone_.reset();
}

void Folder::file_missing(const std::string& name, File& file, Instant deadline) {
    findings_touched_ = true;
    if (file.held.empty() && file.legacy.empty()) {
        drop_file(name);
        return;
    }
    wait_for(name, file, Wait::gone, deadline);
}

void Folder::drop_file(const std::string& name) {
    File& file = files_[name];
    stop_waiting(name, file);
    for (const auto& [ref, held] : file.held) {
        holders_[ref].erase(name);
        touch(ref);
    }
    legacy_touched_ |= !file.legacy.empty();
    with_legacy_.erase(name);
    with_findings_.erase(name);
    files_.erase(name);
    findings_touched_ = true;
}

void Folder::wait_for(const std::string& name, File& file, Wait wait, Instant deadline) {
    deadlines_.erase({file.deadline, name});
    file.wait = wait;
    file.deadline = deadline;
    deadlines_.emplace(deadline, name);
}

void Folder::stop_waiting(const std::string& name, File& file) {
    if (file.wait != Wait::none) {
        deadlines_.erase({file.deadline, name});
    }
    file.wait = Wait::none;
    file.pending.reset();
}

void Folder::tick(Instant now) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const std::string name = deadlines_.begin()->second;
        File& file = files_[name];
        findings_touched_ = true;
        if (file.wait == Wait::gone) {
            drop_file(name);
            continue;
        }
        Manifest manifest = std::move(file.pending).value_or(Manifest{});
        stop_waiting(name, file);
        adopt(name, file, std::move(manifest), Completeness::whole);
    }
}

std::optional<Instant> Folder::next_deadline() const {
    return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
}

void Folder::touch(const model::ObjectRef& ref) {
    touched_.insert(ref);
    if (ref.kind == model::Kind::ip_address_pool || ref.kind == model::Kind::l2_advertisement) {
        legacy_touched_ |= !with_legacy_.empty();
    }
}

void Folder::adopt(const std::string& name,
                   File& file,
                   Manifest manifest,
                   Completeness completeness) {
    const bool keep = !manifest.complete || completeness == Completeness::maybe_partial;
    file.ours.clear();
    file.good = manifest.complete;
    adopt_objects(name, file, manifest, completeness);
    adopt_legacy(name, file, std::move(manifest.legacy), keep);
    manifest.objects.clear();
    manifest.legacy.clear();
    file.latest = std::move(manifest);
    index_findings(name, file);
}

void Folder::index_findings(const std::string& name, const File& file) {
    if (file.latest.findings.empty() && file.ours.empty()) {
        with_findings_.erase(name);
    } else {
        with_findings_.insert(name);
    }
}

void Folder::adopt_objects(const std::string& name,
                           File& file,
                           const Manifest& manifest,
                           Completeness completeness) {
    const bool partial = completeness == Completeness::maybe_partial;
    std::set<model::ObjectRef> seen;
    for (const ManifestObject& object : manifest.objects) {
        if (!seen.insert(object.ref).second) {
            file.good = false;
            file.ours.push_back({model::Severity::error,
                                 to_string(Rule::duplicate_object),
                                 object.ref,
                                 "",
                                 "the object stands here a second time; the first one counts",
                                 "remove one of them",
                                 object.location});
            continue;
        }
        const auto held = file.held.find(object.ref);
        if (object.object == nullptr) {
            file.good = false;
            if (held != file.held.end()) {
                held->second.stale = true;
                touch(object.ref);
                file.ours.push_back({model::Severity::warning,
                                     to_string(Rule::kept_last_good),
                                     object.ref,
                                     "",
                                     "the object is refused; its last good state stays in force",
                                     "correct it",
                                     object.location});
            }
            continue;
        }
        // The last object of an unfinished file may be half an object that happens to parse.
        const bool last = manifest.ends_in_object && &object == &manifest.objects.back();
        if (!(partial && last)) {
            file.held[object.ref] = Held{object.object, object.location, false};
            holders_[object.ref].insert(name);
            touch(object.ref);
        }
    }
    keep_or_drop_absent(name, file, seen, partial || !manifest.complete);
    file.good &= !partial;
}

void Folder::keep_or_drop_absent(const std::string& name,
                                 File& file,
                                 const std::set<model::ObjectRef>& seen,
                                 bool keep) {
    std::vector<model::Finding> kept;
    for (auto held = file.held.begin(); held != file.held.end();) {
        const model::ObjectRef ref = held->first;
        if (seen.contains(ref)) {
            ++held;
            continue;
        }
        touch(ref);
        if (!keep) {
            holders_[ref].erase(name);
            held = file.held.erase(held);
            continue;
        }
        held->second.stale = true;
        kept.push_back(
            {model::Severity::warning,
             to_string(Rule::kept_last_good),
             ref,
             "",
             "a part of the file cannot be read; the object's last good state stays in force",
             "correct the file",
             model::Location{name, 0, 0}});
        ++held;
    }
    if (kept.size() > kKeptShownMax) {
        kept = {about_file(model::Severity::warning,
                           Rule::kept_last_good,
                           name,
                           "a part of the file cannot be read; " + count(kept.size(), "object") +
                               " keep the last good state",
                           "correct the file")};
    }
    file.ours.insert(file.ours.end(), kept.begin(), kept.end());
}

void Folder::adopt_legacy(const std::string& name,
                          File& file,
                          std::vector<LegacyConfig> configs,
                          bool keep) {
    if (configs.empty() && file.legacy.empty()) {
        return;
    }
    legacy_touched_ = true;
    std::map<model::ObjectKey, LegacyConfig> adopted;
    for (LegacyConfig& config : configs) {
        const auto before = file.legacy.find(config.config_map);
        const model::ObjectKey key = config.config_map;
        if (const auto first = adopted.find(key); first != adopted.end()) {
            file.ours.push_back(second_config_map(config, first->second));
            continue;
        }
        file.good &= !config.refused;
        if (config.refused && before != file.legacy.end()) {
            file.ours.push_back(
                {model::Severity::warning,
                 to_string(Rule::kept_last_good),
                 {},
                 "",
                 "ConfigMap " + key.to_string() + " is refused; its last good state stays in force",
                 "correct it",
                 config.location});
            adopted.emplace(key, std::move(before->second));
        } else {
            adopted.emplace(key, std::move(config));
        }
    }
    if (keep) {
        adopted.merge(file.legacy);
    }
    file.legacy = std::move(adopted);
    if (file.legacy.empty()) {
        with_legacy_.erase(name);
    } else {
        with_legacy_.insert(name);
    }
}

model::ObjectPtr Folder::from_files(const model::ObjectRef& ref) {
    findings_touched_ |= duplicates_.erase(ref) > 0;
    const auto found = holders_.find(ref);
    if (found == holders_.end()) {
        return nullptr;
    }
    if (found->second.empty()) {
        holders_.erase(found);
        return nullptr;
    }
    const Held* chosen = nullptr;
    std::vector<model::Finding> others;
    for (const std::string& name : found->second) {
        const Held& held = files_.at(name).held.at(ref);
        if (chosen == nullptr || (chosen->stale && !held.stale)) {
            chosen = &held;
        } else if (!held.stale) {
            others.push_back(
                {model::Severity::error,
                 to_string(Rule::duplicate_object),
                 ref,
                 "",
                 "the object stands at " + chosen->location.to_string() + " already, which counts",
                 "remove one of them",
                 held.location});
        }
    }
    if (!others.empty()) {
        duplicates_[ref] = std::move(others);
        findings_touched_ = true;
    }
    return chosen->object;
}

void Folder::derive_from_legacy() {
    legacy_touched_ = false;
    findings_touched_ = true;
    for (const auto& [ref, object] : legacy_.objects) {
        touched_.insert(ref);
    }
    std::vector<const LegacyConfig*> configs;
    std::map<model::ObjectKey, const LegacyConfig*> seen;
    std::vector<model::Finding> repeated;
    for (const std::string& name : with_legacy_) {
        for (const auto& [key, config] : files_.at(name).legacy) {
            const auto [first, inserted] = seen.emplace(key, &config);
            if (inserted) {
                configs.push_back(&config);
            } else {
                repeated.push_back(second_config_map(config, *first->second));
            }
        }
    }
    legacy_ = translate_legacy(configs, modern_);
    legacy_.findings.insert(legacy_.findings.end(), repeated.begin(), repeated.end());
    for (const auto& [ref, object] : legacy_.objects) {
        touched_.insert(ref);
    }
}

void Folder::set_statuses(const std::vector<model::ServiceStatus>& statuses) {
    for (const model::ServiceStatus& status : statuses) {
        statuses_[status.service] = status;
        touched_.insert({model::Kind::service, status.service});
    }
}

void Folder::forget_status(const model::ServiceKey& service) {
    statuses_.erase(service);
    touched_.insert({model::Kind::service, service});
}

model::ObjectPtr Folder::with_status(const model::ObjectPtr& object) const {
    const auto* const service = std::get_if<model::Service>(object.get());
    if (service == nullptr) {
        return object;
    }
    const auto found = statuses_.find(service->meta.key);
    if (found == statuses_.end()) {
        return object;
    }
    model::Service written = *service;
    written.ingress.clear();
    for (const std::string& address : found->second.ips) {
        written.ingress.push_back({address, ""});
    }
    const std::string key(model::kIpAllocatedFromPool);
    if (found->second.ips.empty() || found->second.pool.empty()) {
        written.meta.annotations.erase(key);
    } else {
        written.meta.annotations[key] = found->second.pool;
    }
    return std::make_shared<const model::Object>(std::move(written));
}

std::vector<model::Change> Folder::take_changes() {
    for (const model::ObjectRef& ref : touched_) {
        modern_.apply({ref, from_files(ref)});
    }
    if (legacy_touched_) {
        derive_from_legacy();
    }
    std::vector<model::Change> changes;
    for (const model::ObjectRef& ref : std::exchange(touched_, {})) {
        model::ObjectPtr object = from_files(ref);
        if (object == nullptr) {
            const auto derived = legacy_.objects.find(ref);
            object = derived == legacy_.objects.end() ? nullptr : derived->second;
        }
        model::Change change{ref, object == nullptr ? nullptr : with_status(object)};
        if (delivered_.apply(change)) {
            changes.push_back(std::move(change));
        }
    }
    return changes;
}

std::optional<std::vector<model::Finding>> Folder::take_findings() {
    if (!findings_touched_) {
        return std::nullopt;
    }
    findings_touched_ = false;
    std::vector<model::Finding> all;
    const auto append = [&](const std::vector<model::Finding>& some) {
        all.insert(all.end(), some.begin(), some.end());
    };
    if (gone_) {
        all.push_back(
            {model::Severity::error,
             to_string(Rule::folder_gone),
             {},
             "",
             "the manifest folder is gone (" + *gone_ + "); the last good state stays in force",
             "bring it back",
             {}});
    }
    for (const std::string& name : subfolders_) {
        all.push_back(about_file(model::Severity::info,
                                 Rule::subfolder_ignored,
                                 name + "/",
                                 "subfolders are not read",
                                 "move manifests into the folder itself"));
    }
    for (const std::string& name : with_findings_) {
        append(files_.at(name).latest.findings);
        append(files_.at(name).ours);
    }
    for (const auto& [ref, findings] : duplicates_) {
        append(findings);
    }
    append(legacy_.findings);
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.location < b.location;
    });
    if (findings_taken_ && all == findings_) {
        return std::nullopt;
    }
    findings_taken_ = true;
    findings_ = std::move(all);
    return findings_;
}

std::map<std::string, std::size_t> Folder::skipped() const {
    std::map<std::string, std::size_t> sum;
    for (const auto& [name, file] : files_) {
        for (const auto& [kind, number] : file.latest.skipped) {
            sum[kind] += number;
        }
    }
    return sum;
}

bool Folder::whole() const {
    return !gone_ && std::all_of(files_.begin(), files_.end(), [](const auto& entry) {
        return entry.second.good && entry.second.wait == Wait::none;
    });
}

model::Location Folder::location_of(const model::ObjectRef& ref) const {
    const auto holders = holders_.find(ref);
    if (holders == holders_.end() || holders->second.empty()) {
        return {};
    }
    // The first file by name keeps a duplicated object.
    const auto file = files_.find(*holders->second.begin());
    if (file == files_.end()) {
        return {};
    }
    const auto held = file->second.held.find(ref);
    return held == file->second.held.end() ? model::Location{} : held->second.location;
}

}  // namespace ferro::kube
