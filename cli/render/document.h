// What the controller says, for machines: one tree, printed as JSON or YAML. Field names are
// stable; fields are only ever added. Counts of addresses are decimal texts (an IPv6 range has more
// than 64 bits count), times are RFC 3339, ages are milliseconds, what is not known is null.
#pragma once

#include "cli/render/text.h"
#include "proto/control_types.h"

#include <string>
#include <vector>

namespace ferro::cli {

enum class Format : std::uint8_t { json, yaml };

std::string document_of_status(const std::vector<control::Service>& services,
                               const std::vector<std::string>& conditions,
                               Format format);
std::string document_of_pools(const std::vector<control::Pool>& pools, Format format);
std::string document_of_speakers(const control::Speakers& speakers, Format format);
std::string document_of_findings(const std::vector<control::Finding>& findings, Format format);
std::string document_of_explanations(const std::vector<control::Explanation>& explanations,
                                     Format format);
std::string document_of_version(const ClientVersion& client,
                                const control::Version* controller,
                                Format format);

}  // namespace ferro::cli
