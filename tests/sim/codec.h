// Codec: how objects travel in every run. The bytes are a number, equal for equal objects of one
// name; what it stands for is looked up. The real encoding has its own tests and costs more than
// all the rest of a run.
#pragma once

#include "core/model/objects.h"

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ferro::sim {

class Codec {
  public:
    std::string encode(const model::ObjectPtr& object) {
        std::vector<std::uint64_t>& versions = versions_[model::ref_of(*object)];
        for (const std::uint64_t number : versions) {
            if (*objects_[number] == *object) {
                return text_of(number);
            }
        }
        versions.push_back(objects_.size());
        objects_.push_back(object);
        return text_of(versions.back());
    }

    [[nodiscard]] const model::ObjectPtr& decode(std::string_view bytes) const {
        std::uint64_t number = 0;
        std::memcpy(&number, bytes.data(), sizeof number);
        return objects_.at(number);
    }

  private:
    static std::string text_of(std::uint64_t number) {
        std::string text(sizeof number, '\0');
        std::memcpy(text.data(), &number, sizeof number);
        return text;
    }

    std::vector<model::ObjectPtr> objects_;
    std::map<model::ObjectRef, std::vector<std::uint64_t>> versions_;
};

}  // namespace ferro::sim
