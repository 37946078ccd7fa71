#include "tests/netns/daemons_support.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace ferro::test {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string text_of(const json::value& value) {
    return std::string(value.as_string());
}

/// The document, or null: while the controller is away, or is being killed, there is none.
json::value document(const Lab& lab, const std::string& what) {
    const CommandResult result = lab.ferroctl({what, "-o", "json"});
    json::error_code error;
    json::value value = json::parse(result.output, error);
    return error ? json::value() : value;
}

}  // namespace

std::map<std::string, StatusRow> status_of(const Lab& lab) {
    std::map<std::string, StatusRow> rows;
    const json::value status = document(lab, "status");
    if (!status.is_object() || !status.as_object().contains("services")) {
        return rows;
    }
    for (const json::value& service : status.at("services").as_array()) {
        StatusRow& row = rows[text_of(service.at("service"))];
        row.announced = service.at("announced").as_bool();
        for (const json::value& address : service.at("ips").as_array()) {
            row.ips.push_back(text_of(address));
        }
        for (const json::value& by : service.at("announced_by").as_array()) {
            row.announced_by.insert(text_of(by.at("node")));
        }
    }
    return rows;
}

std::map<std::string, std::string> addresses_of(const std::map<std::string, StatusRow>& status) {
    std::map<std::string, std::string> addresses;
    for (const auto& [service, row] : status) {
        if (!row.ips.empty()) {
            addresses[service] = row.ips.front();
        }
    }
    return addresses;
}

bool all_announced(const Lab& lab, std::size_t count) {
    const auto status = status_of(lab);
    return status.size() == count && std::all_of(status.begin(), status.end(), [](const auto& row) {
               return row.second.announced && !row.second.ips.empty();
           });
}

bool is_connected(const Lab& lab, const std::string& node) {
    const json::value speakers = document(lab, "speakers");
    if (!speakers.is_object() || !speakers.as_object().contains("speakers")) {
        return false;
    }
    const json::array& rows = speakers.at("speakers").as_array();
    return std::any_of(rows.begin(), rows.end(), [&](const json::value& speaker) {
        return text_of(speaker.at("node")) == node && speaker.at("connected").as_bool();
    });
}

bool is_service_address(ip::Address address) {
    static const ip::Address last = service_address(0x3ffff);
    return address.is_ipv4() && address >= service_address(0) && address <= last;
}

std::vector<layer2::ArpFrame> service_frames(ArpClient& client, milliseconds time) {
    std::vector<layer2::ArpFrame> found;
    const auto deadline = steady_clock::now() + time;
    while (steady_clock::now() < deadline) {
        const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
        for (const layer2::ArpFrame& frame : client.receive(std::max(left, milliseconds{1}))) {
            if (is_service_address(frame.sender_ip)) {
                found.push_back(frame);
            }
        }
    }
    return found;
}

void wait_for_silence(ArpClient& client) {
    while (!service_frames(client, milliseconds{1500}).empty()) {
    }
}

std::size_t count_of(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace ferro::test
