#include "core/config/parse.h"

#include "core/config/checks.h"

#include <algorithm>
#include <array>

namespace ferro::config {
namespace {

constexpr std::array<const char*, 4> kModeWords{"native", "frr", "frr-k8s", "none"};

}  // namespace

const char* to_string(BgpMode mode) {
    return kModeWords.at(static_cast<std::size_t>(mode));
}

std::optional<BgpMode> bgp_mode_of(std::string_view word) {
    const auto* const found = std::find(kModeWords.begin(), kModeWords.end(), word);
    if (found == kModeWords.end()) {
        return std::nullopt;
    }
    return static_cast<BgpMode>(found - kModeWords.begin());
}

const model::Finding* ParseOutcome::first_error() const {
    const auto found =
        std::find_if(findings.begin(), findings.end(), [](const model::Finding& finding) {
            return finding.severity == model::Severity::error;
        });
    return found == findings.end() ? nullptr : &*found;
}

ParseOutcome parse(const model::Picture& picture, const ParseOptions& options) {
    Report report;
    const Input input = gather(picture, options, report);
    check_mode(input, options.mode, report);
    check_bfd_profiles(input, report);
    check_peers(input, report);
    const CommunityAliases aliases = read_communities(input, report);
    Configuration configuration;
    configuration.pools = read_pools(input, report);
    add_l2_advertisements(input, configuration.pools, report);
    add_bgp_advertisements(input, aliases, configuration.pools, report);
    check_bfd_echo(input, configuration.pools, report);
    configuration.index_pools();
    add_hints(input, configuration, options.scope, report);

    ParseOutcome outcome;
    if (!report.has_errors()) {
        for (const auto& peer : input.peers) {
            configuration.peers.emplace(peer->meta.key.name, peer);
        }
        for (const auto& profile : input.bfd_profiles) {
            configuration.bfd_profiles.emplace(profile->meta.key.name, profile);
        }
        outcome.configuration = std::make_shared<const Configuration>(std::move(configuration));
    }
    outcome.findings = report.take();
    return outcome;
}

}  // namespace ferro::config
