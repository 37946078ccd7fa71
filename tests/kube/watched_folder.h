// A manifest source on its own loop and thread over a folder in a temporary directory, and what it
// delivered so far. Tests write files as people and tools do and wait for what must come.
#pragma once

#include "kube/engine/status_store.h"
#include "kube/io/manifest_source.h"
#include "runtime/loop.h"
#include "tests/support/eventually.h"
#include "tests/support/temporary_directory.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ferro::kube {

/// A store in memory that can be told to fail.
class MemoryStore : public StatusStore {
  public:
    Result<std::vector<model::ServiceStatus>> load() override {
        std::vector<model::ServiceStatus> all;
        for (const auto& [key, status] : entries) {
            all.push_back(status);
        }
        return all;
    }

    Result<void> write(const std::vector<model::ServiceStatus>& statuses) override {
        if (full) {
            return Error{ErrorCode::resource_exhausted, "disk full"};
        }
        for (const model::ServiceStatus& status : statuses) {
            if (status.ips.empty()) {
                entries.erase(status.service);
            } else {
                entries[status.service] = status;
            }
        }
        return {};
    }

    std::map<model::ServiceKey, model::ServiceStatus> entries;
    bool full = false;
};

class WatchedFolder {
  public:
    WatchedFolder() : directory_("manifests") { std::filesystem::create_directory(folder()); }

    ~WatchedFolder() { stop(); }

    WatchedFolder(const WatchedFolder&) = delete;
    WatchedFolder& operator=(const WatchedFolder&) = delete;

    [[nodiscard]] std::filesystem::path folder() const { return directory_ / "folder"; }

    [[nodiscard]] std::filesystem::path beside(const std::string& name) const {
        return directory_ / name;
    }

    Result<void> start(const std::string& path = "") {
        source =
            std::make_unique<ManifestSource>(loop, path.empty() ? folder().string() : path, store);
        SourceEvents events;
        events.on_changes = [this](const std::vector<model::Change>& changes, Delivery delivery) {
            const std::lock_guard lock(mutex_);
            for (const model::Change& change : changes) {
                picture_.apply(change);
                log_.push_back((change.object == nullptr ? "-" : "+") + change.ref.to_string());
            }
            log_.emplace_back(delivery == Delivery::update ? "update" : "synchronised");
        };
        events.on_reserved = [this](const std::vector<model::ServiceStatus>& statuses) {
            const std::lock_guard lock(mutex_);
            reserved_.clear();
            for (const model::ServiceStatus& status : statuses) {
                reserved_.push_back(status.service.name + " " + status.ips.at(0));
            }
            log_.push_back("reserved " + std::to_string(statuses.size()));
        };
        events.on_findings = [this](const std::vector<model::Finding>& findings) {
            const std::lock_guard lock(mutex_);
            findings_ = findings;
        };
        TRY_VOID(source->start(std::move(events)));
        thread_ = std::thread([this] { loop.run(); });
        return {};
    }

    void stop() {
        if (thread_.joinable()) {
            loop.stop();
            thread_.join();
        }
        source.reset();
    }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder() / name) << text;
    }

    /// As tools write: a new file, moved over the old one.
    void replace(const std::string& name, const std::string& text) const {
        std::ofstream(folder() / (name + ".new")) << text;
        std::filesystem::rename(folder() / (name + ".new"), folder() / name);
    }

    /// Text of every Namespace's label "l", by name.
    std::map<std::string, std::string> labels() {
        const std::lock_guard lock(mutex_);
        std::map<std::string, std::string> out;
        for (const auto& [key, object] : picture_.all<model::Namespace>()) {
            out[key.name] = object->meta.labels.at("l");
        }
        return out;
    }

    std::shared_ptr<const model::Service> service(const std::string& name) {
        const std::lock_guard lock(mutex_);
        return picture_.find<model::Service>({"default", name});
    }

    std::vector<std::string> log() {
        const std::lock_guard lock(mutex_);
        return log_;
    }

    /// What was last told as reserved: "web 10.0.0.1".
    std::vector<std::string> reserved() {
        const std::lock_guard lock(mutex_);
        return reserved_;
    }

    bool has_finding(const std::string& rule) {
        const std::lock_guard lock(mutex_);
        for (const model::Finding& finding : findings_) {
            if (finding.rule == rule) {
                return true;
            }
        }
        return false;
    }

    runtime::Loop loop;
    MemoryStore store;  // used on the loop; tests look at it after stop() or by posting
    std::unique_ptr<ManifestSource> source;

  private:
    tests::TemporaryDirectory directory_;
    std::thread thread_;
    std::mutex mutex_;
    model::Picture picture_;
    std::vector<std::string> log_;
    std::vector<std::string> reserved_;
    std::vector<model::Finding> findings_;
};

inline std::string space_manifest(const std::string& name, const std::string& label = "a") {
    return "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", labels: {l: " + label +
           "}}\n---\n";
}

inline std::string service_manifest(const std::string& name) {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name +
           "}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n---\n";
}

}  // namespace ferro::kube
