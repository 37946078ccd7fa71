// Client: asks the controller over its Unix socket. Blocking, with a deadline for each question.
#pragma once

#include "core/base/result.h"
#include "proto/control_types.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace ferro::cli {

class Client {
  public:
    /// Errors name the socket and what to try next: not_found (no socket), unavailable (nobody
    /// listens), permission_denied, invalid_input (path too long).
    static Result<Client> connect(const std::string& socket, std::chrono::milliseconds deadline);

    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    /// Errors of all: timed_out, unavailable, resource_exhausted (the controller is overrun).
    Result<std::vector<control::Service>> services();
    Result<std::vector<control::Pool>> pools();
    Result<control::Speakers> speakers();
    Result<std::vector<control::Finding>> findings();
    /// not_found when nothing matches.
    Result<std::vector<control::Explanation>> explain(const std::string& query);
    Result<control::Version> version();

  private:
    struct State;
    explicit Client(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace ferro::cli
