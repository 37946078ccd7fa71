// A proxy between two Unix sockets that passes plain HTTP/2 on frame by frame and cuts the
// connection after a given number of them: the network's bad moments, one by one.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace ferro::test {

class CuttingProxy {
  public:
    static constexpr long kNever = -1;

    /// Listens on `from` and connects on to `to`.
    CuttingProxy(std::string from, std::string to);
    ~CuttingProxy();
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;

    /// Of the next connection only: how many frames pass, both directions counted; later ones pass
    /// whole.
    void cut_next_after(long frames) { budget_ = frames; }

    /// While stalled nothing is passed on and nothing is cut: a peer that stopped reading, or a
    /// black hole.
    void stall(bool on) { stalled_ = on; }

    [[nodiscard]] long connections() const { return connections_; }

    /// How many connections ended because their frames were used up.
    [[nodiscard]] long cuts() const { return cuts_; }

  private:
    void run();
    void serve(int client);

    std::string from_;
    std::string to_;
    int listener_ = -1;
    std::atomic<long> budget_{kNever};
    std::atomic<bool> stalled_{false};
    std::atomic<bool> stop_{false};
    std::atomic<long> connections_{0};
    std::atomic<long> cuts_{0};
    std::thread thread_;
};

}  // namespace ferro::test
