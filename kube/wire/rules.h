// The rules of manifests: the word in Finding::rule for everything that kube/wire and the folder's
// engine have to say.
#pragma once

#include <cstdint>

namespace ferro::kube {

enum class Rule : std::uint8_t {
    // the text
    file_too_large,
    nul_byte,
    invalid_utf8,
    tab_indentation,
    syntax,
    // the document
    not_an_object,
    missing_field,
    unknown_kind,
    unknown_api_version,
    bad_name,
    // the fields
    unknown_field,
    wrong_type,
    invalid_value,
    duplicate_key,
    boolean_key,
    bad_duration,
    too_many_findings,
    // the legacy ConfigMap
    legacy_config_map,
    legacy_pool_is_advertisement,
    legacy_pool_overlap,
    // the folder
    duplicate_object,
    kept_last_good,
    half_written,
    file_unreadable,
    folder_gone,
    subfolder_ignored,
};

/// The enumerator's word.
const char* to_string(Rule rule);

}  // namespace ferro::kube
