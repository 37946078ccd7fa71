#include "cli/render/table.h"
#include "cli/render/text.h"

namespace ferro::cli {

namespace {

// A protocol that nobody asked for says no at its first gate; that matters only if no other one
// announces.
bool is_blocking(const control::Explanation& explanation, const control::Gate& gate) {
    return gate.answer == control::Answer::no && !explanation.service.announced;
}

Cell mark_of(const control::Explanation& explanation, const control::Gate& gate) {
    switch (gate.answer) {
        case control::Answer::yes:
            return {"yes", Tone::good};
        case control::Answer::no:
            return is_blocking(explanation, gate) ? Cell("NO", Tone::bad) : Cell("no", Tone::dim);
        case control::Answer::not_reached:
            return {"-", Tone::dim};
    }
    return {"-", Tone::dim};
}

std::string headline(const control::Explanation& explanation, const Style& style) {
    const control::Service& service = explanation.service;
    std::string text = toned(style, Tone::bold, service.key());
    text += service.ips.empty() ? ": no address" : ": " + comma_list(service.ips);
    if (!service.pool.empty()) {
        text += " from pool " + service.pool;
    }
    if (service.since_unix_ms != 0) {
        text += " since " + timestamp(service.since_unix_ms);
    }
    return text + "\n";
}

std::string gates_table(const control::Explanation& explanation, const Style& style) {
    Table table({{""}, {"GATE"}, {"QUESTION", Align::left, true}, {"EVIDENCE", Align::left, true}});
    for (const control::Gate& gate : explanation.gates) {
        const std::string word =
            gate.protocol.empty() ? gate.gate : gate.protocol + " " + gate.gate;
        const Tone tone = gate.answer == control::Answer::not_reached ? Tone::dim : Tone::plain;
        table.add({mark_of(explanation, gate),
                   Cell(word, tone),
                   Cell(gate.question, tone),
                   Cell(gate.evidence, tone)});
    }
    return table.render(style, 2);
}

std::string nodes_table(const control::Explanation& explanation, const Style& style) {
    Table table({{"NODE"},
                 {"RANK", Align::right},
                 {"LAYER2", Align::left, true},
                 {"BGP", Align::left, true},
                 {"ENDPOINTS", Align::right}});
    for (const control::NodeView& node : explanation.nodes) {
        const auto verdict = [](const std::string& word) {
            return Cell(word.empty() ? "-" : word, word == "announced" ? Tone::good : Tone::plain);
        };
        table.add(
            {node.node,
             node.rank == 0 ? "-" : std::to_string(node.rank),
             verdict(node.layer2),
             verdict(node.bgp),
             std::to_string(node.endpoints_serving) + "/" + std::to_string(node.endpoints_total)});
    }
    return table.render(style, 2);
}

std::string paragraph(const std::string& text, const Style& style) {
    std::string out;
    for (const std::string& line : wrapped(text, style.wide ? text.size() : style.columns)) {
        out += line + "\n";
    }
    return out;
}

std::string conclusion(const control::Explanation& explanation, const Style& style) {
    const control::Service& service = explanation.service;
    if (service.announced) {
        std::vector<std::string> nodes;
        for (const control::Announcer& by : service.announced_by) {
            nodes.push_back(by.node + (by.interfaces.empty() ? " by " + by.protocol
                                                             : " on " + comma_list(by.interfaces)));
        }
        return toned(style, Tone::good, "announced") + " by " + comma_list(nodes) + "\n";
    }
    for (const control::Gate& gate : explanation.gates) {
        if (!is_blocking(explanation, gate)) {
            continue;
        }
        std::string out = toned(style, Tone::bad, "not announced") + ": " +
                          (gate.reason.empty() ? gate.gate : gate.reason) + "\n";
        if (!gate.evidence.empty()) {
            out += paragraph(gate.evidence, style);
        }
        if (!gate.remedy.empty()) {
            out += paragraph("What to do: " + gate.remedy, style);
        }
        return out;
    }
    // Every gate says yes and nobody answers: the plan is made, the speaker has not reported yet.
    return toned(style, Tone::warn, "not announced yet") +
           ": every gate says yes, but no speaker has reported that it answers; see ferroctl "
           "speakers\n";
}

}  // namespace

std::string render_explanations(const std::vector<control::Explanation>& explanations,
                                const Style& style) {
    std::string out;
    for (const control::Explanation& explanation : explanations) {
        out += (out.empty() ? "" : "\n") + headline(explanation, style) + "\n" +
               gates_table(explanation, style) + "\n";
        if (!explanation.nodes.empty()) {
            out += nodes_table(explanation, style) + "\n";
        }
        out += conclusion(explanation, style);
    }
    return out;
}

}  // namespace ferro::cli
