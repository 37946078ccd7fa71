#include "proto/control_types.h"

namespace ferro::control {

const char* to_string(Answer answer) {
    switch (answer) {
        case Answer::yes:
            return "yes";
        case Answer::no:
            return "no";
        case Answer::not_reached:
            return "not_reached";
    }
    return "not_reached";
}

Finding finding_of(const model::Finding& finding) {
    return Finding{.severity = model::to_string(finding.severity),
                   .rule = finding.rule,
                   .kind = model::to_string(finding.object.kind),
                   .namespace_name = finding.object.key.namespace_name,
                   .name = finding.object.key.name,
                   .field = finding.field,
                   .message = finding.message,
                   .remedy = finding.remedy,
                   .file = finding.location.file,
                   .line = finding.location.line,
                   .column = finding.location.column};
}

}  // namespace ferro::control
