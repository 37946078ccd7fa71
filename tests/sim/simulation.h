// Simulation: a whole cluster in one process, from one seed: a folder that users edit, a controller
// with its durable statuses, and three to five speakers on its feed. First chaos: edits, full
// disks, crashes, cut connections, each with its delay, and the checks after every event. Then the
// faults stop, and within a bounded number of events everything has to come to rest and agree.
#pragma once

#include "controller/engine/feed_cursor.h"
#include "core/base/prng.h"
#include "tests/sim/checker.h"
#include "tests/sim/codec.h"
#include "tests/sim/controller_process.h"
#include "tests/sim/edits.h"
#include "tests/sim/event_heap.h"
#include "tests/sim/speaker_process.h"
#include "tests/sim/store.h"
#include "tests/sim/trace.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ferro::sim {

struct Outcome {
    std::uint64_t seed = 0;
    std::string scenario;
    std::uint64_t virtual_ms = 0;
    std::uint64_t events = 0;
    std::uint64_t trace_hash = 0;
    std::vector<std::string> violations;

    /// "seed 7, scenario ledger+crashes, 12 virtual s, 300 events, trace 0123..": the line of a
    /// run.
    [[nodiscard]] std::string to_string() const;
};

class Simulation {
  public:
    Simulation(std::uint64_t seed, std::size_t steps, Trace::Show show);

    Outcome run();

  private:
    /// What can go wrong in this world; percentages of steps.
    struct Weather {
        bool one_by_one = false;   ///< each status is written on its own, as to an API server
        bool cluster_ips = false;  ///< somebody gives services their clusterIPs
        std::uint64_t disk_full = 0;
        std::uint64_t lost_writes = 0;
        std::uint64_t controller_crash = 0;
        std::uint64_t speaker_crash = 0;
        std::uint64_t disconnect = 0;
        std::uint64_t slowness_ms = 1;
        std::size_t tombstones = 65'536;
        std::size_t chunk_bytes = 1'000'000;
    };

    struct Link {
        std::unique_ptr<SpeakerProcess> process;
        std::uint64_t connection = 0;  ///< 0: none; messages of former ones are lost
        bool sending = false;
        controller::FeedCursor cursor;
    };

    [[nodiscard]] static Weather draw_weather(Prng& random);
    Duration soon();
    void step();
    void fault();
    void heal();
    void turn_soon();
    void turn();
    void submit(std::vector<model::ServiceStatus> batch);
    void write(std::uint64_t epoch,
               const std::vector<model::ServiceStatus>& batch,
               std::uint64_t life);
    Result<void> store_or_fail(const std::vector<model::ServiceStatus>& batch, std::uint64_t life);
    void done(std::uint64_t epoch,
              const std::vector<model::ServiceStatus>& batch,
              const Result<void>& outcome);
    void start_controller();
    void crash_controller();
    void start_speaker(std::size_t i);
    void crash_speaker(std::size_t i);
    void connect(std::size_t i);
    void greet(std::size_t i, bool known_epoch);
    void disconnect(std::size_t i);
    void pump(std::size_t i);
    void pump_all();
    void settle();
    void check_rest();
    void check_owners();

    std::uint64_t seed_;
    std::size_t steps_;
    Prng random_;
    EventHeap heap_;
    Trace trace_;
    Weather weather_;
    Store store_;
    Codec codec_;
    ElectionOffice office_;
    Checker checker_;
    std::vector<Link> links_;
    std::unique_ptr<Edits> edits_;
    std::unique_ptr<ControllerProcess> controller_;
    std::uint64_t epochs_ = 0;
    std::uint64_t connections_ = 0;
    bool turn_planned_ = false;
    bool retry_planned_ = false;
    bool healed_ = false;
};

}  // namespace ferro::sim
