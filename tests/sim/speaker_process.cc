#include "tests/sim/speaker_process.h"

#include "core/config/parse.h"

#include <algorithm>
#include <utility>

namespace ferro::sim {
namespace {

template <typename T>
bool equal_kind(const model::Picture& a, const model::Picture& b) {
    const auto& one = a.all<T>();
    const auto& other = b.all<T>();
    return std::equal(
        one.begin(), one.end(), other.begin(), other.end(), [](const auto& x, const auto& y) {
            return x.first == y.first && (x.second == y.second || *x.second == *y.second);
        });
}

template <typename... Kinds>
bool equal(const model::Picture& a, const model::Picture& b) {
    return (equal_kind<Kinds>(a, b) && ...);
}

plan::Options options_for(const NodeName& node) {
    plan::Options options;
    options.own_node = node;
    return options;
}

bool bears_on_configuration(model::Kind kind) {
    return kind != model::Kind::service && kind != model::Kind::endpoint_slice;
}

std::string to_text(const reference::Announcement& announcement) {
    std::string text = announcement.owner.empty() ? "nobody" : announcement.owner;
    for (const std::string& interface : announcement.interfaces) {
        text += " " + interface;
    }
    return text;
}

reference::Announcement announcement_of(const plan::Verdict& verdict) {
    reference::Announcement is;
    if (verdict.layer2.owner != nullptr) {
        is.owner = verdict.layer2.owner->value;
        is.all_interfaces = verdict.layer2.interfaces == nullptr;
        if (!is.all_interfaces) {
            for (const InterfaceName& name : *verdict.layer2.interfaces) {
                is.interfaces.insert(name.value);
            }
        }
    }
    return is;
}

}  // namespace

bool ElectionOffice::is_valid(const Snapshot& configuration) {
    const auto [found, is_new] = valid_.try_emplace(configuration.get());
    if (is_new) {
        kept_.push_back(configuration);
        found->second = reference::is_valid(*configuration);
    }
    return found->second;
}

const reference::Pools& ElectionOffice::pools(const Snapshot& configuration) {
    const auto [found, is_new] = pools_.try_emplace(configuration.get());
    if (is_new && is_valid(configuration)) {
        found->second = *reference::read_pools(*configuration);
    }
    return found->second;
}

const ElectionOffice::Answers& ElectionOffice::answers(const Snapshot& state,
                                                       const Snapshot& configuration) {
    const auto [found, is_new] = answers_.try_emplace({state.get(), configuration.get()});
    if (is_new) {
        kept_.push_back(state);
        for (const auto& [key, service] : state->all<model::Service>()) {
            found->second[key] =
                configuration == nullptr
                    ? reference::Announcement{}
                    : reference::announce(*state, *configuration, pools(configuration), *service);
        }
    }
    return found->second;
}

SpeakerProcess::SpeakerProcess(const std::string& node,
                               Codec& codec,
                               ElectionOffice& office,
                               Trace& trace)
    : node_(node), codec_(codec), office_(office), trace_(trace), planner_(options_for(node_)) {}

std::vector<model::Digest> SpeakerProcess::digests() const {
    std::vector<model::Digest> digests;
    for (const auto& [ref, bytes] : held_) {
        digests.push_back({ref, model::digest_of(bytes)});
    }
    return digests;
}

void SpeakerProcess::receive(const FeedMessage& message) {
    for (const std::uint64_t ref : message.removed_by_hash) {
        staged_[ref] = std::nullopt;
    }
    for (const model::ObjectRef& ref : message.removed) {
        staged_[model::digest_of(ref)] = std::nullopt;
    }
    for (const std::string& bytes : message.objects) {
        staged_[model::digest_of(model::ref_of(*codec_.decode(bytes)))] = bytes;
    }
    if (message.snapshot == nullptr) {
        return;
    }
    epoch_ = message.epoch;
    version_ = message.version;
    snapshot_ = message.snapshot;
    apply();
    check();
}

void SpeakerProcess::apply() {
    std::vector<model::ObjectRef> refs;
    bool configuration_changed = version_ != 0 && configuration_ == nullptr;
    for (const auto& [hash, bytes] : std::exchange(staged_, {})) {
        const auto held = held_.find(hash);
        if (bytes ? held != held_.end() && held->second == *bytes : held == held_.end()) {
            continue;
        }
        const model::ObjectPtr object = codec_.decode(bytes ? *bytes : held->second);
        const model::ObjectRef ref = model::ref_of(*object);
        if (bytes) {
            held_[hash] = *bytes;
        } else {
            held_.erase(held);
        }
        picture_.apply({ref, bytes ? object : nullptr});
        configuration_changed = configuration_changed || bears_on_configuration(ref.kind);
        refs.push_back(ref);
    }
    trace_.line(node_.value + ": version " + std::to_string(version_) + ", " +
                std::to_string(refs.size()) + " changes");
    if (configuration_changed) {
        configure();
    }
    for (const plan::VerdictChange& change : planner_.update(picture_, refs)) {
        const auto is =
            change.after == nullptr ? reference::Announcement{} : announcement_of(*change.after);
        trace_.line(node_.value + ": " + change.service.to_string() + " by " + to_text(is));
    }
}

void SpeakerProcess::configure() {
    config::ParseOptions options;
    options.node = node_;
    const config::ParseOutcome outcome = config::parse(picture_, options);
    const bool valid = outcome.configuration != nullptr;
    if (valid) {
        planner_.set_configuration(outcome.configuration);
        configuration_ = snapshot_;
    }
    if (valid != office_.is_valid(snapshot_)) {
        trace_.violation(node_.value + " takes the configuration as " +
                         (valid ? "valid" : "invalid"));
    }
}

void SpeakerProcess::check() {
    // The same state, whatever way it came.
    const bool same = equal<model::Namespace,
                            model::Node,
                            model::IpAddressPool,
                            model::L2Advertisement,
                            model::Service,
                            model::EndpointSlice>(*snapshot_, picture_);
    if (!same) {
        trace_.violation(node_.value + " does not hold what version " + std::to_string(version_) +
                         " holds");
        return;
    }
    for (const auto& [key, due] : office_.answers(snapshot_, configuration_)) {
        check_verdict(key, due);
    }
}

void SpeakerProcess::check_verdict(const model::ServiceKey& service,
                                   const reference::Announcement& due) {
    const plan::VerdictPtr verdict = planner_.verdict_of(service);
    if (verdict == nullptr) {
        trace_.violation(node_.value + " has no verdict on " + service.to_string());
        return;
    }
    if (verdict->held_back) {
        // The service waits under its old pool until the controller has moved it.
        const auto object = snapshot_->find<model::Service>(service);
        if (reference::has_pool(office_.pools(configuration_), *object)) {
            trace_.violation(node_.value + " holds back " + service.to_string() +
                             " though it has a pool");
        }
        return;
    }
    const reference::Announcement is = announcement_of(*verdict);
    if (!(is == due)) {
        trace_.violation(node_.value + " says " + service.to_string() + " is announced by " +
                         to_text(is) + ", the rules say by " + to_text(due));
    }
}

}  // namespace ferro::sim
