// The controller over a manifest folder, started again while a file of the folder cannot be read:
// the address of the service in it goes to nobody else, and back to the service.
#include "controller/app/controller.h"
#include "kube/io/manifest_source.h"
#include "tests/support/eventually.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ferro::controller {
namespace {

using test::eventually;

/// What an earlier run wrote.
class StoreOfEarlierRun : public kube::StatusStore {
  public:
    Result<std::vector<model::ServiceStatus>> load() override {
        std::vector<model::ServiceStatus> all;
        for (const auto& [key, status] : entries_) {
            all.push_back(status);
        }
        return all;
    }

    Result<void> write(const std::vector<model::ServiceStatus>& statuses) override {
        for (const model::ServiceStatus& status : statuses) {
            entries_.insert_or_assign(status.service, status);
            if (status.ips.empty()) {
                entries_.erase(status.service);
            }
        }
        return {};
    }

  private:
    std::map<model::ServiceKey, model::ServiceStatus> entries_{
        {{"default", "hidden"}, {{"default", "hidden"}, {"10.0.0.0"}, "pool"}}};
};

/// A pool of two addresses and the services "a" and "b"; the file of "hidden", which has the first
/// address, is broken.
class Restart : public ::testing::Test {
  protected:
    void SetUp() override {
        write("pool.yaml",
              "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\n"
              "metadata: {name: pool, namespace: metallb-system}\n"
              "spec: {addresses: [10.0.0.0/31]}\n");
        write("a.yaml", service("a") + service("b"));
        write("hidden.yaml", "hidden: [\n");
        source_.emplace(loop_, directory_ / "", store_);
        ControllerSettings settings;
        settings.own_namespace = "metallb-system";
        controller_.emplace(loop_, *source_, nullptr, metrics_, settings);
        ASSERT_TRUE(controller_->start());
        thread_ = std::thread([this] { loop_.run(); });
        ASSERT_TRUE(comes_to("a", "10.0.0.1"));
    }

    ~Restart() override {
        if (thread_.joinable()) {
            loop_.stop();
            thread_.join();
        }
    }

    static std::string service(const std::string& name) {
        return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name +
               "}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n---\n";
    }

    [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name)) << text;
    }

    template <typename Question>
    auto on_loop(Question question) {
        std::promise<decltype(question())> answer;
        loop_.post([&] { answer.set_value(question()); });
        return answer.get_future().get();
    }

    /// The address in the status that everybody sees.
    std::string address_of(const std::string& name) {
        return on_loop([&] {
            const auto found = controller_->picture().find<model::Service>({"default", name});
            return found == nullptr || found->ingress.empty() ? "" : found->ingress[0].ip;
        });
    }

    bool comes_to(const std::string& name, const std::string& ip) {
        return eventually([&] { return address_of(name) == ip; });
    }

    std::size_t sentences() {
        return on_loop([&] { return controller_->conditions().size(); });
    }

    tests::TemporaryDirectory directory_{"restart"};
    runtime::Loop loop_;
    runtime::Metrics metrics_;
    StoreOfEarlierRun store_;
    std::optional<kube::ManifestSource> source_;
    std::optional<Controller> controller_;
    std::thread thread_;
};

TEST_F(Restart, GivesTheAddressOfAHiddenServiceToNobody) {
    EXPECT_EQ(address_of("b"), "");
    EXPECT_EQ(sentences(), 1U);
    write("hidden.yaml", service("hidden"));
    EXPECT_TRUE(comes_to("hidden", "10.0.0.0"));
    EXPECT_EQ(address_of("b"), "");
    EXPECT_EQ(sentences(), 0U);
}

TEST_F(Restart, GivesItToWhoWaitsOnceTheFileIsRemoved) {
    std::filesystem::remove(path("hidden.yaml"));
    EXPECT_TRUE(comes_to("b", "10.0.0.0"));
    EXPECT_EQ(sentences(), 0U);
}

}  // namespace
}  // namespace ferro::controller
