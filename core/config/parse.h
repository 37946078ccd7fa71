// parse: the objects of a Picture -> a checked Configuration, or every reason why not.
//
// Role: the rules of spec section 8, applied by the controller (Scope::pools_only), by each speaker
// (with its node name), by the webhooks and by `ferroctl lint`. MetalLB stops at its first error;
// here all are found, and the first error in the list is the one that MetalLB would report. One
// error refuses the whole configuration; keeping the former one in force is the caller's business.
//
// Order of the findings: errors in MetalLB's order (mode rules, BFD profiles, peers, communities,
// pools, L2Advertisements, BGPAdvertisements, cross check; within each by object name), then
// warnings and infos by object. MetalLB sorts names imperfectly (quirk Q28); here they are sorted.
//
// Pure: no state, no clock; any thread. Cost: O(objects), pools O(prefixes log prefixes), mode frr
// and local preferences quadratic in peers and in advertisements of one pool.
//
// Compatible with: MetalLB's internal/config (spec section 8).
#pragma once

#include "core/base/ids.h"
#include "core/config/configuration.h"
#include "core/config/rule.h"
#include "core/model/finding.h"
#include "core/model/picture.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::config {

/// Which BGP backend will have to carry the configuration (spec 8.1). `none` applies no mode rule.
enum class BgpMode : std::uint8_t { native, frr, frr_k8s, none };

/// "native", "frr", "frr-k8s", "none": the values of METALLB_BGP_TYPE.
const char* to_string(BgpMode mode);
std::optional<BgpMode> bgp_mode_of(std::string_view word);

/// `pools_only` is the controller's view: pools, communities and namespaces; advertisements, peers,
/// BFD profiles and nodes are not looked at (spec 2.3).
enum class Scope : std::uint8_t { everything, pools_only };

struct ParseOptions {
    /// metallb.io objects elsewhere are left out, with a warning.
    std::string own_namespace = "metallb-system";
    BgpMode mode = BgpMode::frr;
    /// Given: the speaker's view, which leaves out BGPAdvertisements and BGPPeers that do not
    /// select this node, errors in them included (spec 3.2).
    std::optional<NodeName> node;
    Scope scope = Scope::everything;
};

struct ParseOutcome {
    /// Null when a finding is an error.
    std::shared_ptr<const Configuration> configuration;
    std::vector<model::Finding> findings;

    /// The error MetalLB would report, or null.
    [[nodiscard]] const model::Finding* first_error() const;
};

ParseOutcome parse(const model::Picture& picture, const ParseOptions& options);

}  // namespace ferro::config
