#include "cli/render/document.h"

#include "cli/render/style.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <algorithm>
#include <array>

namespace ferro::cli {

namespace json = boost::json;

namespace {

// --- trees --------------------------------------------------------------------------------------

json::array texts(const std::vector<std::string>& list) {
    json::array array;
    for (const std::string& text : list) {
        array.emplace_back(text);
    }
    return array;
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value() : json::value(text);
}

json::value number_or_null(std::int64_t number) {
    return number < 0 ? json::value() : json::value(number);
}

json::object tree_of(const control::Service& service) {
    json::array announcers;
    for (const control::Announcer& by : service.announced_by) {
        announcers.push_back(json::object{
            {"node", by.node}, {"protocol", by.protocol}, {"interfaces", texts(by.interfaces)}});
    }
    return {{"service", service.key()},
            {"namespace", service.namespace_name},
            {"name", service.name},
            {"ips", texts(service.ips)},
            {"pool", text_or_null(service.pool)},
            {"announced_by", std::move(announcers)},
            {"since",
             service.since_unix_ms == 0 ? json::value()
                                        : json::value(timestamp(service.since_unix_ms))},
            {"verdict", service.verdict},
            {"reason", text_or_null(service.reason)},
            {"should_announce", service.should_announce},
            {"announced", service.announced}};
}

json::object tree_of(const control::Pool& pool) {
    json::array ranges;
    for (const control::PoolRange& range : pool.ranges) {
        ranges.push_back(json::object{{"range", range.range},
                                      {"family", range.family},
                                      {"size", range.size},
                                      {"used", range.used},
                                      {"free", range.free}});
    }
    return {{"name", pool.name},
            {"auto_assign", pool.auto_assign},
            {"avoid_buggy_ips", pool.avoid_buggy_ips},
            {"used_ipv4", pool.used_ipv4},
            {"free_ipv4", pool.free_ipv4},
            {"used_ipv6", pool.used_ipv6},
            {"free_ipv6", pool.free_ipv6},
            {"advertised_by", texts(pool.advertised_by)},
            {"ranges", std::move(ranges)}};
}

json::object tree_of(const control::Speaker& speaker) {
    return {{"node", speaker.node},
            {"connected", speaker.connected},
            {"feed_version", speaker.feed_version},
            {"feed_age_ms", number_or_null(speaker.feed_age_ms)},
            {"announces", speaker.announces},
            {"peer", text_or_null(speaker.peer)},
            {"version", text_or_null(speaker.version)}};
}

json::object tree_of(const control::Finding& finding) {
    return {{"severity", finding.severity},
            {"rule", finding.rule},
            {"kind", finding.kind},
            {"namespace", text_or_null(finding.namespace_name)},
            {"name", text_or_null(finding.name)},
            {"field", text_or_null(finding.field)},
            {"message", finding.message},
            {"remedy", text_or_null(finding.remedy)},
            {"file", text_or_null(finding.file)},
            {"line", finding.line},
            {"column", finding.column}};
}

json::object tree_of(const control::Explanation& explanation) {
    json::array gates;
    for (const control::Gate& gate : explanation.gates) {
        gates.push_back(json::object{{"gate", gate.gate},
                                     {"protocol", text_or_null(gate.protocol)},
                                     {"question", gate.question},
                                     {"answer", control::to_string(gate.answer)},
                                     {"reason", text_or_null(gate.reason)},
                                     {"evidence", text_or_null(gate.evidence)},
                                     {"remedy", text_or_null(gate.remedy)}});
    }
    json::array nodes;
    for (const control::NodeView& node : explanation.nodes) {
        nodes.push_back(json::object{{"node", node.node},
                                     {"layer2", node.layer2},
                                     {"bgp", node.bgp},
                                     {"rank", node.rank},
                                     {"endpoints_serving", node.endpoints_serving},
                                     {"endpoints_total", node.endpoints_total}});
    }
    return {{"service", tree_of(explanation.service)},
            {"gates", std::move(gates)},
            {"nodes", std::move(nodes)}};
}

template <typename Items>
json::array list_of(const Items& items) {
    json::array list;
    for (const auto& item : items) {
        list.push_back(tree_of(item));
    }
    return list;
}

// --- printing -----------------------------------------------------------------------------------

void print_json(const json::value& value, const std::string& indent, std::string& out) {
    const auto children = [&](const auto& container, char open, char close, const auto& child) {
        if (container.empty()) {
            out += std::string{open, close};
            return;
        }
        out += open;
        bool first = true;
        for (const auto& element : container) {
            out += (first ? "\n" : ",\n") + indent + "  ";
            child(element);
            first = false;
        }
        out += "\n" + indent + close;
    };
    if (const json::object* object = value.if_object()) {
        children(*object, '{', '}', [&](const json::key_value_pair& pair) {
            out += json::serialize(json::value(pair.key())) + ": ";
            print_json(pair.value(), indent + "  ", out);
        });
    } else if (const json::array* array = value.if_array()) {
        children(*array, '[', ']', [&](const json::value& element) {
            print_json(element, indent + "  ", out);
        });
    } else {
        out += json::serialize(value);
    }
}

// Texts that a YAML reader would take for something else.
bool needs_quotes(const std::string& text) {
    constexpr std::array<const char*, 10> kWords = {
        "true", "false", "yes", "no", "on", "off", "null", "~", "y", "n"};
    std::string lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text.empty() || std::find(kWords.begin(), kWords.end(), lower) != kWords.end() ||
           std::string("0123456789+-.").find(text.front()) != std::string::npos;
}

void print_yaml(const json::value& value, YAML::Emitter& out) {
    if (const json::object* object = value.if_object()) {
        out << YAML::BeginMap;
        for (const json::key_value_pair& pair : *object) {
            out << YAML::Key << std::string(pair.key()) << YAML::Value;
            print_yaml(pair.value(), out);
        }
        out << YAML::EndMap;
    } else if (const json::array* array = value.if_array()) {
        out << (array->empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
        for (const json::value& element : *array) {
            print_yaml(element, out);
        }
        out << YAML::EndSeq;
    } else if (const json::string* string = value.if_string()) {
        const std::string text(*string);
        if (needs_quotes(text)) {
            out << YAML::DoubleQuoted;
        }
        out << text;
    } else if (value.is_null()) {
        out << YAML::Null;
    } else {
        out << json::serialize(value);  // numbers and booleans look alike in both
    }
}

std::string print(const json::value& tree, Format format) {
    std::string out;
    if (format == Format::json) {
        print_json(tree, "", out);
    } else {
        YAML::Emitter emitter;
        print_yaml(tree, emitter);
        out = emitter.c_str();
    }
    return out + "\n";
}

}  // namespace

std::string document_of_status(const std::vector<control::Service>& services,
                               const std::vector<std::string>& conditions,
                               Format format) {
    const StatusSummary summary = summarise(services);
    return print(json::object{{"ok", summary.missing.empty()},
                              {"announced", summary.announced},
                              {"missing", summary.missing.size()},
                              {"conditions", texts(conditions)},
                              {"services", list_of(services)}},
                 format);
}

std::string document_of_pools(const std::vector<control::Pool>& pools, Format format) {
    return print(json::object{{"pools", list_of(pools)}}, format);
}

std::string document_of_speakers(const control::Speakers& speakers, Format format) {
    return print(json::object{{"feed_version", speakers.feed_version},
                              {"speakers", list_of(speakers.speakers)}},
                 format);
}

std::string document_of_findings(const std::vector<control::Finding>& findings, Format format) {
    return print(json::object{{"findings", list_of(findings)}}, format);
}

std::string document_of_explanations(const std::vector<control::Explanation>& explanations,
                                     Format format) {
    return print(json::object{{"explanations", list_of(explanations)}}, format);
}

std::string document_of_version(const ClientVersion& client,
                                const control::Version* controller,
                                Format format) {
    json::object tree{{"client", {{"version", client.version}, {"commit", client.commit}}},
                      {"controller", nullptr}};
    if (controller != nullptr) {
        tree["controller"] = {{"version", controller->version},
                              {"commit", controller->commit},
                              {"source", controller->source},
                              {"source_detail", text_or_null(controller->source_detail)},
                              {"synchronised", controller->synchronised},
                              {"picture_age_ms", number_or_null(controller->picture_age_ms)},
                              {"feed_version", controller->feed_version},
                              {"uptime_ms", controller->uptime_ms},
                              {"conditions", texts(controller->conditions)}};
    }
    return print(tree, format);
}

}  // namespace ferro::cli
