#include "cli/lint.h"

#include "cli/render/document.h"
#include "cli/render/text.h"
#include "core/config/parse.h"
#include "kube/io/read_folder.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ferro::cli {

namespace {

// The folder's own findings come with their place; those about what the objects mean get the place
// of their object.
std::vector<model::Finding> all_findings(kube::FolderReading& reading, const LintOptions& options) {
    config::ParseOptions parse_options;
    parse_options.own_namespace = options.own_namespace;
    std::vector<model::Finding> findings = std::move(reading.findings);
    for (model::Finding& finding : config::parse(reading.picture, parse_options).findings) {
        const auto place = reading.locations.find(finding.object);
        if (finding.location.file.empty() && place != reading.locations.end()) {
            finding.location = place->second;
        }
        findings.push_back(std::move(finding));
    }
    std::stable_sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
        return std::tie(a.location, a.severity) < std::tie(b.location, b.severity);
    });
    return findings;
}

}  // namespace

Outcome lint(const Settings& settings, const LintOptions& options) {
    auto reading = kube::read_folder_once(options.folder);
    if (!reading) {
        return {"", reading.error().context + "\n", kExitBad};
    }
    std::vector<control::Finding> findings;
    bool bad = false;
    for (const model::Finding& finding : all_findings(*reading, options)) {
        bad = bad || finding.severity == model::Severity::error;
        findings.push_back(control::finding_of(finding));
    }
    Outcome outcome;
    if (settings.output == Output::json || settings.output == Output::yaml) {
        outcome.out = document_of_findings(
            findings, settings.output == Output::yaml ? Format::yaml : Format::json);
    } else {
        outcome.out = render_findings(findings, settings.style);
    }
    std::string skipped;
    for (const auto& [kind, count] : reading->skipped) {
        skipped += (skipped.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
    }
    if (!skipped.empty()) {
        outcome.err = "not ours to read: " + skipped + "\n";
    }
    outcome.exit_code = bad ? kExitBad : kExitGood;
    return outcome;
}

}  // namespace ferro::cli
