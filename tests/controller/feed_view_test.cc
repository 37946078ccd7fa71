// Which objects speakers get to see, and that a slice follows its service in and out of view.
#include "controller/engine/feed_view.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace ferro::controller {
namespace {

using model::Change;
using model::ObjectRef;

class FeedViewTest : public testing::Test {
  protected:
    /// Applies the object to the picture and tells the view; what the feed is told, as words.
    std::vector<std::string> put(model::Object object) {
        const auto shared = std::make_shared<const model::Object>(std::move(object));
        return tell(Change{model::ref_of(*shared), shared});
    }

    std::vector<std::string> remove(const ObjectRef& ref) { return tell(Change{ref, nullptr}); }

    std::vector<std::string> tell(const Change& change) {
        picture.apply(change);
        std::vector<std::string> words;
        const std::vector<ObjectRef> refs{change.ref};
        for (const Change& told : view.update(picture, refs)) {
            words.push_back((told.object == nullptr ? "- " : "+ ") + told.ref.to_string());
        }
        return words;
    }

    static model::Service service(const std::string& name, const std::string& ip) {
        model::Service made;
        made.meta.key = {"shop", name};
        made.type = model::ServiceType::load_balancer;
        if (!ip.empty()) {
            made.ingress.push_back({ip, ""});
        }
        return made;
    }

    static model::EndpointSlice slice(const std::string& name, const std::string& of) {
        model::EndpointSlice made;
        made.meta.key = {"shop", name};
        made.service_name = of;
        return made;
    }

    model::Picture picture;
    FeedView view{""};
};

using Words = std::vector<std::string>;

TEST_F(FeedViewTest, AServiceComesIntoViewWithItsAddressAndBringsItsSlices) {
    EXPECT_EQ(put(slice("web-1", "web")), Words{});
    EXPECT_EQ(put(service("web", "")), Words{});
    EXPECT_EQ(put(service("web", "10.0.0.1")),
              (Words{"+ Service shop/web", "+ EndpointSlice shop/web-1"}));
    EXPECT_EQ(put(slice("web-2", "web")), Words{"+ EndpointSlice shop/web-2"});
}

TEST_F(FeedViewTest, AServiceThatLosesItsAddressTakesItsSlicesAlong) {
    put(service("web", "10.0.0.1"));
    put(slice("web-1", "web"));
    EXPECT_EQ(put(service("web", "")), (Words{"- EndpointSlice shop/web-1", "- Service shop/web"}));
    EXPECT_EQ(remove({model::Kind::endpoint_slice, {"shop", "web-1"}}), Words{});
}

TEST_F(FeedViewTest, ASliceThatMovesToAServiceOutOfViewIsRemoved) {
    put(service("web", "10.0.0.1"));
    put(slice("web-1", "web"));
    EXPECT_EQ(put(slice("web-1", "other")), Words{"- EndpointSlice shop/web-1"});
}

TEST_F(FeedViewTest, ASliceThatMovesBetweenServicesInViewStays) {
    put(service("web", "10.0.0.1"));
    put(service("api", "10.0.0.2"));
    put(slice("web-1", "web"));
    EXPECT_EQ(put(slice("web-1", "api")), Words{"+ EndpointSlice shop/web-1"});
    EXPECT_EQ(remove({model::Kind::service, {"shop", "web"}}), Words{"- Service shop/web"});
    EXPECT_EQ(remove({model::Kind::service, {"shop", "api"}}),
              (Words{"- EndpointSlice shop/web-1", "- Service shop/api"}));
}

TEST_F(FeedViewTest, OtherClassesStayOut) {
    model::Service foreign = service("web", "10.0.0.1");
    foreign.load_balancer_class = "cloud";
    EXPECT_EQ(put(foreign), Words{});
}

TEST_F(FeedViewTest, OnlyTheAnnotationThatBearsOnAnnouncingTravels) {
    model::Service shared = service("web", "10.0.0.1");
    shared.meta.annotations = {{"metallb.io/allow-shared-ip", "k"},
                               {"kubectl.kubernetes.io/last-applied-configuration", "{..}"}};
    EXPECT_EQ(trimmed(shared).meta.annotations,
              (model::Labels{{"metallb.io/allow-shared-ip", "k"}}));
    EXPECT_EQ(trimmed(shared).ingress, shared.ingress);
}

TEST_F(FeedViewTest, NodesAndPoolsAlwaysTravel) {
    model::Node node;
    node.meta.key.name = "host-1";
    EXPECT_EQ(put(node), Words{"+ Node host-1"});
    EXPECT_EQ(remove({model::Kind::node, {"", "host-1"}}), Words{"- Node host-1"});
}

}  // namespace
}  // namespace ferro::controller
