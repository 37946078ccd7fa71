// FeedView: which objects of the picture speakers need, and how much of each (pure engine).
//
// A speaker plans announcements: it needs services that have an address, their endpoint slices, the
// nodes and what configures announcing. Everything else would only cost it memory, ten thousand
// times on every node: services without an address, slices of such services, and the fields that no
// plan reads. As a service gets its address its slices come into view with it.
//
// Threads: one (the loop).
#pragma once

#include "core/model/objects.h"
#include "core/model/picture.h"

#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ferro::controller {

class FeedView {
  public:
    /// `load_balancer_class`: services of other classes stay out (spec 2.4); empty = those without
    /// one.
    explicit FeedView(std::string load_balancer_class)
        : load_balancer_class_(std::move(load_balancer_class)) {}

    /// What the feed has to be told after `changed` objects of `picture` changed; objects already
    /// trimmed. A removal of something that was never in view is left out.
    std::vector<model::Change> update(const model::Picture& picture,
                                      std::span<const model::ObjectRef> changed);

  private:
    [[nodiscard]] bool in_view(const model::Service& service) const;
    void update_service(const model::Picture& picture,
                        const model::ServiceKey& key,
                        std::vector<model::Change>& out);
    void update_slice(const model::Picture& picture,
                      const model::ObjectKey& key,
                      std::vector<model::Change>& out);
    void drop_slice(const model::ObjectKey& key, std::vector<model::Change>& out);

    std::string load_balancer_class_;
    std::unordered_set<model::ServiceKey> services_;
    std::unordered_map<model::ObjectKey, model::ServiceKey>
        slices_;  ///< in view, by the service that brought them
    std::unordered_map<model::ServiceKey, std::unordered_set<model::ObjectKey>> slices_of_;
};

/// The fields that a plan reads. Of a service's annotations only allow-shared-ip bears on
/// announcing.
model::Service trimmed(const model::Service& service);
/// Without labels and annotations.
model::EndpointSlice trimmed(const model::EndpointSlice& slice);
/// Without annotations.
model::Node trimmed(const model::Node& node);

}  // namespace ferro::controller
