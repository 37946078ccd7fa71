// The picture: what applying a change says and does, and that its index of slices follows a slice
// from service to service.
#include "core/model/picture.h"

#include "core/base/prng.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ferro::model {
namespace {

Change put(Object object) {
    auto shared = std::make_shared<const Object>(std::move(object));
    return {ref_of(*shared), shared};
}

Change removal(Kind kind, const ObjectKey& key) {
    return {{kind, key}, nullptr};
}

Service service(const std::string& name) {
    Service made;
    made.meta.key = {"shop", name};
    return made;
}

EndpointSlice slice(const std::string& name, const std::string& of, const char* space = "shop") {
    EndpointSlice made;
    made.meta.key = {space, name};
    made.service_name = of;
    return made;
}

std::vector<std::string> slices_of(const Picture& picture, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& one : picture.slices_of({"shop", name})) {
        names.push_back(one->meta.key.name);
    }
    return names;
}

using Names = std::vector<std::string>;

TEST(Picture, SaysWhetherAnythingChanged) {
    Picture picture;
    EXPECT_TRUE(picture.apply(put(service("web"))));
    EXPECT_FALSE(picture.apply(put(service("web")))) << "an equal object";
    Service labelled = service("web");
    labelled.meta.labels["a"] = "b";
    EXPECT_TRUE(picture.apply(put(labelled)));
    EXPECT_EQ(picture.find<Service>({"shop", "web"})->meta.labels.size(), 1U);
    EXPECT_TRUE(picture.apply(removal(Kind::service, {"shop", "web"})));
    EXPECT_FALSE(picture.apply(removal(Kind::service, {"shop", "web"}))) << "gone already";
    EXPECT_EQ(picture.find<Service>({"shop", "web"}), nullptr);
}

TEST(Picture, KeepsTheObjectThatItHasWhenAnEqualOneComes) {
    Picture picture;
    picture.apply(put(service("web")));
    const auto before = picture.find<Service>({"shop", "web"});
    picture.apply(put(service("web")));
    EXPECT_EQ(picture.find<Service>({"shop", "web"}), before);
}

TEST(Picture, TellsKindsOfOneNameApart) {
    Picture picture;
    picture.apply(put(service("web")));
    picture.apply(put(slice("web", "web")));
    picture.apply(removal(Kind::service, {"shop", "web"}));
    EXPECT_NE(picture.find<EndpointSlice>({"shop", "web"}), nullptr);
}

TEST(Picture, FindsTheSlicesOfAServiceByNameAndNamespace) {
    Picture picture;
    picture.apply(put(slice("web-2", "web")));
    picture.apply(put(slice("web-1", "web")));
    picture.apply(put(slice("api-1", "api")));
    picture.apply(put(slice("web-3", "web", "ops")));
    EXPECT_EQ(slices_of(picture, "web"), (Names{"web-1", "web-2"}));
    EXPECT_EQ(slices_of(picture, "api"), Names{"api-1"});
    EXPECT_EQ(slices_of(picture, "none"), Names{});
}

TEST(Picture, LetsASliceMoveBetweenServices) {
    Picture picture;
    picture.apply(put(slice("s", "web")));
    picture.apply(put(slice("s", "api")));
    EXPECT_EQ(slices_of(picture, "web"), Names{});
    EXPECT_EQ(slices_of(picture, "api"), Names{"s"});
    picture.apply(put(slice("s", "")));
    EXPECT_EQ(slices_of(picture, "api"), Names{});
    picture.apply(put(slice("s", "web")));
    picture.apply(removal(Kind::endpoint_slice, {"shop", "s"}));
    EXPECT_EQ(slices_of(picture, "web"), Names{});
}

TEST(Picture, ACopyIsOnItsOwn) {
    Picture picture;
    picture.apply(put(slice("s", "web")));
    Picture copy = picture;
    copy.apply(removal(Kind::endpoint_slice, {"shop", "s"}));
    EXPECT_EQ(slices_of(picture, "web"), Names{"s"});
    EXPECT_EQ(slices_of(copy, "web"), Names{});
}

TEST(Picture, GivesEverythingByKindAndThenByKey) {
    Picture picture;
    Node node;
    node.meta.key.name = "node-1";
    IpAddressPool pool;
    pool.meta.key = {"metallb-system", "p"};
    const std::vector<Object> objects{
        slice("s", "web"), service("web"), service("api"), pool, node};
    for (const Object& object : objects) {
        picture.apply(put(object));
    }
    const std::vector<std::string> due{"Node node-1",
                                       "IPAddressPool metallb-system/p",
                                       "Service shop/api",
                                       "Service shop/web",
                                       "EndpointSlice shop/s"};
    std::vector<std::string> all;
    for (const Change& change : picture.everything()) {
        all.push_back(change.ref.to_string());
        ASSERT_NE(change.object, nullptr);
        EXPECT_EQ(ref_of(*change.object), change.ref);
    }
    EXPECT_EQ(all, due);
    std::vector<std::string> visited;
    picture.for_each_ref([&](const ObjectRef& ref) { visited.push_back(ref.to_string()); });
    EXPECT_EQ(visited, due);
}

TEST(Picture, IsRebuiltFromEverything) {
    Picture picture;
    picture.apply(put(service("web")));
    picture.apply(put(slice("s", "web")));
    Picture again;
    for (const Change& change : picture.everything()) {
        EXPECT_TRUE(again.apply(change));
    }
    EXPECT_EQ(slices_of(again, "web"), Names{"s"});
    EXPECT_EQ(*again.find<Service>({"shop", "web"}), *picture.find<Service>({"shop", "web"}));
}

TEST(Picture, KeepsItsIndexThroughRandomChanges) {
    Prng random(1);
    Picture picture;
    std::map<std::string, std::string> service_of;
    for (int step = 0; step < 3000; ++step) {
        const std::string name = "s" + std::to_string(random.below(6));
        if (random.chance(30)) {
            EXPECT_EQ(picture.apply(removal(Kind::endpoint_slice, {"shop", name})),
                      service_of.erase(name) != 0);
        } else {
            const std::string of = "web" + std::to_string(random.below(3));
            const auto before = service_of.find(name);
            const bool same = before != service_of.end() && before->second == of;
            EXPECT_EQ(picture.apply(put(slice(name, of))), !same);
            service_of[name] = of;
        }
        for (const char* of : {"web0", "web1", "web2"}) {
            Names due;
            for (const auto& [slice_name, its] : service_of) {
                if (its == of) {
                    due.push_back(slice_name);
                }
            }
            ASSERT_EQ(slices_of(picture, of), due) << "step " << step;
        }
    }
}

}  // namespace
}  // namespace ferro::model
