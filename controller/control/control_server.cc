// A call comes in on a gRPC thread and is posted to the loop; there the Backend is asked, the reply
// made and the call finished. A call that its client gave up (deadline, interrupt) is finished at
// once, and skipped when its turn on the loop comes. The destructor finishes what still waits, so
// it can never hang on a loop that has stopped.
#include "controller/control/control_server.h"

#include "controller/control/control_socket.h"
#include "proto/control.grpc.pb.h"
#include "proto/control_convert.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/server_posix.h>

#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace ferro::controller {

namespace {

namespace v1 = control::v1;

// Held by its registry until gRPC is done with it, and by the closure on the loop.
class Call final : public grpc::ServerUnaryReactor {
  public:
    explicit Call(std::function<void(Call*)> on_done) : on_done_(std::move(on_done)) {}

    // Runs `fill` and finishes, unless the call is over. `fill` writes into gRPC's reply, which
    // lives as long as the call is not over: hence under the lock.
    void answer(const std::function<grpc::Status()>& fill) {
        const std::lock_guard lock(mutex_);
        if (!over_) {
            over_ = true;
            Finish(fill());
        }
    }

    void give_up(const grpc::Status& status) {
        const std::lock_guard lock(mutex_);
        if (!over_) {
            over_ = true;
            Finish(status);
        }
    }

    [[nodiscard]] bool over() const {
        const std::lock_guard lock(mutex_);
        return over_;
    }

    void OnCancel() override { give_up(grpc::Status::CANCELLED); }

    void OnDone() override { on_done_(this); }

  private:
    std::function<void(Call*)> on_done_;
    mutable std::mutex mutex_;
    bool over_ = false;
};

// Every call that gRPC has not done with. Shared with closures on the loop, which may outlive the
// server.
class Registry : public std::enable_shared_from_this<Registry> {
  public:
    Registry(runtime::Loop& loop, std::size_t calls_max) : loop_(loop), calls_max_(calls_max) {}

    // Any thread. `fill` runs on the loop.
    grpc::ServerUnaryReactor* submit(std::function<grpc::Status()> fill) {
        auto call = std::make_shared<Call>([this](Call* done) { forget(done); });
        bool stopped = false;
        bool full = false;
        {
            const std::lock_guard lock(mutex_);
            calls_[call.get()] = call;
            stopped = stopped_;
            full = posted_ >= calls_max_;
            posted_ += stopped || full ? 0 : 1;
        }
        Call* const reactor = call.get();
        if (stopped) {
            call->give_up({grpc::StatusCode::UNAVAILABLE, "the controller is stopping"});
        } else if (full) {
            ++refused_;
            call->give_up({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many questions at a time"});
        } else {
            loop_.post([self = shared_from_this(), call = std::move(call), fill = std::move(fill)] {
                self->run(*call, fill);
            });
        }
        return reactor;
    }

    void stop() {
        std::unordered_map<Call*, std::shared_ptr<Call>> waiting;
        {
            const std::lock_guard lock(mutex_);
            stopped_ = true;
            waiting = calls_;
        }
        for (const auto& [raw, call] : waiting) {
            call->give_up({grpc::StatusCode::UNAVAILABLE, "the controller is stopping"});
        }
    }

    [[nodiscard]] std::uint64_t refused() const { return refused_; }

  private:
    void run(Call& call, const std::function<grpc::Status()>& fill) {
        {
            const std::lock_guard lock(mutex_);
            --posted_;
            if (stopped_) {
                return;
            }
        }
        call.answer(fill);
    }

    void forget(Call* call) {
        std::shared_ptr<Call> last;  // destroyed after the lock is released
        const std::lock_guard lock(mutex_);
        const auto it = calls_.find(call);
        last = std::move(it->second);
        calls_.erase(it);
    }

    runtime::Loop& loop_;
    const std::size_t calls_max_;
    std::atomic<std::uint64_t> refused_ = 0;
    std::mutex mutex_;
    std::unordered_map<Call*, std::shared_ptr<Call>> calls_;
    std::size_t posted_ = 0;
    bool stopped_ = false;
};

class Handlers final : public v1::Control::CallbackService {
  public:
    Handlers(std::shared_ptr<Registry> registry, ControlBackend& backend)
        : registry_(std::move(registry)), backend_(backend) {}

    grpc::ServerUnaryReactor* GetServices(grpc::CallbackServerContext* /*context*/,
                                          const v1::ServicesRequest* /*request*/,
                                          v1::ServicesReply* reply) override {
        return ask([this, reply] { control::encode(backend_.services(), *reply); });
    }

    grpc::ServerUnaryReactor* GetPools(grpc::CallbackServerContext* /*context*/,
                                       const v1::PoolsRequest* /*request*/,
                                       v1::PoolsReply* reply) override {
        return ask([this, reply] { control::encode(backend_.pools(), *reply); });
    }

    grpc::ServerUnaryReactor* GetSpeakers(grpc::CallbackServerContext* /*context*/,
                                          const v1::SpeakersRequest* /*request*/,
                                          v1::SpeakersReply* reply) override {
        return ask([this, reply] { control::encode(backend_.speakers(), *reply); });
    }

    grpc::ServerUnaryReactor* GetFindings(grpc::CallbackServerContext* /*context*/,
                                          const v1::FindingsRequest* /*request*/,
                                          v1::FindingsReply* reply) override {
        return ask([this, reply] { control::encode(backend_.findings(), *reply); });
    }

    grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* /*context*/,
                                      const v1::ExplainRequest* request,
                                      v1::ExplainReply* reply) override {
        return registry_->submit([this, query = request->query(), reply] {
            const std::vector<control::Explanation> found = backend_.explain(query);
            if (found.empty()) {
                return grpc::Status(
                    grpc::StatusCode::NOT_FOUND,
                    "no service and no service's address is '" + control::valid_utf8(query) + "'");
            }
            control::encode(found, *reply);
            return grpc::Status::OK;
        });
    }

    grpc::ServerUnaryReactor* GetVersion(grpc::CallbackServerContext* /*context*/,
                                         const v1::VersionRequest* /*request*/,
                                         v1::VersionReply* reply) override {
        return ask([this, reply] { control::encode(backend_.version(), *reply); });
    }

  private:
    grpc::ServerUnaryReactor* ask(std::function<void()> fill) {
        return registry_->submit([fill = std::move(fill)] {
            fill();
            return grpc::Status::OK;
        });
    }

    std::shared_ptr<Registry> registry_;
    ControlBackend& backend_;
};

}  // namespace

struct ControlServer::State {
    State(runtime::Loop& loop, ControlBackend& backend, ControlSocket listening, std::size_t calls)
        : registry(std::make_shared<Registry>(loop, calls)),
          handlers(registry, backend),
          socket(std::move(listening)) {}

    void accept_all() {
        for (int fd = socket.accept(); fd >= 0; fd = socket.accept()) {
            grpc::AddInsecureChannelFromFd(server.get(), fd);
        }
    }

    std::shared_ptr<Registry> registry;
    Handlers handlers;
    ControlSocket socket;
    std::unique_ptr<grpc::Server> server;
    std::unique_ptr<runtime::FdWatch> watch;
};

Result<std::unique_ptr<ControlServer>> ControlServer::start(runtime::Loop& loop,
                                                            ControlBackend& backend,
                                                            const ControlServerOptions& options) {
    auto socket = ControlSocket::listen(options.socket, options.group);
    if (!socket) {
        return socket.error().in("opening the control socket");
    }
    auto state = std::make_unique<State>(loop, backend, std::move(*socket), options.calls_max);
    grpc::ServerBuilder builder;
    builder.RegisterService(&state->handlers);
    // A question is a line; a reply to ten thousand services is a few megabytes and goes out only.
    builder.SetMaxReceiveMessageSize(64 * 1024);
    state->server = builder.BuildAndStart();
    if (!state->server) {
        return Error{ErrorCode::internal, "opening the control socket: gRPC did not start"};
    }
    state->watch = std::make_unique<runtime::FdWatch>(
        loop, state->socket.descriptor(), [raw = state.get()] { raw->accept_all(); });
    return std::unique_ptr<ControlServer>(new ControlServer(std::move(state)));
}

ControlServer::ControlServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

ControlServer::~ControlServer() {
    state_->watch.reset();
    state_->registry->stop();
    state_->server->Shutdown(gpr_inf_past(GPR_CLOCK_MONOTONIC));  // at once
    state_->server->Wait();
}

std::uint64_t ControlServer::refused() const {
    return state_->registry->refused();
}

}  // namespace ferro::controller
