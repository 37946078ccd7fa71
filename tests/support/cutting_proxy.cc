#include "tests/support/cutting_proxy.h"

#include "core/base/check.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace ferro::test {
namespace {

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    CHECK(path.size() < sizeof address.sun_path, "a short path");
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
}

int connect_to(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(path);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API's own cast.
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

/// One direction: bytes that came, of which whole frames are passed on.
struct Direction {
    int from;
    int to;
    /// The client's first 24 bytes are HTTP/2's preface, no frame.
    std::size_t preface;
    std::string held;

    /// False at the end of the stream.
    bool receive() {
        std::array<char, 16'384> buffer{};
        const auto got = ::recv(from, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            return false;
        }
        held.append(buffer.data(), static_cast<std::size_t>(got));
        return true;
    }

    /// The size of the first whole unit held (preface or frame), or 0.
    [[nodiscard]] std::size_t unit() const {
        if (preface > 0) {
            return held.size() >= preface ? preface : 0;
        }
        if (held.size() < 9) {
            return 0;
        }
        const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(held[i]); };
        const std::size_t size =
            9U + (std::size_t{byte(0)} << 16U) + (std::size_t{byte(1)} << 8U) + byte(2);
        return held.size() >= size ? size : 0;
    }

    bool pass(std::size_t size) {
        std::size_t done = 0;
        while (done < size) {
            const auto sent = ::send(to, held.data() + done, size - done, MSG_NOSIGNAL);
            if (sent <= 0) {
                return false;
            }
            done += static_cast<std::size_t>(sent);
        }
        held.erase(0, size);
        return true;
    }
};

}  // namespace

CuttingProxy::CuttingProxy(std::string from, std::string to)
    : from_(std::move(from)), to_(std::move(to)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(from_);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API's own cast.
    const int bound =
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    CHECK(bound == 0 && ::listen(listener_, 16) == 0, "the proxy listens");
    thread_ = std::thread([this] { run(); });
}

CuttingProxy::~CuttingProxy() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
}

void CuttingProxy::run() {
    while (!stop_) {
        pollfd wait{.fd = listener_, .events = POLLIN, .revents = 0};
        if (::poll(&wait, 1, 5) <= 0) {
            continue;
        }
        const int client = ::accept(listener_, nullptr, nullptr);
        if (client >= 0) {
            ++connections_;
            serve(client);
            ::close(client);
        }
    }
}

void CuttingProxy::serve(int client) {
    const int server = connect_to(to_);
    if (server < 0) {
        return;
    }
    long left = budget_.exchange(kNever);
    std::array<Direction, 2> ways{Direction{client, server, 24, {}},
                                  Direction{server, client, 0, {}}};
    bool open = true;
    while (open && !stop_) {
        std::array<pollfd, 2> wait{pollfd{.fd = client, .events = POLLIN, .revents = 0},
                                   pollfd{.fd = server, .events = POLLIN, .revents = 0}};
        ::poll(wait.data(), wait.size(), 5);
        if (stalled_) {
            continue;
        }
        for (std::size_t i = 0; i < ways.size() && open; ++i) {
            Direction& way = ways[i];
            if (wait[i].revents != 0 && !way.receive()) {
                open = false;
            }
            for (std::size_t size = way.unit(); open && size > 0; size = way.unit()) {
                if (left == 0) {
                    ++cuts_;
                    open = false;
                    break;
                }
                left -= left > 0 ? 1 : 0;
                open = way.pass(size);
                way.preface = 0;
            }
        }
    }
    ::close(server);
}

}  // namespace ferro::test
