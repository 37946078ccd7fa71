#include "kube/wire/rules.h"

namespace ferro::kube {

const char* to_string(Rule rule) {
    switch (rule) {
        case Rule::file_too_large:
            return "file_too_large";
        case Rule::nul_byte:
            return "nul_byte";
        case Rule::invalid_utf8:
            return "invalid_utf8";
        case Rule::tab_indentation:
            return "tab_indentation";
        case Rule::syntax:
            return "syntax";
        case Rule::not_an_object:
            return "not_an_object";
        case Rule::missing_field:
            return "missing_field";
        case Rule::unknown_kind:
            return "unknown_kind";
        case Rule::unknown_api_version:
            return "unknown_api_version";
        case Rule::bad_name:
            return "bad_name";
        case Rule::unknown_field:
            return "unknown_field";
        case Rule::wrong_type:
            return "wrong_type";
        case Rule::invalid_value:
            return "invalid_value";
        case Rule::duplicate_key:
            return "duplicate_key";
        case Rule::boolean_key:
            return "boolean_key";
        case Rule::bad_duration:
            return "bad_duration";
        case Rule::too_many_findings:
            return "too_many_findings";
        case Rule::legacy_config_map:
            return "legacy_config_map";
        case Rule::legacy_pool_is_advertisement:
            return "legacy_pool_is_advertisement";
        case Rule::legacy_pool_overlap:
            return "legacy_pool_overlap";
        case Rule::duplicate_object:
            return "duplicate_object";
        case Rule::kept_last_good:
            return "kept_last_good";
        case Rule::half_written:
            return "half_written";
        case Rule::file_unreadable:
            return "file_unreadable";
        case Rule::folder_gone:
            return "folder_gone";
        case Rule::subfolder_ignored:
            return "subfolder_ignored";
    }
    return "syntax";
}

}  // namespace ferro::kube
