// World: builds a Picture by words, for the table tests of core/config. Every object is in
// metallb-system and good until a test says otherwise.
#pragma once

#include "core/config/parse.h"

#include <functional>
#include <string>
#include <vector>

namespace ferro::config {

class World {
  public:
    World& node(const std::string& name,
                model::Labels labels = {},
                std::vector<std::string> ips = {});
    World& name_space(const std::string& name, model::Labels labels = {});
    World& pool(const std::string& name,
                std::vector<std::string> addresses,
                const std::function<void(model::IpAddressPool&)>& edit = {});
    World& l2(const std::string& name,
              const std::function<void(model::L2Advertisement&)>& edit = {});
    World& bgp(const std::string& name,
               const std::function<void(model::BgpAdvertisement&)>& edit = {});
    /// AS 64500 to AS 64501 at 10.0.0.1, unless edited.
    World& peer(const std::string& name, const std::function<void(model::BgpPeer&)>& edit = {});
    World& bfd(const std::string& name, const std::function<void(model::BfdProfile&)>& edit = {});
    World& community(const std::string& name, std::vector<model::CommunityAlias> aliases);
    World& put(model::Object object);

    /// The rules' words of all errors, in order.
    [[nodiscard]] std::vector<std::string> errors() const;
    /// "rule Kind/name field" of every finding that is no error.
    [[nodiscard]] std::vector<std::string> hints() const;
    [[nodiscard]] ParseOutcome parse() const;

    ParseOptions options;

  private:
    model::Picture picture_;
};

/// A selector of one label.
model::LabelSelector with_label(const std::string& key, const std::string& value);

}  // namespace ferro::config
