// Edits: what users, nodes and workloads do to the cluster, drawn from a seed. Each seed draws its
// own weights first (swarm testing: some edits are left out altogether, some are done all the
// time), so that different seeds live in different worlds.
#pragma once

#include "core/base/prng.h"
#include "tests/sim/store.h"
#include "tests/sim/trace.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ferro::sim {

class Edits {
  public:
    Edits(Prng random, Store& store, Trace& trace, std::size_t nodes, bool cluster_ips);

    /// Nodes, namespaces, some pools, one advertisement and some services: a first day.
    void begin();

    /// One edit.
    void step();

    /// Takes back what makes the configuration invalid.
    void repair();

  private:
    using Edit = void (Edits::*)();

    struct Choice {
        Edit edit;
        std::uint64_t usual;   ///< weight in a world like most
        std::uint64_t weight;  ///< in this one
    };

    void create_service();
    void remove_service();
    void change_service();
    void dress(model::Service& service);
    void give_families(model::Service& service);
    void give_request(model::Service& service);
    void give_sharing(model::Service& service);

    void create_pool();
    void remove_pool();
    void grow_pool();
    void shrink_pool();
    void split_pool();
    void rename_pool();
    void break_pool();
    void pin_pool();
    void flag_pool();

    void edit_advertisement();
    void remove_advertisement();
    void break_advertisement();
    void edit_namespace();
    void edit_node();
    void remove_node();
    void edit_slice();
    void remove_slice();

    void put(const char* what, model::Object object);
    void remove(const char* what, const model::ObjectRef& ref);
    template <typename T>
    const T* any();
    model::IpAddressPool* any_pool(model::IpAddressPool& copy);
    [[nodiscard]] bool overlaps(const model::IpAddressPool& pool) const;
    [[nodiscard]] std::string item();
    [[nodiscard]] std::string address();
    [[nodiscard]] model::LabelSelector selector(const char* key,
                                                const std::vector<std::string>& values);
    [[nodiscard]] std::string pick(const std::vector<std::string>& from);

    Prng random_;
    Store& store_;
    Trace& trace_;
    std::size_t nodes_;
    bool cluster_ips_;
    std::uint64_t spare_;  ///< how often a world's services use the rarer features, in percent
    std::vector<Choice> choices_;
    std::uint64_t total_ = 0;
};

}  // namespace ferro::sim
