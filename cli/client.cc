// The connection is made here and handed to gRPC as a descriptor: what is wrong with a socket is
// then known exactly and at once, where gRPC would retry and say "unavailable".
#include "cli/client.h"

#include "proto/control.grpc.pb.h"
#include "proto/control_convert.h"

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace ferro::cli {

namespace v1 = control::v1;

struct Client::State {
    std::string socket;
    std::chrono::milliseconds deadline{0};
    std::unique_ptr<v1::Control::Stub> stub;

    // `call` is one of the stub's blocking methods.
    template <typename Request, typename Reply>
    Result<Reply> ask(grpc::Status (v1::Control::Stub::*call)(grpc::ClientContext*,
                                                              const Request&,
                                                              Reply*),
                      const Request& request) {
        grpc::ClientContext context;
        context.set_deadline(gpr_time_from_millis(deadline.count(), GPR_TIMESPAN));  // from now
        Reply reply;
        const grpc::Status status = ((*stub).*call)(&context, request, &reply);
        if (!status.ok()) {
            return error_of(status);
        }
        return reply;
    }

    [[nodiscard]] Error error_of(const grpc::Status& status) const {
        switch (status.error_code()) {
            case grpc::StatusCode::NOT_FOUND:
                return Error{ErrorCode::not_found, status.error_message()};
            case grpc::StatusCode::DEADLINE_EXCEEDED:
                return Error{ErrorCode::timed_out,
                             "the controller at " + socket + " did not answer within " +
                                 std::to_string(deadline.count()) +
                                 " ms; it may be overloaded: look at its log, or try --timeout"};
            case grpc::StatusCode::RESOURCE_EXHAUSTED:
                return Error{ErrorCode::resource_exhausted,
                             "the controller at " + socket + " refused: " + status.error_message()};
            case grpc::StatusCode::UNIMPLEMENTED:
                return Error{ErrorCode::unavailable,
                             "the controller at " + socket +
                                 " does not know this question: it is older than this ferroctl; "
                                 "compare with ferroctl version"};
            default:
                return Error{
                    ErrorCode::unavailable,
                    "the controller at " + socket + " went away: " + status.error_message()};
        }
    }
};

namespace {

Error connect_error(const std::string& socket, int error) {
    const std::string prefix = "no controller at " + socket + ": ";
    const std::string elsewhere =
        "; if its --control-socket is another: ferroctl --socket PATH, or FERROLB_CONTROL=PATH";
    switch (error) {
        case ENOENT:
            return Error{ErrorCode::not_found,
                         prefix +
                             "there is no such socket. Does it run here? Try: pgrep -a "
                             "ferrolb-controller" +
                             elsewhere};
        case ECONNREFUSED:
            return Error{ErrorCode::unavailable,
                         prefix +
                             "nobody listens, the one that made the socket is gone. Try: "
                             "pgrep -a ferrolb-controller" +
                             elsewhere};
        case EACCES:
        case EPERM:
            return Error{ErrorCode::permission_denied,
                         prefix +
                             "it belongs to somebody else. Try: sudo ferroctl, or start the "
                             "controller with --control-group"};
        default:
            return Error{ErrorCode::unavailable, prefix + std::strerror(error) + elsewhere};
    }
}

}  // namespace

Result<Client> Client::connect(const std::string& socket, std::chrono::milliseconds deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.empty() || socket.size() >= sizeof address.sun_path) {
        return Error{ErrorCode::invalid_input,
                     "a socket path has 1 to " + std::to_string(sizeof address.sun_path - 1) +
                         " bytes: " + socket};
    }
    std::memcpy(static_cast<void*>(address.sun_path), socket.c_str(), socket.size() + 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        ::close(fd);
        return connect_error(socket, error);
    }
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    auto state = std::make_unique<State>();
    state->socket = socket;
    state->deadline = deadline;
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(256 * 1024 * 1024);
    state->stub =
        v1::Control::NewStub(grpc::CreateCustomInsecureChannelFromFd("ferrolb", fd, arguments));
    return Client(std::move(state));
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}

Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<std::vector<control::Service>> Client::services() {
    TRY(const v1::ServicesReply reply, state_->ask(&v1::Control::Stub::GetServices, {}));
    return control::decode(reply);
}

Result<std::vector<control::Pool>> Client::pools() {
    TRY(const v1::PoolsReply reply, state_->ask(&v1::Control::Stub::GetPools, {}));
    return control::decode(reply);
}

Result<control::Speakers> Client::speakers() {
    TRY(const v1::SpeakersReply reply, state_->ask(&v1::Control::Stub::GetSpeakers, {}));
    return control::decode(reply);
}

Result<std::vector<control::Finding>> Client::findings() {
    TRY(const v1::FindingsReply reply, state_->ask(&v1::Control::Stub::GetFindings, {}));
    return control::decode(reply);
}

Result<std::vector<control::Explanation>> Client::explain(const std::string& query) {
    v1::ExplainRequest request;
    request.set_query(control::valid_utf8(query));
    TRY(const v1::ExplainReply reply, state_->ask(&v1::Control::Stub::Explain, request));
    return control::decode(reply);
}

Result<control::Version> Client::version() {
    TRY(const v1::VersionReply reply, state_->ask(&v1::Control::Stub::GetVersion, {}));
    return control::decode(reply);
}

}  // namespace ferro::cli
