// A host that asks by ARP, thousands of addresses at a time, and sees every ARP frame that comes in
// on its interface: one packet socket, frames sent and received in batches of system calls.
//
// Threads: each object by one thread at a time.
#pragma once

#include "core/ip/address.h"
#include "speaker/layer2/wire/arp.h"
#include "tests/support/netns.h"

#include <chrono>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace ferro::test {

class ArpClient {
  public:
    /// `own` is the sender address of its questions. The socket's buffer holds tens of thousands of
    /// frames, so that a burst is seen whole.
    ArpClient(const NetNamespace& ns, const std::string& interface, ip::Address own);
    ~ArpClient();
    ArpClient(const ArpClient&) = delete;
    ArpClient& operator=(const ArpClient&) = delete;

    /// One broadcast request for each. `from` is the sender address; answers carry it as target, so
    /// that they can be told from those to other questions.
    void ask(std::span<const ip::Address> targets) { ask(targets, own_); }

    void ask(std::span<const ip::Address> targets, ip::Address from);

    /// What has come in, waiting up to `timeout` for the first frame. At most a few hundred.
    std::vector<layer2::ArpFrame> receive(std::chrono::milliseconds timeout);

    /// Whether `frame` is an answer to this client.
    [[nodiscard]] bool is_answer(const layer2::ArpFrame& frame) const;

    [[nodiscard]] layer2::MacAddress mac() const { return mac_; }

  private:
    int fd_ = -1;
    layer2::MacAddress mac_;
    ip::Address own_;
};

/// Asks for all of `targets` until each has been answered once; 256 questions at a time, a pause of
/// 5 ms when nobody answers. False when `timeout` passes first: `unanswered` then has the rest.
bool all_answered(ArpClient& client,
                  const std::vector<ip::Address>& targets,
                  std::chrono::milliseconds timeout,
                  std::vector<ip::Address>* unanswered = nullptr);

/// Asks once for each of `targets`, and until `timeout` after the last reply collects who answered.
std::map<ip::Address, std::set<layer2::MacAddress>> who_answers(
    ArpClient& client, const std::vector<ip::Address>& targets, std::chrono::milliseconds timeout);

/// Every frame that comes in until none has for `quiet`.
std::vector<layer2::ArpFrame> frames_until_quiet(ArpClient& client,
                                                 std::chrono::milliseconds quiet);

/// "02:00:00:00:00:01"
layer2::MacAddress parse_mac(const std::string& text);

}  // namespace ferro::test
