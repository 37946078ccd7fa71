// control_types.h <-> control.proto. Text on its way out is made valid UTF-8 (a label in a manifest
// may hold any bytes, protobuf's strings may not): what is invalid becomes U+FFFD.
#pragma once

#include "proto/control_types.h"

#include <string>
#include <string_view>
#include <vector>

namespace ferro::control {

namespace v1 {
class ServicesReply;
class PoolsReply;
class SpeakersReply;
class FindingsReply;
class ExplainReply;
class VersionReply;
}  // namespace v1

void encode(const std::vector<Service>& services, v1::ServicesReply& reply);
void encode(const std::vector<Pool>& pools, v1::PoolsReply& reply);
void encode(const Speakers& speakers, v1::SpeakersReply& reply);
void encode(const std::vector<Finding>& findings, v1::FindingsReply& reply);
void encode(const std::vector<Explanation>& explanations, v1::ExplainReply& reply);
void encode(const Version& version, v1::VersionReply& reply);

std::vector<Service> decode(const v1::ServicesReply& reply);
std::vector<Pool> decode(const v1::PoolsReply& reply);
Speakers decode(const v1::SpeakersReply& reply);
std::vector<Finding> decode(const v1::FindingsReply& reply);
std::vector<Explanation> decode(const v1::ExplainReply& reply);
Version decode(const v1::VersionReply& reply);

/// The text with everything that is not UTF-8 replaced.
std::string valid_utf8(std::string_view text);

}  // namespace ferro::control
