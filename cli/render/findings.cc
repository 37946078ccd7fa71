#include "cli/render/text.h"

#include <map>

namespace ferro::cli {

namespace {

Tone tone_of(const std::string& severity) {
    return severity == "error" ? Tone::bad : severity == "warning" ? Tone::warn : Tone::dim;
}

std::string location_of(const control::Finding& finding) {
    if (finding.file.empty()) {
        return {};
    }
    std::string text = finding.file;
    if (finding.line > 0) {
        text += ":" + std::to_string(finding.line);
        if (finding.column > 0) {
            text += ":" + std::to_string(finding.column);
        }
    }
    return text + " ";
}

std::string line_of(const control::Finding& finding, const Style& style) {
    std::string text = toned(style, Tone::bold, location_of(finding));
    if (!finding.name.empty()) {
        text += finding.kind + "/" + finding.name;
    }
    if (!finding.field.empty()) {
        text += (finding.name.empty() ? "" : " ") + finding.field;
    }
    if (!finding.name.empty() || !finding.field.empty()) {
        text += ": ";
    }
    text += finding.message;
    if (!finding.remedy.empty()) {
        text += ", " + finding.remedy;
    }
    return text + " " +
           toned(style,
                 tone_of(finding.severity),
                 "[" + finding.severity + " " + finding.rule + "]") +
           "\n";
}

}  // namespace

std::string render_findings(const std::vector<control::Finding>& findings, const Style& style) {
    if (findings.empty()) {
        return toned(style, Tone::good, "no findings") + "\n";
    }
    std::string out;
    std::map<std::string, std::size_t> counts;
    for (const control::Finding& finding : findings) {
        out += line_of(finding, style);
        ++counts[finding.severity];
    }
    std::string summary;
    for (const auto& [severity, count] : counts) {
        summary += (summary.empty() ? "" : ", ") + std::to_string(count) + " " + severity +
                   (count == 1 || severity == "info" ? "" : "s");
    }
    return out + "\n" + summary + "\n";
}

}  // namespace ferro::cli
