#include "proto/feed_report.h"

#include "proto/feed.pb.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ferro::feed {
namespace {

std::string bytes_of(ip::Address address) {
    if (address.is_ipv4()) {
        const auto bytes = address.ipv4_bytes();
        return {bytes.begin(), bytes.end()};
    }
    const auto bytes = address.ipv6_bytes();
    return {bytes.begin(), bytes.end()};
}

template <std::size_t N>
ip::Address address_of_bytes(const std::string& bytes) {
    std::array<std::uint8_t, N> raw{};
    std::transform(bytes.begin(), bytes.end(), raw.begin(), [](char c) {
        return static_cast<std::uint8_t>(c);
    });
    return ip::Address::from_bytes(raw);
}

Result<ip::Address> address_of(const std::string& bytes) {
    switch (bytes.size()) {
        case 4:
            return address_of_bytes<4>(bytes);
        case 16:
            return address_of_bytes<16>(bytes);
        default:
            return Error{ErrorCode::invalid_input,
                         "an address of " + std::to_string(bytes.size()) + " bytes in a report"};
    }
}

void write_key(const AnnouncementKey& key, v1::Announcement* out) {
    const auto& [service, address, protocol] = key;
    out->set_namespace_name(service.namespace_name);
    out->set_service(service.name);
    out->set_address(bytes_of(address));
    out->set_protocol(protocol == AnnouncementProtocol::layer2 ? v1::PROTOCOL_LAYER2
                                                               : v1::PROTOCOL_BGP);
}

Result<AnnouncementKey> read_key(const v1::Announcement& in) {
    TRY(const auto address, address_of(in.address()));
    AnnouncementKey key{.service = {.namespace_name = in.namespace_name(), .name = in.service()},
                        .address = address,
                        .protocol = AnnouncementProtocol::layer2};
    switch (in.protocol()) {
        case v1::PROTOCOL_LAYER2:
            return key;
        case v1::PROTOCOL_BGP:
            key.protocol = AnnouncementProtocol::bgp;
            return key;
        default:
            return Error{ErrorCode::invalid_input, "an unknown protocol in a report"};
    }
}

}  // namespace

const char* to_string(AnnouncementProtocol protocol) {
    return protocol == AnnouncementProtocol::layer2 ? "layer2" : "bgp";
}

void write_announced(const Announcement& announcement, v1::Report& out) {
    const auto& [key, interfaces, since] = announcement;
    v1::Announcement* wire = out.add_announced();
    write_key(key, wire);
    for (const std::string& interface : interfaces) {
        wire->add_interfaces(interface);
    }
    wire->set_since_unix_ms(since.unix_ms);
}

void write_withdrawn(const AnnouncementKey& key, v1::Report& out) {
    write_key(key, out.add_withdrawn());
}

void write_problem(const Problem& problem, v1::Report& out) {
    const auto& [service, address, reason, message] = problem;
    v1::Problem* wire = out.add_problems();
    wire->set_namespace_name(service.namespace_name);
    wire->set_service(service.name);
    wire->set_address(bytes_of(address));
    wire->set_reason(reason);
    wire->set_message(message);
}

Result<ReportChanges> read_report(const v1::Report& in) {
    ReportChanges report;
    report.announced.reserve(static_cast<std::size_t>(in.announced_size()));
    for (const v1::Announcement& wire : in.announced()) {
        TRY(auto key, read_key(wire));
        report.announced.push_back(
            {.key = std::move(key),
             .interfaces = {wire.interfaces().begin(), wire.interfaces().end()},
             .since = WallTime{wire.since_unix_ms()}});
    }
    report.withdrawn.reserve(static_cast<std::size_t>(in.withdrawn_size()));
    for (const v1::Announcement& wire : in.withdrawn()) {
        TRY(auto key, read_key(wire));
        report.withdrawn.push_back(std::move(key));
    }
    if (in.has_problems()) {
        report.problems.emplace();
        for (const v1::Problem& wire : in.problems()) {
            TRY(const auto address, address_of(wire.address()));
            report.problems->push_back(
                {.service = {.namespace_name = wire.namespace_name(), .name = wire.service()},
                 .address = address,
                 .reason = wire.reason(),
                 .message = wire.message()});
        }
    }
    return report;
}

void write_ref(const model::ObjectRef& ref, v1::Ref& out) {
    const auto& [kind, key] = ref;
    // Object's field numbers are Kind's order from 1 on (tests/proto/feed_objects_test.cc holds
    // them together).
    out.set_kind(static_cast<std::uint32_t>(kind) + 1);
    out.set_namespace_name(key.namespace_name);
    out.set_name(key.name);
}

Result<model::ObjectRef> read_ref(const v1::Ref& in) {
    if (in.kind() < 1 || in.kind() > model::kKindCount) {
        return Error{ErrorCode::not_found, "the name of an object of unknown kind"};
    }
    return model::ObjectRef{.kind = static_cast<model::Kind>(in.kind() - 1),
                            .key = {.namespace_name = in.namespace_name(), .name = in.name()}};
}

}  // namespace ferro::feed
