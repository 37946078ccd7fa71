// What the controller says, as text for people. Pure functions; tests compare whole texts.
#pragma once

#include "cli/render/style.h"
#include "proto/control_types.h"

#include <string>
#include <vector>

namespace ferro::cli {

/// How the services are, in one line's worth of numbers.
struct StatusSummary {
    std::size_t services = 0;
    std::size_t announced = 0;
    std::vector<const control::Service*> missing;  ///< should be announced and are not
};

StatusSummary summarise(const std::vector<control::Service>& services);

/// The overall line, what ails the daemon, and a row for each service.
std::string render_status(const std::vector<control::Service>& services,
                          const std::vector<std::string>& conditions,
                          const Style& style);
std::string render_pools(const std::vector<control::Pool>& pools, const Style& style);
std::string render_speakers(const control::Speakers& speakers, const Style& style);

/// A line for each: "file:line:column Kind/name field: what, remedy [severity rule]".
std::string render_findings(const std::vector<control::Finding>& findings, const Style& style);
std::string render_explanations(const std::vector<control::Explanation>& explanations,
                                const Style& style);

struct ClientVersion {
    std::string version;
    std::string commit;
};

/// `controller` is null when there is none to ask.
std::string render_version(const ClientVersion& client,
                           const control::Version* controller,
                           const Style& style);

}  // namespace ferro::cli
