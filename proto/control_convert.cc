#include "proto/control_convert.h"

#include "proto/control.pb.h"

#include <utility>

namespace ferro::control {

namespace {

// Bytes of the UTF-8 sequence at the start of `text`; 0 when there is none (RFC 3629, section 4).
std::size_t sequence_length(std::string_view text) {
    const auto byte = [text](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const auto continues = [byte](std::size_t at) { return (byte(at) & 0xC0U) == 0x80U; };
    const unsigned lead = byte(0);
    if (lead < 0x80U) {
        return 1;
    }
    if (lead >= 0xC2U && lead <= 0xDFU) {
        return continues(1) ? 2 : 0;
    }
    if (lead >= 0xE0U && lead <= 0xEFU) {
        const bool overlong = lead == 0xE0U && byte(1) < 0xA0U;
        const bool surrogate = lead == 0xEDU && byte(1) > 0x9FU;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (lead >= 0xF0U && lead <= 0xF4U) {
        const bool overlong = lead == 0xF0U && byte(1) < 0x90U;
        const bool too_large = lead == 0xF4U && byte(1) > 0x8FU;
        return continues(1) && continues(2) && continues(3) && !overlong && !too_large ? 4 : 0;
    }
    return 0;
}

template <typename Repeated>
void encode_texts(const std::vector<std::string>& texts, Repeated* into) {
    for (const std::string& text : texts) {
        *into->Add() = valid_utf8(text);
    }
}

template <typename Repeated>
std::vector<std::string> decode_texts(const Repeated& texts) {
    return {texts.begin(), texts.end()};
}

void encode_service(const Service& service, v1::Service& out) {
    out.set_namespace_(valid_utf8(service.namespace_name));
    out.set_name(valid_utf8(service.name));
    encode_texts(service.ips, out.mutable_ips());
    out.set_pool(valid_utf8(service.pool));
    for (const Announcer& announcer : service.announced_by) {
        v1::Announcer& one = *out.add_announced_by();
        one.set_node(valid_utf8(announcer.node));
        one.set_protocol(valid_utf8(announcer.protocol));
        encode_texts(announcer.interfaces, one.mutable_interfaces());
    }
    out.set_since_unix_ms(service.since_unix_ms);
    out.set_verdict(valid_utf8(service.verdict));
    out.set_reason(valid_utf8(service.reason));
    out.set_should_announce(service.should_announce);
    out.set_announced(service.announced);
}

Service decode_service(const v1::Service& in) {
    Service service{.namespace_name = in.namespace_(),
                    .name = in.name(),
                    .ips = decode_texts(in.ips()),
                    .pool = in.pool(),
                    .announced_by = {},
                    .since_unix_ms = in.since_unix_ms(),
                    .verdict = in.verdict(),
                    .reason = in.reason(),
                    .should_announce = in.should_announce(),
                    .announced = in.announced()};
    for (const v1::Announcer& one : in.announced_by()) {
        service.announced_by.push_back(
            Announcer{one.node(), one.protocol(), decode_texts(one.interfaces())});
    }
    return service;
}

Answer answer_of(std::string_view word) {
    return word == "yes" ? Answer::yes : word == "no" ? Answer::no : Answer::not_reached;
}

void encode_gate(const Gate& gate, v1::Gate& out) {
    out.set_gate(valid_utf8(gate.gate));
    out.set_protocol(valid_utf8(gate.protocol));
    out.set_question(valid_utf8(gate.question));
    out.set_answer(to_string(gate.answer));
    out.set_reason(valid_utf8(gate.reason));
    out.set_evidence(valid_utf8(gate.evidence));
    out.set_remedy(valid_utf8(gate.remedy));
}

void encode_node(const NodeView& node, v1::NodeView& out) {
    out.set_node(valid_utf8(node.node));
    out.set_layer2(valid_utf8(node.layer2));
    out.set_bgp(valid_utf8(node.bgp));
    out.set_rank(node.rank);
    out.set_endpoints_serving(node.endpoints_serving);
    out.set_endpoints_total(node.endpoints_total);
}

}  // namespace

std::string valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            text.remove_prefix(1);
        } else {
            out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return out;
}

void encode(const std::vector<Service>& services, v1::ServicesReply& reply) {
    for (const Service& service : services) {
        encode_service(service, *reply.add_services());
    }
}

std::vector<Service> decode(const v1::ServicesReply& reply) {
    std::vector<Service> services;
    for (const v1::Service& service : reply.services()) {
        services.push_back(decode_service(service));
    }
    return services;
}

void encode(const std::vector<Pool>& pools, v1::PoolsReply& reply) {
    for (const Pool& pool : pools) {
        v1::Pool& out = *reply.add_pools();
        out.set_name(valid_utf8(pool.name));
        out.set_auto_assign(pool.auto_assign);
        out.set_avoid_buggy_ips(pool.avoid_buggy_ips);
        for (const PoolRange& range : pool.ranges) {
            v1::PoolRange& one = *out.add_ranges();
            one.set_range(valid_utf8(range.range));
            one.set_family(valid_utf8(range.family));
            one.set_size(valid_utf8(range.size));
            one.set_used(valid_utf8(range.used));
            one.set_free(valid_utf8(range.free));
        }
        out.set_used_ipv4(valid_utf8(pool.used_ipv4));
        out.set_free_ipv4(valid_utf8(pool.free_ipv4));
        out.set_used_ipv6(valid_utf8(pool.used_ipv6));
        out.set_free_ipv6(valid_utf8(pool.free_ipv6));
        encode_texts(pool.advertised_by, out.mutable_advertised_by());
    }
}

std::vector<Pool> decode(const v1::PoolsReply& reply) {
    std::vector<Pool> pools;
    for (const v1::Pool& in : reply.pools()) {
        Pool pool{.name = in.name(),
                  .auto_assign = in.auto_assign(),
                  .avoid_buggy_ips = in.avoid_buggy_ips(),
                  .ranges = {},
                  .used_ipv4 = in.used_ipv4(),
                  .free_ipv4 = in.free_ipv4(),
                  .used_ipv6 = in.used_ipv6(),
                  .free_ipv6 = in.free_ipv6(),
                  .advertised_by = decode_texts(in.advertised_by())};
        for (const v1::PoolRange& one : in.ranges()) {
            pool.ranges.push_back(
                PoolRange{one.range(), one.family(), one.size(), one.used(), one.free()});
        }
        pools.push_back(std::move(pool));
    }
    return pools;
}

void encode(const Speakers& speakers, v1::SpeakersReply& reply) {
    reply.set_feed_version(speakers.feed_version);
    for (const Speaker& speaker : speakers.speakers) {
        v1::Speaker& out = *reply.add_speakers();
        out.set_node(valid_utf8(speaker.node));
        out.set_connected(speaker.connected);
        out.set_feed_version(speaker.feed_version);
        out.set_feed_age_ms(speaker.feed_age_ms);
        out.set_announces(speaker.announces);
        out.set_peer(valid_utf8(speaker.peer));
        out.set_version(valid_utf8(speaker.version));
    }
}

Speakers decode(const v1::SpeakersReply& reply) {
    Speakers speakers{.speakers = {}, .feed_version = reply.feed_version()};
    for (const v1::Speaker& in : reply.speakers()) {
        speakers.speakers.push_back(Speaker{.node = in.node(),
                                            .connected = in.connected(),
                                            .feed_version = in.feed_version(),
                                            .feed_age_ms = in.feed_age_ms(),
                                            .announces = in.announces(),
                                            .peer = in.peer(),
                                            .version = in.version()});
    }
    return speakers;
}

void encode(const std::vector<Finding>& findings, v1::FindingsReply& reply) {
    for (const Finding& finding : findings) {
        v1::Finding& out = *reply.add_findings();
        out.set_severity(valid_utf8(finding.severity));
        out.set_rule(valid_utf8(finding.rule));
        out.set_kind(valid_utf8(finding.kind));
        out.set_namespace_(valid_utf8(finding.namespace_name));
        out.set_name(valid_utf8(finding.name));
        out.set_field(valid_utf8(finding.field));
        out.set_message(valid_utf8(finding.message));
        out.set_remedy(valid_utf8(finding.remedy));
        out.set_file(valid_utf8(finding.file));
        out.set_line(finding.line);
        out.set_column(finding.column);
    }
}

std::vector<Finding> decode(const v1::FindingsReply& reply) {
    std::vector<Finding> findings;
    for (const v1::Finding& in : reply.findings()) {
        findings.push_back(Finding{.severity = in.severity(),
                                   .rule = in.rule(),
                                   .kind = in.kind(),
                                   .namespace_name = in.namespace_(),
                                   .name = in.name(),
                                   .field = in.field(),
                                   .message = in.message(),
                                   .remedy = in.remedy(),
                                   .file = in.file(),
                                   .line = in.line(),
                                   .column = in.column()});
    }
    return findings;
}

void encode(const std::vector<Explanation>& explanations, v1::ExplainReply& reply) {
    for (const Explanation& explanation : explanations) {
        v1::Explanation& out = *reply.add_explanations();
        encode_service(explanation.service, *out.mutable_service());
        for (const Gate& gate : explanation.gates) {
            encode_gate(gate, *out.add_gates());
        }
        for (const NodeView& node : explanation.nodes) {
            encode_node(node, *out.add_nodes());
        }
    }
}

std::vector<Explanation> decode(const v1::ExplainReply& reply) {
    std::vector<Explanation> explanations;
    for (const v1::Explanation& in : reply.explanations()) {
        Explanation explanation{.service = decode_service(in.service()), .gates = {}, .nodes = {}};
        for (const v1::Gate& gate : in.gates()) {
            explanation.gates.push_back(Gate{.gate = gate.gate(),
                                             .protocol = gate.protocol(),
                                             .question = gate.question(),
                                             .answer = answer_of(gate.answer()),
                                             .reason = gate.reason(),
                                             .evidence = gate.evidence(),
                                             .remedy = gate.remedy()});
        }
        for (const v1::NodeView& node : in.nodes()) {
            explanation.nodes.push_back(NodeView{.node = node.node(),
                                                 .layer2 = node.layer2(),
                                                 .bgp = node.bgp(),
                                                 .rank = node.rank(),
                                                 .endpoints_serving = node.endpoints_serving(),
                                                 .endpoints_total = node.endpoints_total()});
        }
        explanations.push_back(std::move(explanation));
    }
    return explanations;
}

void encode(const Version& version, v1::VersionReply& reply) {
    reply.set_version(valid_utf8(version.version));
    reply.set_commit(valid_utf8(version.commit));
    reply.set_source(valid_utf8(version.source));
    reply.set_source_detail(valid_utf8(version.source_detail));
    reply.set_synchronised(version.synchronised);
    reply.set_picture_age_ms(version.picture_age_ms);
    reply.set_feed_version(version.feed_version);
    reply.set_uptime_ms(version.uptime_ms);
    encode_texts(version.conditions, reply.mutable_conditions());
}

Version decode(const v1::VersionReply& reply) {
    return Version{.version = reply.version(),
                   .commit = reply.commit(),
                   .source = reply.source(),
                   .source_detail = reply.source_detail(),
                   .synchronised = reply.synchronised(),
                   .picture_age_ms = reply.picture_age_ms(),
                   .feed_version = reply.feed_version(),
                   .uptime_ms = reply.uptime_ms(),
                   .conditions = decode_texts(reply.conditions())};
}

}  // namespace ferro::control
