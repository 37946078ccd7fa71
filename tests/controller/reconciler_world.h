// A small cluster around the reconciler: it stores objects as an API server would, takes the
// writes, and shows them again as changed services. One step at a time, or all until nothing moves.
#pragma once

#include "controller/engine/reconciler.h"
#include "tests/core/pool/pool_world.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferro::controller::testing {

using pool::testing::configuration;
using pool::testing::PoolWords;
using pool::testing::ServiceWords;
using pool::testing::Texts;

inline model::Service with_status(model::Service service, const model::ServiceStatus& status) {
    service.ingress.clear();
    for (const std::string& ip : status.ips) {
        service.ingress.push_back({ip, ""});
    }
    const std::string key(model::kIpAllocatedFromPool);
    service.meta.annotations.erase(key);
    if (!status.pool.empty()) {
        service.meta.annotations[key] = status.pool;
    }
    return service;
}

class Cluster {
  public:
    explicit Cluster(ReconcilerOptions options = {}) : reconciler(std::move(options)) {}

    /// Starts with these pools and services and settles.
    Cluster& start(const std::vector<PoolWords>& pools,
                   const std::vector<ServiceWords>& services = {}) {
        std::vector<Reconciler::ServicePtr> all;
        for (const ServiceWords& words : services) {
            objects[words.service.meta.key] = words.service;
            all.push_back(std::make_shared<const model::Service>(words.service));
        }
        reconciler.first_synchronisation(all, configuration(pools));
        run();
        return *this;
    }

    void pools(const std::vector<PoolWords>& pools) {
        reconciler.configuration_changed(configuration(pools));
        run();
    }

    /// The user applies a service: spec and annotations are theirs, the status stays.
    void apply(const ServiceWords& words) {
        tell_applied(words);
        run();
    }

    void tell_applied(const ServiceWords& words) {
        model::Service service = words.service;
        const auto before = objects.find(service.meta.key);
        if (before != objects.end() && service.ingress.empty()) {
            service.ingress = before->second.ingress;
            const std::string key(model::kIpAllocatedFromPool);
            const auto pool = before->second.meta.annotations.find(key);
            if (pool != before->second.meta.annotations.end()) {
                service.meta.annotations[key] = pool->second;
            }
        }
        tell(service);
    }

    void remove(const std::string& name, const std::string& name_space = "default") {
        const model::ServiceKey key{name_space, name};
        objects.erase(key);
        reconciler.service_removed(key);
        run();
    }

    void tell(const model::Service& service) {
        objects[service.meta.key] = service;
        reconciler.service_changed(std::make_shared<const model::Service>(service));
    }

    /// Writes and echoes until nothing is left to write; keeps the events.
    void run() {
        for (int round = 0; round < 100; ++round) {
            const auto writes = reconciler.take_writes();
            collect();
            if (writes.empty()) {
                return;
            }
            for (const model::ServiceStatus& write : writes) {
                ++write_count;
                last_writes[write.service] = write;
                reconciler.write_done(write.service, {});
                const auto object = objects.find(write.service);
                if (object != objects.end()) {
                    tell(with_status(object->second, write));
                }
            }
        }
        ADD_FAILURE() << "the reconciler goes on writing";
    }

    void collect() {
        for (ServiceEvent& event : reconciler.take_events()) {
            events.push_back(std::move(event));
        }
    }

    /// The stored status of a service.
    Texts ips(const std::string& name, const std::string& name_space = "default") const {
        Texts texts;
        for (const auto& ingress : objects.at({name_space, name}).ingress) {
            texts.push_back(ingress.ip);
        }
        return texts;
    }

    std::string pool_of(const std::string& name, const std::string& name_space = "default") const {
        const auto& annotations = objects.at({name_space, name}).meta.annotations;
        const auto found = annotations.find(std::string(model::kIpAllocatedFromPool));
        return found == annotations.end() ? "" : found->second;
    }

    /// The reasons of the events about a service since the last time, in order.
    Texts reasons(const std::string& name, const std::string& name_space = "default") {
        Texts words;
        std::erase_if(events, [&](const ServiceEvent& event) {
            const bool mine = event.service == model::ServiceKey{name_space, name};
            if (mine) {
                words.emplace_back(to_string(event.reason));
            }
            return mine;
        });
        return words;
    }

    std::string refusal(const std::string& name, const std::string& name_space = "default") const {
        const auto condition = reconciler.condition({name_space, name});
        return condition && condition->refusal ? pool::to_string(condition->refusal->reason) : "";
    }

    Reconciler reconciler;
    std::map<model::ServiceKey, model::Service> objects;
    std::map<model::ServiceKey, model::ServiceStatus> last_writes;
    std::vector<ServiceEvent> events;
    int write_count = 0;
};

}  // namespace ferro::controller::testing
