// Reads the Community objects into one table of aliases (spec 8.5).
#include "core/config/checks.h"

namespace ferro::config {

CommunityAliases read_communities(const Input& input, Report& report) {
    CommunityAliases aliases;
    for (const auto& object : input.communities) {
        for (std::size_t i = 0; i < object->communities.size(); ++i) {
            const model::CommunityAlias& alias = object->communities[i];
            const std::string field = indexed("spec.communities", i);
            const auto value = parse_community(alias.value);
            if (!value) {
                report.error(
                    Rule::invalid_community,
                    {ref_to(*object),
                     field + ".value",
                     "parsing community " + quoted(alias.name) + ": " + value.error().context,
                     "write A:B with parts up to 65535, or large:A:B:C with parts up to "
                     "4294967295"});
                continue;
            }
            if (!aliases.emplace(alias.name, *value).second) {
                report.error(Rule::duplicate_community,
                             {ref_to(*object),
                              field + ".name",
                              "duplicate definition of community " + quoted(alias.name),
                              "give each alias one value, over all Community objects"});
            }
        }
    }
    return aliases;
}

}  // namespace ferro::config
