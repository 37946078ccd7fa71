// The allocator against a slow and obvious one, over all small cases and over many seeds: same
// addresses, same refusals to give, free + used = size, nobody beside a stranger on an address or
// newly on a reserved one, and nothing moves but by the step that asks for it.
#include "core/base/prng.h"
#include "tests/core/pool/pool_world.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

namespace ferro::pool {
namespace {

using testing::configuration;
using testing::PoolWords;
using testing::ServiceWords;

/// What a service looks like to the rules of sharing.
struct Kind {
    std::string terms;
    std::vector<model::ServicePort> ports;
};

bool collide(const Kind& a, const Kind& b) {
    for (const auto& port : a.ports) {
        for (const auto& other : b.ports) {
            if (port == other) {
                return true;
            }
        }
    }
    return false;
}

/// First fit by looking at each address and each holder.
class SlowAllocator {
  public:
    explicit SlowAllocator(std::vector<ip::Address> addresses) : addresses_(std::move(addresses)) {}

    bool usable(const std::string& service, const Kind& kind, ip::Address address) const {
        for (const auto& [other, holding] : holdings) {
            if (other == service || holding.first != address) {
                continue;
            }
            const Kind& theirs = holding.second;
            const bool shares = !kind.terms.empty() && kind.terms == theirs.terms;
            if (!shares || collide(kind, theirs)) {
                return false;
            }
        }
        return true;
    }

    std::optional<ip::Address> allocate(const std::string& service, const Kind& kind) {
        for (const ip::Address address : addresses_) {
            if (!reserved.contains(address) && usable(service, kind, address)) {
                holdings[service] = {address, kind};
                return address;
            }
        }
        return std::nullopt;
    }

    /// Whether a reservation stands in the way of an assignment.
    bool kept_from(const std::string& service,
                   const Kind& kind,
                   ip::Address address,
                   Basis basis) const {
        if (!reserved.contains(address) || reserved.at(address) == service) {
            return false;
        }
        const auto held = holdings.find(service);
        const bool holds_it = held != holdings.end() && held->second.first == address;
        return holds_it ? held->second.second.terms != kind.terms
                        : basis == Basis::request || kind.terms.empty();
    }

    bool assign(const std::string& service, const Kind& kind, ip::Address address, Basis basis) {
        const bool known =
            std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
        if (!known || kept_from(service, kind, address, basis) || !usable(service, kind, address)) {
            return false;
        }
        holdings[service] = {address, kind};
        return true;
    }

    std::size_t used() const {
        std::set<ip::Address> distinct;
        for (const auto& [service, holding] : holdings) {
            distinct.insert(holding.first);
        }
        for (const auto& [address, service] : reserved) {
            distinct.insert(address);
        }
        return distinct.size();
    }

    std::map<std::string, std::pair<ip::Address, Kind>> holdings;
    std::map<ip::Address, std::string> reserved;

  private:
    std::vector<ip::Address> addresses_;
};

/// Both allocators, stepped together and compared after each step.
class Pair {
  public:
    Pair(const PoolWords& pool, const std::vector<ip::Address>& addresses)
        : size_(addresses.size()), slow_(addresses) {
        fast_.set_pools(configuration({pool}));
    }

    void allocate(const std::string& name, const Kind& kind) {
        const model::Service service = service_of(name, kind);
        fast_.release(service.meta.key);
        slow_.holdings.erase(name);
        const auto expected = slow_.allocate(name, kind);
        const auto outcome = fast_.allocate(demand_of(service, Families::ipv4));
        ASSERT_EQ(outcome.has_value(), expected.has_value());
        if (outcome) {
            ASSERT_EQ(outcome->addresses, std::vector{*expected});
        }
        check();
    }

    void assign(const std::string& name,
                const Kind& kind,
                ip::Address address,
                Basis basis = Basis::request) {
        const model::Service service = service_of(name, kind);
        const bool expected = slow_.assign(name, kind, address, basis);
        const auto outcome = fast_.assign(demand_of(service, Families::ipv4), {address}, basis);
        ASSERT_EQ(outcome.has_value(), expected);
        check();
    }

    void release(const std::string& name) {
        const bool expected = slow_.holdings.erase(name) > 0;
        ASSERT_EQ(fast_.release({"default", name}), expected);
        check();
    }

    void reserve(const std::map<ip::Address, std::string>& reserved) {
        Reservations reservations;
        for (const auto& [address, name] : reserved) {
            reservations[address].insert({"default", name});
        }
        slow_.reserved = reserved;
        fast_.set_reserved(std::move(reservations));
        check();
    }

    void reload(const PoolWords& pool) {
        ASSERT_TRUE(fast_.set_pools(configuration({pool})).released.empty());
        check();
    }

  private:
    static model::Service service_of(const std::string& name, const Kind& kind) {
        ServiceWords words = ServiceWords(name).ports(kind.ports);
        if (!kind.terms.empty()) {
            words.share(kind.terms);
        }
        return words.service;
    }

    /// Nothing moved that was not asked to, and the books balance.
    void check() {
        ASSERT_EQ(fast_.size(), slow_.holdings.size());
        for (const auto& [name, holding] : slow_.holdings) {
            const auto held = fast_.find({"default", name});
            ASSERT_TRUE(held);
            ASSERT_EQ(held->addresses, std::vector{holding.first});
        }
        const PoolCounters counters = fast_.counters().begin()->second;
        ASSERT_EQ(counters.assigned_ipv4, static_cast<std::int64_t>(slow_.used()));
        ASSERT_EQ(counters.available_ipv4 + counters.assigned_ipv4, counters.total);
        ASSERT_EQ(counters.total, static_cast<std::int64_t>(size_));
    }

    std::size_t size_;
    Allocator fast_;
    SlowAllocator slow_;
};

const std::vector<Kind> kKinds{{"", {{"TCP", 80}}},
                               {"k", {{"TCP", 80}}},
                               {"k", {{"TCP", 443}}},
                               {"j", {{"TCP", 80}, {"UDP", 80}}}};

TEST(AllocatorProperty, AgreesOnAllCasesOfThreeServicesAndFourAddresses) {
    // Each service, in turn, is of one of four kinds and does one of six things: allocate, release,
    // or ask for one of the four addresses; then the first one does one thing more.
    const auto addresses = testing::addrs({"10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"});
    const PoolWords pool("p", {"10.0.0.0/30"});
    constexpr std::size_t kActions = 6;
    const std::size_t choices = kKinds.size() * kActions;
    const auto act = [&](Pair& pair, const std::string& name, std::size_t choice) {
        const Kind& kind = kKinds[choice / kActions];
        const std::size_t action = choice % kActions;
        if (action == 0) {
            pair.allocate(name, kind);
        } else if (action == 1) {
            pair.release(name);
        } else {
            pair.assign(name, kind, addresses[action - 2]);
        }
    };
    for (std::size_t a = 0; a < choices; ++a) {
        for (std::size_t b = 0; b < choices; ++b) {
            for (std::size_t c = 0; c < choices; ++c) {
                Pair pair(pool, addresses);
                act(pair, "a", a);
                act(pair, "b", b);
                act(pair, "c", c);
                act(pair, "a", (a + b + c) % choices);
                ASSERT_FALSE(::testing::Test::HasFatalFailure())
                    << "choices " << a << ' ' << b << ' ' << c;
            }
        }
    }
}

TEST(AllocatorProperty, AgreesOverRandomStepsFromSeeds) {
    // Two items in descending order and a range: configuration order is not numeric order.
    const std::vector<std::string> items{"10.0.9.0/31", "10.0.0.253-10.0.1.3"};
    std::vector<ip::Address> addresses;
    for (const std::string& item : items) {
        const auto prefixes = ip::parse_pool_item(item);
        ASSERT_TRUE(prefixes);
        for (const ip::Prefix& prefix : *prefixes) {
            for (auto n = prefix.range().first().ipv4(); n <= prefix.range().last().ipv4(); ++n) {
                if (!ip::Address::from_ipv4(n).is_buggy()) {
                    addresses.push_back(ip::Address::from_ipv4(n));
                }
            }
        }
    }
    const PoolWords pool = PoolWords("p", items).avoid_buggy();
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        Prng prng(seed);
        Pair pair(pool, addresses);
        for (int step = 0; step < 150; ++step) {
            const std::string name = "s" + std::to_string(prng.below(12));
            Kind kind;
            kind.terms = prng.chance(70) ? "key-" + std::to_string(prng.below(2)) : "";
            for (std::uint64_t port = 0; port < 3; ++port) {
                if (prng.chance(40)) {
                    kind.ports.push_back(
                        {prng.chance(80) ? "TCP" : "UDP", static_cast<std::uint16_t>(80 + port)});
                }
            }
            const std::uint64_t action = prng.below(10);
            if (action < 5) {
                pair.allocate(name, kind);
            } else if (action < 7) {
                pair.release(name);
            } else if (action < 9) {
                pair.assign(name,
                            kind,
                            addresses[prng.below(addresses.size())],
                            prng.chance(50) ? Basis::claim : Basis::request);
            } else if (prng.chance(50)) {
                pair.reload(pool);
            } else {
                std::map<ip::Address, std::string> reserved;
                while (prng.chance(60)) {
                    reserved[addresses[prng.below(addresses.size())]] =
                        prng.chance(30) ? "s" + std::to_string(prng.below(12)) : "absent";
                }
                pair.reserve(reserved);
            }
            ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "seed " << seed << " step " << step;
        }
    }
}

TEST(AllocatorProperty, StaysQuickWhenThousandsShareOneKeyAndOnePort) {
    // Without the bound per port this is a walk over all shared addresses for each service; the
    // test would then take seconds instead of a moment. It counts results, not time.
    Allocator allocator;
    allocator.set_pools(configuration({PoolWords("p", {"10.0.0.0/16"})}));
    for (int i = 0; i < 5000; ++i) {
        const auto words = ServiceWords("s" + std::to_string(i)).share("k");
        ASSERT_TRUE(allocator.allocate(demand_of(words.service, Families::ipv4)));
    }
    EXPECT_EQ(allocator.counters().begin()->second.assigned_ipv4, 5000);
    const auto other = ServiceWords("other").share("k").ports({{"TCP", 443}});
    EXPECT_EQ(testing::words_of(allocator.allocate(demand_of(other.service, Families::ipv4))),
              testing::Texts{"10.0.0.0"});
    // A port that is freed low down is found again.
    const auto moved = ServiceWords("s7").share("k").ports({{"TCP", 22}});
    ASSERT_TRUE(
        allocator.assign(demand_of(moved.service, Families::ipv4), testing::addrs({"10.0.0.0"})));
    const auto again = ServiceWords("again").share("k");
    EXPECT_EQ(testing::words_of(allocator.allocate(demand_of(again.service, Families::ipv4))),
              testing::Texts{"10.0.0.7"});
}

}  // namespace
}  // namespace ferro::pool
