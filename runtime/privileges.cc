#include "runtime/privileges.h"

#include "runtime/files.h"

#include <sys/capability.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <memory>

namespace ferro::runtime {
namespace {

struct CapDeleter {
    void operator()(cap_t set) const { cap_free(set); }
};

using CapSet = std::unique_ptr<std::remove_pointer_t<cap_t>, CapDeleter>;

cap_value_t number_of(Capability capability) {
    switch (capability) {
        case Capability::net_admin:
            return CAP_NET_ADMIN;
        case Capability::net_bind_service:
            return CAP_NET_BIND_SERVICE;
        case Capability::net_raw:
            return CAP_NET_RAW;
    }
    return CAP_NET_RAW;
}

Error refused(const std::string& intent) {
    const ErrorCode code = errno == EPERM ? ErrorCode::permission_denied : ErrorCode::internal;
    return Error{code, intent + ": " + std::strerror(errno)};
}

bool is_effective(cap_value_t number) {
    const CapSet set{cap_get_proc()};
    cap_flag_value_t value = CAP_CLEAR;
    return set && cap_get_flag(set.get(), number, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET;
}

// The bounding set caps what an exec could bring back. Only CAP_SETPCAP may change it; without that
// no_new_privs does the same.
void drop_bounding_set(const std::vector<cap_value_t>& kept) {
    for (cap_value_t number = 0; CAP_IS_SUPPORTED(number); ++number) {
        if (std::find(kept.begin(), kept.end(), number) == kept.end()) {
            cap_drop_bound(number);
        }
    }
}

std::uint64_t hex_field(const std::string& status, const std::string& name) {
    const std::size_t at = status.find(name);
    std::uint64_t value = 0;
    if (at != std::string::npos) {
        const char* first = status.data() + at + name.size();
        std::from_chars(first, status.data() + status.size(), value, 16);
    }
    return value;
}

// Whether each thread of the process holds no more than `allowed`, a bit per capability.
Result<void> check_threads(std::uint64_t allowed) {
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
        const Result<std::string> status = read_small_file(task.path() / "status", 1 << 16);
        if (status && (hex_field(*status, "CapPrm:\t") & ~allowed) != 0) {
            return Error{ErrorCode::conflict,
                         "thread " + task.path().filename().string() +
                             " was started before capabilities were dropped and keeps them"};
        }
    }
    return {};
}

}  // namespace

const char* to_string(Capability capability) {
    switch (capability) {
        case Capability::net_admin:
            return "CAP_NET_ADMIN";
        case Capability::net_bind_service:
            return "CAP_NET_BIND_SERVICE";
        case Capability::net_raw:
            return "CAP_NET_RAW";
    }
    return "CAP_NET_RAW";
}

bool has_capability(Capability capability) {
    return is_effective(number_of(capability));
}

Result<void> require_capability(Capability capability, const std::string& purpose) {
    if (has_capability(capability)) {
        return {};
    }
    const std::string name = to_string(capability);
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return Error{ErrorCode::permission_denied,
                 name + " is missing, needed " + purpose + " (this process has " +
                     effective_capabilities() + "). Start it as root, or give the file the " +
                     "capability (setcap " + lower + "+ep FILE), or in Kubernetes add " +
                     name.substr(4) + " to the container's securityContext.capabilities.add"};
}

Result<void> keep_only(const std::vector<Capability>& kept) {
    std::vector<cap_value_t> numbers;
    std::uint64_t allowed = 0;
    const CapSet now{cap_get_proc()};
    const CapSet wanted{cap_init()};
    if (!now || !wanted) {
        return refused("reading capabilities");
    }
    for (const Capability capability : kept) {
        const cap_value_t number = number_of(capability);
        cap_flag_value_t permitted = CAP_CLEAR;
        cap_get_flag(now.get(), number, CAP_PERMITTED, &permitted);
        if (permitted == CAP_SET) {
            numbers.push_back(number);
            allowed |= std::uint64_t{1} << static_cast<unsigned>(number);
        }
    }
    const int count = static_cast<int>(numbers.size());
    if (count > 0 &&
        (cap_set_flag(wanted.get(), CAP_PERMITTED, count, numbers.data(), CAP_SET) != 0 ||
         cap_set_flag(wanted.get(), CAP_EFFECTIVE, count, numbers.data(), CAP_SET) != 0)) {
        return refused("building the capability set");
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return refused("setting no_new_privs");
    }
    drop_bounding_set(numbers);
    cap_reset_ambient();
    if (cap_set_proc(wanted.get()) != 0) {
        return refused("dropping capabilities");
    }
    return check_threads(allowed);
}

std::string effective_capabilities() {
    std::string names;
    for (cap_value_t number = 0; CAP_IS_SUPPORTED(number); ++number) {
        if (!is_effective(number)) {
            continue;
        }
        char* name = cap_to_name(number);
        std::string text = name == nullptr ? "cap_" + std::to_string(number) : name;
        cap_free(name);
        std::transform(text.begin(), text.end(), text.begin(), [](char c) {
            return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        });
        names += (names.empty() ? "" : " ") + text;
    }
    return names.empty() ? "none" : names;
}

}  // namespace ferro::runtime
