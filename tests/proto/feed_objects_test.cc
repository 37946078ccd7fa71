// Objects and reports go over the wire and come back equal. That every field of the model is
// written is held at compile time (the structured bindings in proto/feed_objects.cc); that every
// field that is written is also read, and that no two share a number, is shown here with objects
// whose fields are all away from their defaults.
#include "proto/feed_objects.h"

#include "proto/feed.pb.h"
#include "proto/feed_endpoint.h"
#include "proto/feed_report.h"
#include "tests/proto/every_field.h"

#include <gtest/gtest.h>

namespace ferro::feed {
namespace {

TEST(FeedObjects, ComeBackEqualWithEveryFieldSet) {
    const auto objects = every_kind_with_every_field();
    ASSERT_EQ(objects.size(), model::kKindCount);
    for (const model::Object& object : objects) {
        const auto back = decode_object(encode_object(object));
        ASSERT_TRUE(back) << back.error().context;
        EXPECT_EQ(*back, object) << model::ref_of(object).to_string();
    }
}

TEST(FeedObjects, ComeBackEqualWithEveryFieldAtItsDefault) {
    for (const model::Object& object : every_kind_with_defaults()) {
        const auto back = decode_object(encode_object(object));
        ASSERT_TRUE(back) << back.error().context;
        EXPECT_EQ(*back, object) << object.index();
    }
}

TEST(FeedObjects, FieldNumbersOfKindsAreTheOrderOfKinds) {
    for (const model::Object& object : every_kind_with_defaults()) {
        v1::Object wire;
        ASSERT_TRUE(wire.ParseFromString(encode_object(object)));
        EXPECT_EQ(static_cast<std::size_t>(wire.kind_case()),
                  static_cast<std::size_t>(model::kind_of(object)) + 1);
        v1::Ref ref;
        write_ref(model::ref_of(object), ref);
        EXPECT_EQ(static_cast<std::size_t>(wire.kind_case()), ref.kind());
        const auto back = read_ref(ref);
        ASSERT_TRUE(back);
        EXPECT_EQ(*back, model::ref_of(object));
    }
}

TEST(FeedObjects, RefusesNumbersThatMeanNothing) {
    const auto refuses = [](const auto& spoil) {
        v1::Object wire;
        spoil(wire);
        const auto back = decode_object(wire.SerializeAsString());
        return !back && back.error().code == ErrorCode::invalid_input;
    };
    EXPECT_TRUE(refuses(
        [](v1::Object& o) { o.mutable_service()->set_type(static_cast<v1::ServiceType>(4)); }));
    EXPECT_TRUE(refuses([](v1::Object& o) {
        o.mutable_service()->set_ip_family_policy(static_cast<v1::IpFamilyPolicy>(-1));
    }));
    EXPECT_TRUE(refuses([](v1::Object& o) {
        o.mutable_service()->set_external_traffic_policy(static_cast<v1::TrafficPolicy>(2));
    }));
    EXPECT_TRUE(refuses(
        [](v1::Object& o) { o.mutable_service()->add_ip_families(static_cast<v1::IpFamily>(9)); }));
    EXPECT_TRUE(refuses([](v1::Object& o) { o.mutable_service()->add_ports()->set_port(65536); }));
    EXPECT_TRUE(refuses([](v1::Object& o) { o.mutable_bgp_peer()->set_peer_port(70000); }));
    EXPECT_TRUE(refuses([](v1::Object& o) {
        o.mutable_l2_advertisement()->add_node_selectors()->add_match_expressions()->set_op(
            static_cast<v1::SelectorOperator>(77));
    }));
}

TEST(FeedObjects, TellsAnUnknownKindFromBrokenBytes) {
    const auto broken = decode_object("\xFF\xFF\xFF");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::invalid_input);
    // Field 99, length 0: what a later release may send.
    const auto newer = decode_object(std::string_view("\x9A\x06\x00", 3));
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, ErrorCode::not_found);
}

TEST(FeedReport, ComesBackEqual) {
    const Announcement layer2{.key = {.service = {.namespace_name = "a", .name = "b"},
                                      .address = ip::Address::parse("10.0.0.1").value(),
                                      .protocol = AnnouncementProtocol::layer2},
                              .interfaces = {"eth0", "eth1"},
                              .since = WallTime{1'700'000'000'123}};
    const AnnouncementKey bgp{.service = {.namespace_name = "c", .name = "d"},
                              .address = ip::Address::parse("fd00::1").value(),
                              .protocol = AnnouncementProtocol::bgp};
    const Problem problem{.service = {.namespace_name = "a", .name = "b"},
                          .address = ip::Address::parse("10.0.0.2").value(),
                          .reason = "announceFailed",
                          .message = "no interface of [eth9] is here"};
    v1::Report wire;
    write_announced(layer2, wire);
    write_withdrawn(bgp, wire);
    write_problem(problem, wire);
    wire.set_has_problems(true);
    const auto back = read_report(wire);
    ASSERT_TRUE(back);
    EXPECT_EQ(
        *back,
        (ReportChanges{
            .announced = {layer2}, .withdrawn = {bgp}, .problems = std::vector<Problem>{problem}}));
}

TEST(FeedReport, RefusesAddressesAndProtocolsThatMeanNothing) {
    v1::Report wire;
    wire.add_withdrawn()->set_address("12345");
    EXPECT_FALSE(read_report(wire));
    wire.Clear();
    wire.add_announced()->set_address("1234");
    EXPECT_FALSE(read_report(wire));
}

TEST(FeedEndpoint, ParsesBothForms) {
    const auto socket = FeedEndpoint::parse("unix:/run/feed.sock");
    ASSERT_TRUE(socket);
    EXPECT_EQ(socket->path, "/run/feed.sock");
    const auto tcp = FeedEndpoint::parse("10.0.0.1:7473");
    ASSERT_TRUE(tcp);
    EXPECT_EQ(tcp->host, "10.0.0.1");
    EXPECT_EQ(tcp->port, 7473);
    const auto v6 = FeedEndpoint::parse("[fd00::1]:1");
    ASSERT_TRUE(v6);
    EXPECT_EQ(v6->host, "fd00::1");
    EXPECT_EQ(v6->to_string(), "[fd00::1]:1");
    for (const char* text : {"",
                             "unix:",
                             "host",
                             "host:",
                             "host:65536",
                             "host:1x",
                             "fd00::1:7473",
                             ":7473",
                             "[h]:1"}) {
        EXPECT_FALSE(FeedEndpoint::parse(text)) << text;
    }
}

TEST(FeedEndpoint, RefusesPlainTcpBeyondLoopbackUnlessItIsSaidOutLoud) {
    const TlsFiles none;
    const TlsFiles some{.certificate = "c", .key = "", .authority = ""};
    const TlsFiles all{.certificate = "c", .key = "k", .authority = "a"};
    const auto allowed = [](const char* text, const TlsFiles& tls, PlainTcp plain) {
        return check_transport(FeedEndpoint::parse(text).value(), tls, plain).has_value();
    };
    EXPECT_TRUE(allowed("unix:/x", none, PlainTcp::loopback_only));
    EXPECT_TRUE(allowed("127.0.0.1:1", none, PlainTcp::loopback_only));
    EXPECT_TRUE(allowed("localhost:1", none, PlainTcp::loopback_only));
    EXPECT_TRUE(allowed("[::1]:1", none, PlainTcp::loopback_only));
    EXPECT_FALSE(allowed("0.0.0.0:1", none, PlainTcp::loopback_only));
    EXPECT_FALSE(allowed("[::]:1", none, PlainTcp::loopback_only));
    EXPECT_FALSE(allowed("localhost.example:1", none, PlainTcp::loopback_only));
    EXPECT_TRUE(allowed("0.0.0.0:1", none, PlainTcp::anywhere));
    EXPECT_TRUE(allowed("0.0.0.0:1", all, PlainTcp::loopback_only));
    EXPECT_FALSE(allowed("127.0.0.1:1", some, PlainTcp::anywhere));
}

}  // namespace
}  // namespace ferro::feed
