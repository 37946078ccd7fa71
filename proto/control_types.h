// What the controller tells ferroctl, as plain values: the controller fills them,
// proto/control.proto carries them, cli/render prints them. Field names are those of `ferroctl -o
// json`.
#pragma once

#include "core/model/finding.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ferro::control {

/// One node that says that it answers for the service's addresses.
struct Announcer {
    std::string node;
    std::string protocol;                 ///< "layer2" or "bgp"
    std::vector<std::string> interfaces;  ///< empty for bgp
    friend bool operator==(const Announcer&, const Announcer&) = default;
};

struct Service {
    std::string namespace_name;
    std::string name;
    std::vector<std::string> ips;
    std::string pool;  ///< empty = none
    std::vector<Announcer> announced_by;
    std::int64_t since_unix_ms = 0;  ///< when the addresses were given; 0 = not known
    std::string verdict;             ///< "announced", or the word of the first gate that said no
    std::string reason;              ///< one sentence for people; may be empty
    /// Somebody expects an answer at the address: false for a service that is not ours to serve.
    bool should_announce = false;
    bool announced = false;  ///< a speaker says that it answers

    [[nodiscard]] std::string key() const { return namespace_name + "/" + name; }

    friend bool operator==(const Service&, const Service&) = default;
};

/// Counts are decimal texts: an IPv6 range has more addresses than 64 bits count.
struct PoolRange {
    std::string range;   ///< as the manifest says it
    std::string family;  ///< "ipv4" or "ipv6"
    std::string size;
    std::string used;
    std::string free;
    friend bool operator==(const PoolRange&, const PoolRange&) = default;
};

struct Pool {
    std::string name;
    bool auto_assign = true;
    bool avoid_buggy_ips = false;
    std::vector<PoolRange> ranges;
    std::string used_ipv4 = "0";
    std::string free_ipv4 = "0";
    std::string used_ipv6 = "0";
    std::string free_ipv6 = "0";
    std::vector<std::string> advertised_by;  ///< "L2Advertisement/name"
    friend bool operator==(const Pool&, const Pool&) = default;
};

struct Speaker {
    std::string node;
    bool connected = false;
    std::uint64_t feed_version = 0;  ///< that it says it has applied
    std::int64_t feed_age_ms = -1;   ///< since it last said so; -1 = it never did
    std::uint64_t announces = 0;     ///< addresses
    std::string peer;                ///< where it connects from
    std::string version;             ///< of its program
    friend bool operator==(const Speaker&, const Speaker&) = default;
};

struct Speakers {
    std::vector<Speaker> speakers;
    std::uint64_t feed_version = 0;  ///< the newest that there is
    friend bool operator==(const Speakers&, const Speakers&) = default;
};

struct Finding {
    std::string severity;  ///< "error", "warning", "info"
    std::string rule;
    std::string kind;
    std::string namespace_name;
    std::string name;
    std::string field;
    std::string message;
    std::string remedy;
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    friend bool operator==(const Finding&, const Finding&) = default;
};

/// The same finding in words.
Finding finding_of(const model::Finding& finding);

enum class Answer : std::uint8_t {
    yes,
    no,
    not_reached,  ///< a gate before it said no
};

/// "yes", "no", "not_reached".
const char* to_string(Answer answer);

/// One question on the way from a manifest to a frame.
struct Gate {
    std::string gate;      ///< stable word
    std::string protocol;  ///< "layer2", "bgp"; empty before the protocols part
    std::string question;  ///< for people; the word is printed when it is empty
    Answer answer = Answer::not_reached;
    std::string reason;  ///< with "no": the word that log, metric and event have too
    std::string evidence;
    std::string remedy;  ///< only with "no"
    friend bool operator==(const Gate&, const Gate&) = default;
};

/// One node, as the decision saw it.
struct NodeView {
    std::string node;
    std::string layer2;      ///< "announced" or the word why not
    std::string bgp;         ///< the same
    std::uint32_t rank = 0;  ///< in the election; 1 = owner, 0 = no candidate
    std::uint32_t endpoints_serving = 0;
    std::uint32_t endpoints_total = 0;
    friend bool operator==(const NodeView&, const NodeView&) = default;
};

struct Explanation {
    Service service;
    std::vector<Gate> gates;  ///< in the order in which they are asked
    std::vector<NodeView> nodes;
    friend bool operator==(const Explanation&, const Explanation&) = default;
};

struct Version {
    std::string version;
    std::string commit;
    std::string source;         ///< "manifests", "kubernetes"
    std::string source_detail;  ///< the folder or server
    bool synchronised = false;
    std::int64_t picture_age_ms = -1;  ///< since the picture last changed; -1 = there is none yet
    std::uint64_t feed_version = 0;
    std::int64_t uptime_ms = 0;
    /// What is wrong with the daemon itself, a sentence each: "ledger: no space left on device".
    std::vector<std::string> conditions;
    friend bool operator==(const Version&, const Version&) = default;
};

}  // namespace ferro::control
