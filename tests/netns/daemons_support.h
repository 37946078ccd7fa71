// What the tests of whole daemons share: `ferroctl status -o json` as values, and what of the
// frames that a client sees is about services.
#pragma once

#include "tests/support/lab.h"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace ferro::test {

struct StatusRow {
    std::vector<std::string> ips;
    std::set<std::string> announced_by;
    bool announced = false;
};

/// By "namespace/name"; empty when the controller does not answer.
std::map<std::string, StatusRow> status_of(const Lab& lab);

/// "10.64.0.7" by "default/service-00007", of those that have an address.
std::map<std::string, std::string> addresses_of(const std::map<std::string, StatusRow>& status);

/// `count` services are there, each with an address and announced.
bool all_announced(const Lab& lab, std::size_t count);

/// Of "host-N", as the controller sees it.
bool is_connected(const Lab& lab, const std::string& node);

/// Everything about service addresses that comes in within `time` (the daemons' own kernels resolve
/// each other on the same LAN).
std::vector<layer2::ArpFrame> service_frames(ArpClient& client, std::chrono::milliseconds time);

bool is_service_address(ip::Address address);

/// Ends when no gratuitous repetition can come any more: they are 1.1 s apart (spec 3.11).
void wait_for_silence(ArpClient& client);

std::size_t count_of(const std::string& text, const std::string& word);

}  // namespace ferro::test
