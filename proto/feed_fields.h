// The pieces of which feed objects are made (texts, labels, selectors, numbers with a range) and
// the two sides of each kind. Only for this room's .cc files: it brings the generated messages.
#pragma once

#include "core/base/result.h"
#include "core/model/objects.h"
#include "proto/feed.pb.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ferro::feed {

using Texts = google::protobuf::RepeatedPtrField<std::string>;
using LabelList = google::protobuf::RepeatedPtrField<v1::Label>;
using SelectorList = google::protobuf::RepeatedPtrField<v1::LabelSelector>;

void write(const std::vector<std::string>& texts, Texts* out);
std::vector<std::string> read(const Texts& in);

void write(const model::Labels& labels, LabelList* out);
model::Labels read(const LabelList& in);

void write(const model::ObjectMeta& meta, v1::Meta* out);
model::ObjectMeta read(const v1::Meta& in);

void write(const model::LabelSelector& selector, v1::LabelSelector* out);
Result<model::LabelSelector> read(const v1::LabelSelector& in);

void write(const std::vector<model::LabelSelector>& selectors, SelectorList* out);
Result<std::vector<model::LabelSelector>> read(const SelectorList& in);

Error out_of_range(const char* field);
Result<std::uint16_t> port_of(std::uint32_t number);

/// Enumerators travel as their numbers. Reading checks the range: proto3 enums are open.
template <typename Enum, typename Wire>
std::optional<Enum> enum_of(Wire number, Enum last) {
    const auto value = static_cast<int>(number);
    if (value < 0 || value > static_cast<int>(last)) {
        return std::nullopt;
    }
    return static_cast<Enum>(value);
}

/// Present in the message exactly when the model has it.
template <typename T, typename Message, typename Setter>
void write_optional(const std::optional<T>& value, Message* out, Setter setter) {
    if (value) {
        (out->*setter)(*value);
    }
}

template <typename T>
std::optional<T> optional_of(bool present, T value) {
    return present ? std::optional<T>(std::move(value)) : std::nullopt;
}

void write(const model::Namespace& object, v1::Object* wrapper);
void write(const model::Node& object, v1::Object* wrapper);
void write(const model::Service& object, v1::Object* wrapper);
void write(const model::EndpointSlice& object, v1::Object* wrapper);
void write(const model::IpAddressPool& object, v1::Object* wrapper);
void write(const model::L2Advertisement& object, v1::Object* wrapper);
void write(const model::BgpAdvertisement& object, v1::Object* wrapper);
void write(const model::BgpPeer& object, v1::Object* wrapper);
void write(const model::BfdProfile& object, v1::Object* wrapper);
void write(const model::Community& object, v1::Object* wrapper);

Result<model::Object> read(const v1::Namespace& in);
Result<model::Object> read(const v1::Node& in);
Result<model::Object> read(const v1::Service& in);
Result<model::Object> read(const v1::EndpointSlice& in);
Result<model::Object> read(const v1::IpAddressPool& in);
Result<model::Object> read(const v1::L2Advertisement& in);
Result<model::Object> read(const v1::BgpAdvertisement& in);
Result<model::Object> read(const v1::BgpPeer& in);
Result<model::Object> read(const v1::BfdProfile& in);
Result<model::Object> read(const v1::Community& in);

}  // namespace ferro::feed
