// The controller's wiring against a source that answers writes later, as the folder's source and an
// API server do: what an answer makes possible happens without any other event.
#include "controller/app/controller.h"

#include "runtime/clock.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ferro::controller {
namespace {

model::ObjectPtr shared(model::Object object) {
    return std::make_shared<const model::Object>(std::move(object));
}

/// Shows a pool of one address and a service; refuses writes while `refusals` lasts. Shows no
/// echoes, so that only the answers can move anything.
class AnsweringSource : public kube::Source {
  public:
    explicit AnsweringSource(runtime::Loop& loop) : loop_(loop) {}

    Result<void> start(kube::SourceEvents events) override {
        events_ = std::move(events);
        loop_.post([this] { deliver(kube::Delivery::first_synchronisation); });
        return {};
    }

    [[nodiscard]] model::Location location_of(const model::ObjectRef& /*ref*/) const override {
        return {};
    }

    void write_statuses(
        const std::vector<model::ServiceStatus>& statuses,
        std::function<void(const model::ServiceKey&, const Result<void>&)> done) override {
        for (const model::ServiceStatus& status : statuses) {
            Result<void> outcome;
            if (refusals > 0) {
                --refusals;
                outcome = Error{ErrorCode::resource_exhausted, "writing statuses: disk full"};
            }
            written.emplace_back(status, outcome.has_value());
            loop_.post([this, done, key = status.service, outcome] {
                done(key, outcome);
                on_written();
            });
        }
    }

    void deliver(kube::Delivery delivery) {
        std::vector<model::Change> changes;
        for (const model::ObjectPtr& object : std::exchange(objects, {})) {
            changes.push_back({model::ref_of(*object), object});
        }
        events_.on_changes(changes, delivery);
    }

    std::vector<model::ObjectPtr> objects;
    int refusals = 0;
    std::vector<std::pair<model::ServiceStatus, bool>> written;
    std::function<void()> on_written = [] {};

  private:
    runtime::Loop& loop_;
    kube::SourceEvents events_;
};

class ControllerTest : public ::testing::Test {
  protected:
    ControllerTest() : controller_(loop_, source_, nullptr, metrics_, settings()) {
        model::IpAddressPool pool;
        pool.meta.key = {"metallb-system", "one"};
        pool.addresses = {"10.0.0.1/32"};
        source_.objects.push_back(shared(pool));
        source_.objects.push_back(shared(service("a", model::ServiceType::load_balancer)));
    }

    static ControllerSettings settings() {
        ControllerSettings settings;
        settings.own_namespace = "metallb-system";
        return settings;
    }

    static model::Service service(const std::string& name, model::ServiceType type) {
        model::Service made;
        made.meta.key = {"shop", name};
        made.type = type;
        made.ports = {{"TCP", 80}};
        return made;
    }

    /// Runs until so many statuses are written, or for ten seconds.
    void run_until_written(std::size_t count) {
        runtime::Timer deadline(loop_, [this] { loop_.stop(); });
        deadline.arm(runtime::monotonic_now() + std::chrono::seconds{10});
        source_.on_written = [this, count] {
            if (source_.written.size() >= count) {
                loop_.stop();
            }
        };
        loop_.run();
    }

    runtime::Loop loop_;
    runtime::Metrics metrics_;
    AnsweringSource source_{loop_};
    Controller controller_;
};

TEST_F(ControllerTest, TriesARefusedWriteAgainThoughNothingElseHappens) {
    source_.refusals = 1;
    ASSERT_TRUE(controller_.start());
    run_until_written(2);
    ASSERT_EQ(source_.written.size(), 2U);
    EXPECT_FALSE(source_.written[0].second);
    EXPECT_TRUE(source_.written[1].second);
    EXPECT_EQ(source_.written[1].first.ips, std::vector<std::string>{"10.0.0.1"});
}

TEST_F(ControllerTest, TriesARefusedWriteAgainThoughOtherThingsGoOnHappening) {
    source_.refusals = 1;
    ASSERT_TRUE(controller_.start());
    int edits = 0;
    std::unique_ptr<runtime::Timer> busy;
    busy = std::make_unique<runtime::Timer>(loop_, [&] {
        source_.objects.push_back(
            shared(service("busy-" + std::to_string(++edits), model::ServiceType::cluster_ip)));
        source_.deliver(kube::Delivery::update);
        busy->arm(runtime::monotonic_now() + std::chrono::milliseconds{100});
    });
    busy->arm(runtime::monotonic_now() + std::chrono::milliseconds{100});
    run_until_written(2);
    ASSERT_EQ(source_.written.size(), 2U);
    EXPECT_TRUE(source_.written[1].second);
}

TEST_F(ControllerTest, WritesAnAddressForItsNextHolderOnceTheFormerOnesLossIsWritten) {
    source_.objects.push_back(shared(service("b", model::ServiceType::load_balancer)));
    ASSERT_TRUE(controller_.start());
    runtime::Timer edit(loop_, [this] {
        source_.objects.push_back(shared(service("a", model::ServiceType::cluster_ip)));
        source_.deliver(kube::Delivery::update);
    });
    edit.arm(runtime::monotonic_now() + std::chrono::milliseconds{100});
    run_until_written(3);
    ASSERT_EQ(source_.written.size(), 3U);
    EXPECT_EQ(source_.written[1].first.service.name, "a");
    EXPECT_EQ(source_.written[2].first.service.name, "b");
    EXPECT_EQ(source_.written[2].first.ips, std::vector<std::string>{"10.0.0.1"});
}

}  // namespace
}  // namespace ferro::controller
