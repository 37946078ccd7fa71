// LinkTable: sequences of kernel messages and the facts that come out of them.
#include "netlink/link_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ferro::netlink {
namespace {

constexpr InterfaceIndex kEth0{2};

Link link_named(const std::string& name, InterfaceIndex index = kEth0) {
    Link link;
    link.index = index;
    link.name = name;
    link.up = true;
    link.running = true;
    return link;
}

ip::Address address(const std::string& text) {
    return ip::Address::parse(text).value();
}

AddressSeen seen(const std::string& text, bool tentative = false) {
    return {kEth0, {address(text), 24, tentative}, address(text)};
}

AddressGone gone(const std::string& text) {
    return {kEth0, {address(text), 24, false}, address(text)};
}

// "changed eth0 up 10.0.0.1", "removed 2"
std::vector<std::string> facts(LinkTable& table) {
    std::vector<std::string> out;
    for (const LinkEvent& event : table.drain_events()) {
        if (const auto* changed = std::get_if<LinkChanged>(&event)) {
            std::string text = "changed " + changed->link.name;
            text += changed->link.up ? " up" : " down";
            for (const InterfaceAddress& held : changed->link.addresses) {
                text += " " + held.address.to_string() + (held.tentative ? "?" : "");
            }
            out.push_back(text);
        } else if (const auto* removed = std::get_if<LinkRemoved>(&event)) {
            out.push_back("removed " + std::to_string(removed->index.value));
        }
    }
    return out;
}

using Facts = std::vector<std::string>;

TEST(LinkTable, TellsABatchOfAddressesOnce) {
    LinkTable table;
    table.apply(LinkSeen{link_named("eth0")});
    table.apply(seen("10.0.0.2"));
    table.apply(seen("10.0.0.1"));
    table.apply(seen("10.0.0.1"));
    EXPECT_EQ(facts(table), Facts{"changed eth0 up 10.0.0.1 10.0.0.2"});
    EXPECT_EQ(facts(table), Facts{});
}

TEST(LinkTable, SaysNothingWhenNothingIsNew) {
    LinkTable table;
    table.apply(LinkSeen{link_named("eth0")});
    facts(table);
    table.apply(LinkSeen{link_named("eth0")});
    table.apply(seen("10.0.0.1"));
    table.apply(gone("10.0.0.1"));
    table.apply(gone("10.0.0.9"));
    EXPECT_EQ(facts(table), Facts{});
}

TEST(LinkTable, KeepsAnAddressThatCameBeforeItsLink) {
    LinkTable table;
    table.apply(seen("10.0.0.1"));
    EXPECT_EQ(facts(table), Facts{});
    table.apply(LinkSeen{link_named("eth0")});
    EXPECT_EQ(facts(table), Facts{"changed eth0 up 10.0.0.1"});
}

TEST(LinkTable, TellsBothEndsOfAFlapWithinOneBatch) {
    LinkTable table;
    table.apply(LinkSeen{link_named("eth0")});
    facts(table);
    Link down = link_named("eth0");
    down.up = false;
    table.apply(LinkSeen{down});
    table.apply(LinkSeen{link_named("eth0")});
    EXPECT_EQ(facts(table), (Facts{"changed eth0 down", "changed eth0 up"}));
}

TEST(LinkTable, TellsTheEndOfALinkWhoseIndexComesBackWithinOneBatch) {
    LinkTable table;
    table.apply(LinkSeen{link_named("eth0")});
    table.apply(seen("10.0.0.1"));
    facts(table);
    table.apply(LinkGone{kEth0});
    table.apply(LinkSeen{link_named("eth0")});
    EXPECT_EQ(facts(table), (Facts{"removed 2", "changed eth0 up"}));
}

TEST(LinkTable, IsSilentAboutALinkThatCameAndWentUnseen) {
    LinkTable table;
    table.apply(LinkSeen{link_named("eth0")});
    table.apply(LinkGone{kEth0});
    table.apply(LinkGone{InterfaceIndex{77}});
    EXPECT_EQ(facts(table), Facts{});
}

TEST(LinkTable, TellsWhenAnAddressStopsBeingTentative) {
    LinkTable table;
    table.apply(LinkSeen{link_named("eth0")});
    table.apply(seen("fe80::1", true));
    EXPECT_EQ(facts(table), Facts{"changed eth0 up fe80::1?"});
    table.apply(seen("fe80::1"));
    EXPECT_EQ(facts(table), Facts{"changed eth0 up fe80::1"});
}

TEST(LinkTable, KeepsALocalAddressWhileOneOfItsTwoPeersIsLeft) {
    LinkTable table;
    const InterfaceAddress local{address("10.0.0.1"), 32, false};
    table.apply(LinkSeen{link_named("eth0")});
    table.apply(AddressSeen{kEth0, local, address("10.0.0.2")});
    table.apply(AddressSeen{kEth0, local, address("10.0.0.3")});
    EXPECT_EQ(facts(table), Facts{"changed eth0 up 10.0.0.1"});
    table.apply(AddressGone{kEth0, local, address("10.0.0.2")});
    EXPECT_EQ(facts(table), Facts{});
    table.apply(AddressGone{kEth0, local, address("10.0.0.3")});
    EXPECT_EQ(facts(table), Facts{"changed eth0 up"});
}

TEST(LinkTable, TellsTheDifferenceAfterARestart) {
    LinkTable table;
    table.apply(LinkSeen{link_named("eth0")});
    table.apply(LinkSeen{link_named("eth1", InterfaceIndex{3})});
    table.apply(LinkSeen{link_named("eth2", InterfaceIndex{4})});
    facts(table);
    table.restart();
    table.apply(LinkSeen{link_named("eth0")});
    table.apply(LinkSeen{link_named("renamed", InterfaceIndex{4})});
    table.apply(LinkSeen{link_named("new", InterfaceIndex{5})});
    EXPECT_EQ(facts(table), (Facts{"removed 3", "changed renamed up", "changed new up"}));
    EXPECT_EQ(table.published().size(), 3U);
}

TEST(Link, CountsOnlyAUsableLinkLocalAddress) {
    Link link;
    EXPECT_FALSE(link.has_ipv6_link_local());
    link.addresses = {{address("fd00::1"), 64, false}, {address("fe80::1"), 64, true}};
    EXPECT_FALSE(link.has_ipv6_link_local());
    link.addresses[1].tentative = false;
    EXPECT_TRUE(link.has_ipv6_link_local());
    EXPECT_EQ(to_string(MacAddress{0x02, 0, 0, 0, 0xAB, 0x0F}), "02:00:00:00:ab:0f");
}

}  // namespace
}  // namespace ferro::netlink
