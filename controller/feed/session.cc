#include "controller/feed/session.h"

#include "core/base/check.h"
#include "runtime/clock.h"

#include <grpc/grpc_security_constants.h>

#include <utility>

namespace ferro::controller {
namespace {

constexpr std::uint32_t kProtocol = 1;

grpc::Status invalid(const std::string& why) {
    return {grpc::StatusCode::INVALID_ARGUMENT, why};
}

}  // namespace

Session::Session(SessionHost& host,
                 feed::v1::Feed::AsyncService& service,
                 grpc::ServerCompletionQueue& queue)
    : host_(host), service_(service), queue_(queue), stream_(&context_) {}

void* Session::tag(Operation& operation) {
    CHECK(operation.session == nullptr, "one operation of a kind is in flight at a time");
    operation.session = shared_from_this();
    return &operation;
}

void Session::accept() {
    service_.RequestConnect(&context_, &stream_, &queue_, &queue_, tag(accept_));
}

void Session::on_accepted(bool ok) {
    if (!ok) {
        return;  // the server shuts down
    }
    accepted_at_ = runtime::monotonic_now();
    host_.accepted(shared_from_this());
    if (!ending_) {
        stream_.Read(&in_, tag(read_));
    }
}

std::optional<std::vector<std::string>> Session::proven_names() const {
    const auto auth = context_.auth_context();
    if (auth == nullptr || !auth->IsPeerAuthenticated()) {
        return std::nullopt;
    }
    std::vector<std::string> names;
    for (const char* property : {GRPC_X509_CN_PROPERTY_NAME, GRPC_PEER_DNS_PROPERTY_NAME}) {
        for (const auto& value : auth->FindPropertyValues(property)) {
            names.emplace_back(value.data(), value.size());
        }
    }
    return names;
}

void Session::on_read(bool ok) {
    if (ending_) {
        return;
    }
    if (!ok) {
        end(grpc::Status::OK);  // the peer closed, or the connection broke
        return;
    }
    const grpc::Status status = handle(in_);
    if (ending_) {
        return;
    }
    if (!status.ok()) {
        end(status);
        return;
    }
    stream_.Read(&in_, tag(read_));
    pump();
}

grpc::Status Session::broken(const std::string& why) {
    host_.refused_protocol();
    return invalid(why);
}

grpc::Status Session::handle(const feed::v1::SpeakerMessage& message) {
    if (message.has_hello()) {
        return named() ? broken("a second Hello") : handle(message.hello());
    }
    if (!named()) {
        return broken("the first message must be a Hello");
    }
    if (message.has_digests()) {
        return handle(message.digests());
    }
    if (message.has_report()) {
        return handle(message.report());
    }
    return grpc::Status::OK;  // something that a newer speaker says
}

grpc::Status Session::handle(const feed::v1::Hello& hello) {
    if (hello.protocol() != kProtocol) {
        host_.refused_protocol();
        return {grpc::StatusCode::FAILED_PRECONDITION,
                "this controller speaks feed protocol " + std::to_string(kProtocol) +
                    ", the speaker " + std::to_string(hello.protocol())};
    }
    if (hello.node_name().empty() || hello.node_name().size() > 253) {
        return broken("a node name has 1 to 253 bytes");
    }
    node_ = NodeName(hello.node_name());
    speaker_version_ = hello.speaker_version().substr(0, 64);
    hello_epoch_ = hello.epoch();
    hello_version_ = hello.version();
    start_owed_ = true;
    return host_.admit(shared_from_this());
}

grpc::Status Session::handle(const feed::v1::Digests& digests) {
    if (digests.refs_size() != digests.contents_size()) {
        return broken("digests of unequal length");
    }
    std::vector<model::Digest> list;
    list.reserve(static_cast<std::size_t>(digests.refs_size()));
    for (int i = 0; i < digests.refs_size(); ++i) {
        list.push_back({.ref = digests.refs(i), .content = digests.contents(i)});
    }
    if (!cursor_.asking()) {
        // Still on its way when a second Start voided the first question: not this peer's fault.
        return grpc::Status::OK;
    }
    if (!cursor_.add_digests(list)) {
        host_.refused_digests();
        return {grpc::StatusCode::RESOURCE_EXHAUSTED, "more digests than this controller takes"};
    }
    if (digests.last() && !cursor_.end_digests(host_.log())) {
        return broken("digests nobody asked for");
    }
    return grpc::Status::OK;
}

grpc::Status Session::handle(const feed::v1::Report& report) {
    auto piece = feed::read_report(report);
    if (!piece) {
        return broken(piece.error().context);
    }
    if (report.applied_version() != 0) {
        host_.applied(*this, report.applied_version());
    }
    if (report.full()) {
        gathered_ = {};
        gathering_full_ = true;
    }
    if (gathered_.announced.size() + gathered_.withdrawn.size() + piece->announced.size() +
            piece->withdrawn.size() >
        host_.announcements_max()) {
        host_.refused_digests();
        return {grpc::StatusCode::RESOURCE_EXHAUSTED,
                "more announcements than this controller keeps"};
    }
    std::move(
        piece->announced.begin(), piece->announced.end(), std::back_inserter(gathered_.announced));
    std::move(
        piece->withdrawn.begin(), piece->withdrawn.end(), std::back_inserter(gathered_.withdrawn));
    if (piece->problems) {
        gathered_.problems = std::move(piece->problems);
    }
    if (report.more()) {
        return grpc::Status::OK;
    }
    const bool full = std::exchange(gathering_full_, false);
    return host_.reported(*this, std::exchange(gathered_, {}), full);
}

void Session::pump() {
    if (ending_ || !named() || write_.session != nullptr) {
        return;
    }
    if (start_owed_ || cursor_.fell_behind(host_.log())) {
        send_start();
        return;
    }
    if (const auto chunk = cursor_.next(host_.log(), host_.chunk_bytes())) {
        send(*chunk);
    }
}

void Session::send_start() {
    const FeedLog& log = host_.log();
    feed::v1::ControllerMessage message;
    feed::v1::Start* start = message.mutable_start();
    start->set_epoch(host_.epoch());
    start->set_controller_version(host_.version());
    if (log.head() == 0) {
        if (std::exchange(wait_told_, true)) {
            return;
        }
        start->set_mode(feed::v1::RESUME_LATER);
        write(message);
        return;
    }
    const bool fell_behind = !std::exchange(start_owed_, false);
    const FeedResume resume = cursor_.start(log,
                                            hello_version_,
                                            !fell_behind && hello_epoch_ == host_.epoch(),
                                            !fell_behind && hello_epoch_ == 0);
    const bool by_content = resume == FeedResume::by_content;
    start->set_mode(by_content ? feed::v1::RESUME_BY_CONTENT : feed::v1::RESUME_DELTAS);
    host_.resuming(by_content, fell_behind);
    write(message);
}

void Session::send(const FeedChunk& chunk) {
    feed::v1::ControllerMessage message;
    feed::v1::Part* part = message.mutable_part();
    part->mutable_objects()->Reserve(static_cast<int>(chunk.objects.size()));
    for (const std::string_view object : chunk.objects) {
        part->add_objects(object.data(), object.size());
    }
    for (const model::ObjectRef* ref : chunk.removed) {
        feed::write_ref(*ref, *part->add_removed());
    }
    part->mutable_removed_by_hash()->Add(chunk.removed_by_hash.begin(),
                                         chunk.removed_by_hash.end());
    if (chunk.complete) {
        part->set_complete_up_to(chunk.cursor);
    }
    host_.sent(chunk, cursor_.coalesced() - std::exchange(coalesced_seen_, cursor_.coalesced()));
    write(message);
}

void Session::write(const feed::v1::ControllerMessage& message) {
    // Serialised within the call: the message need not live on.
    stream_.Write(message, tag(write_));
}

void Session::on_written(bool ok) {
    if (end_status_) {
        stream_.Finish(*end_status_, tag(finish_));
        end_status_.reset();
        return;
    }
    if (ending_) {
        return;
    }
    if (!ok) {
        end(grpc::Status::OK);
        return;
    }
    pump();
}

void Session::end(const grpc::Status& status) {
    if (std::exchange(ending_, true)) {
        return;
    }
    host_.ended(*this);
    if (write_.session != nullptr) {
        // A peer that does not read would keep the message, and with it this session, for ever.
        end_status_ = status;
        context_.TryCancel();
        return;
    }
    stream_.Finish(status, tag(finish_));
}

// NOLINTNEXTLINE(readability-convert-member-functions-to-static): an Operation names a member.
void Session::on_finished(bool /*ok*/) {}

}  // namespace ferro::controller
