#include "cli/render/table.h"
#include "cli/render/text.h"

#include <algorithm>

namespace ferro::cli {

namespace {

std::string announcers_text(const control::Service& service) {
    std::vector<std::string> texts;
    for (const control::Announcer& announcer : service.announced_by) {
        const std::string by =
            announcer.interfaces.empty() ? announcer.protocol : comma_list(announcer.interfaces);
        texts.push_back(announcer.node + " (" + by + ")");
    }
    return texts.empty() ? "-" : comma_list(texts);
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

std::string since_text(const control::Service& service, const Style& style) {
    if (service.since_unix_ms == 0) {
        return "-";
    }
    return style.wide ? timestamp(service.since_unix_ms)
                      : age(style.now.unix_ms - service.since_unix_ms);
}

Tone verdict_tone(const control::Service& service) {
    if (service.announced) {
        return Tone::good;
    }
    return service.should_announce ? Tone::bad : Tone::dim;
}

std::string overall(const StatusSummary& summary, const Style& style) {
    const auto services = [](std::size_t n) {
        return std::to_string(n) + (n == 1 ? " service" : " services");
    };
    if (summary.services == 0) {
        return toned(style, Tone::dim, "no services");
    }
    if (summary.missing.empty()) {
        return toned(style, Tone::good, "ok") + ": " + std::to_string(summary.announced) + " of " +
               services(summary.services) + " announced, none missing";
    }
    return toned(style, Tone::bad, "not ok") + ": " + services(summary.missing.size()) + " of " +
           std::to_string(summary.services) + " should be announced and " +
           (summary.missing.size() == 1 ? "is" : "are") + " not; ferroctl explain " +
           summary.missing.front()->key() + " tells why";
}

}  // namespace

StatusSummary summarise(const std::vector<control::Service>& services) {
    StatusSummary summary{.services = services.size(), .announced = 0, .missing = {}};
    for (const control::Service& service : services) {
        summary.announced += service.announced ? 1 : 0;
        if (service.should_announce && !service.announced) {
            summary.missing.push_back(&service);
        }
    }
    return summary;
}

std::string render_status(const std::vector<control::Service>& services,
                          const std::vector<std::string>& conditions,
                          const Style& style) {
    std::string out = overall(summarise(services), style) + "\n";
    for (const std::string& condition : conditions) {
        out += toned(style, Tone::bad, "controller") + ": " + condition + "\n";
    }
    if (services.empty()) {
        return out;
    }
    std::vector<Column> columns = {{"SERVICE"},
                                   {"ADDRESS", Align::left, true},
                                   {"POOL"},
                                   {"ANNOUNCED BY", Align::left, true},
                                   {"SINCE"},
                                   {"VERDICT", Align::left, false}};
    if (style.wide) {
        columns.push_back({"REASON"});
    }
    Table table(std::move(columns));
    for (const control::Service& service : services) {
        std::vector<Cell> row = {service.key(),
                                 or_dash(comma_list(service.ips)),
                                 or_dash(service.pool),
                                 announcers_text(service),
                                 since_text(service, style),
                                 Cell(or_dash(service.verdict), verdict_tone(service))};
        if (style.wide) {
            row.emplace_back(service.reason);
        }
        table.add(std::move(row));
    }
    return out + "\n" + table.render(style);
}

}  // namespace ferro::cli
