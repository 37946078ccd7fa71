#include "kube/wire/node.h"

namespace ferro::kube {

const char* to_string(NodeType type) {
    switch (type) {
        case NodeType::null:
            return "null";
        case NodeType::boolean:
            return "a boolean";
        case NodeType::integer:
            return "an integer";
        case NodeType::number:
            return "a number";
        case NodeType::string:
            return "a string";
        case NodeType::sequence:
            return "a list";
        case NodeType::mapping:
            return "a mapping";
    }
    return "null";
}

const Node* Node::find(std::string_view key) const {
    for (const Member& member : members) {
        if (member.key == key && !member.repeated) {
            return member.value.get();
        }
    }
    return nullptr;
}

}  // namespace ferro::kube
