// Pools, speakers and the version: what there is.
#include "cli/render/table.h"
#include "cli/render/text.h"

namespace ferro::cli {

namespace {

// An IPv6 range has up to 39 digits; past ten, three of them and the size say enough.
std::string count_text(const std::string& decimal, const Style& style) {
    if (decimal.size() <= 10 || style.wide) {
        return decimal;
    }
    return decimal.substr(0, 1) + "." + decimal.substr(1, 2) + "e" +
           std::to_string(decimal.size() - 1);
}

Tone free_tone(const std::string& free) {
    return free == "0" ? Tone::warn : Tone::plain;
}

std::string pool_remarks(const control::Pool& pool) {
    std::vector<std::string> remarks;
    if (!pool.auto_assign) {
        remarks.emplace_back("on request only");
    }
    if (pool.avoid_buggy_ips) {
        remarks.emplace_back("avoids .0 and .255");
    }
    return comma_list(remarks);
}

}  // namespace

std::string render_pools(const std::vector<control::Pool>& pools, const Style& style) {
    if (pools.empty()) {
        return toned(style, Tone::dim, "no pools") + "\n";
    }
    Table table({{"POOL"},
                 {"RANGE"},
                 {"USED", Align::right},
                 {"FREE", Align::right},
                 {"ADVERTISED BY", Align::left, true},
                 {"REMARKS", Align::left, true}});
    for (const control::Pool& pool : pools) {
        const Cell advertised = pool.advertised_by.empty() ? Cell("nothing", Tone::bad)
                                                           : Cell(comma_list(pool.advertised_by));
        bool first = true;
        for (const control::PoolRange& range : pool.ranges) {
            table.add({first ? pool.name : "",
                       range.range,
                       count_text(range.used, style),
                       Cell(count_text(range.free, style), free_tone(range.free)),
                       first ? advertised : Cell(""),
                       first ? pool_remarks(pool) : ""});
            first = false;
        }
        if (pool.ranges.size() != 1) {
            const auto total =
                [&](const char* what, const std::string& used, const std::string& free) {
                    table.add({first ? pool.name : "",
                               Cell(what, Tone::dim),
                               count_text(used, style),
                               Cell(count_text(free, style), free_tone(free)),
                               first ? advertised : Cell(""),
                               first ? pool_remarks(pool) : ""});
                    first = false;
                };
            if (pool.used_ipv4 != "0" || pool.free_ipv4 != "0") {
                total("all of IPv4", pool.used_ipv4, pool.free_ipv4);
            }
            if (pool.used_ipv6 != "0" || pool.free_ipv6 != "0") {
                total("all of IPv6", pool.used_ipv6, pool.free_ipv6);
            }
        }
    }
    return table.render(style);
}

std::string render_speakers(const control::Speakers& speakers, const Style& style) {
    std::size_t connected = 0;
    Table table({{"NODE"},
                 {"CONNECTED"},
                 {"FEED VERSION", Align::right},
                 {"HEARD", Align::left},
                 {"ANNOUNCES", Align::right},
                 {"FROM"},
                 {"VERSION"}});
    for (const control::Speaker& speaker : speakers.speakers) {
        connected += speaker.connected ? 1 : 0;
        const bool behind = speaker.feed_version < speakers.feed_version;
        table.add({speaker.node,
                   speaker.connected ? Cell("yes", Tone::good) : Cell("no", Tone::bad),
                   Cell(std::to_string(speaker.feed_version), behind ? Tone::warn : Tone::plain),
                   speaker.feed_age_ms < 0 ? "never" : age(speaker.feed_age_ms) + " ago",
                   std::to_string(speaker.announces),
                   speaker.peer.empty() ? "-" : speaker.peer,
                   speaker.version.empty() ? "-" : speaker.version});
    }
    const std::size_t all = speakers.speakers.size();
    const std::string overall =
        all == 0 ? toned(style, Tone::bad, "no speaker has ever connected")
                 : toned(style,
                         connected == all ? Tone::good : Tone::bad,
                         std::to_string(connected) + " of " + std::to_string(all)) +
                       (all == 1 ? " speaker" : " speakers") + " connected; feed version " +
                       std::to_string(speakers.feed_version);
    return overall + "\n" + (all == 0 ? "" : "\n" + table.render(style));
}

std::string render_version(const ClientVersion& client,
                           const control::Version* controller,
                           const Style& style) {
    std::string out = "ferroctl    " + client.version + " (" + client.commit + ")\n";
    if (controller == nullptr) {
        return out;
    }
    out += "controller  " + controller->version + " (" + controller->commit + "), up " +
           age(controller->uptime_ms) + "\n";
    out += "source      " + controller->source +
           (controller->source_detail.empty() ? "" : " " + controller->source_detail) + ", " +
           (controller->synchronised ? toned(style, Tone::good, "synchronised")
                                     : toned(style, Tone::bad, "not synchronised yet")) +
           (controller->picture_age_ms < 0
                ? ""
                : ", last change " + age(controller->picture_age_ms) + " ago") +
           "\n";
    out += "feed        version " + std::to_string(controller->feed_version) + "\n";
    for (const std::string& condition : controller->conditions) {
        out += toned(style, Tone::bad, "condition") + "   " + condition + "\n";
    }
    return out;
}

}  // namespace ferro::cli
