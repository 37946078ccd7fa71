// MetalLB's order of nodes, bit for bit: the vectors of spec A.1, then what scores do to it.
#include "core/election/election.h"

#include "core/election/sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ferro::election {
namespace {

ip::Address address(const char* text) {
    return ip::Address::parse(text).value();
}

std::vector<Candidate> candidates(const std::vector<std::string>& nodes) {
    std::vector<Candidate> result;
    for (const std::string& node : nodes) {
        result.push_back(Candidate{node, 0});
    }
    return result;
}

std::vector<std::string> names(const std::vector<Candidate>& order) {
    std::vector<std::string> result;
    for (const Candidate& candidate : order) {
        result.emplace_back(candidate.node);
    }
    return result;
}

struct OrderVector {
    const char* ip;
    std::vector<std::string> order;
};

void expect_orders(const std::vector<OrderVector>& vectors) {
    const auto policy = hash_policy();
    for (const OrderVector& vector : vectors) {
        std::vector<std::string> nodes = vector.order;
        std::sort(nodes.begin(), nodes.end());
        const auto given = candidates(nodes);
        EXPECT_EQ(names(policy->rank(address(vector.ip), given)), vector.order) << vector.ip;
        const std::size_t winner = policy->winner(address(vector.ip), given);
        EXPECT_EQ(given[winner].node, vector.order.front()) << vector.ip;
    }
}

TEST(HashPolicy, OrdersThreeNodesAsMetalLbDoes) {
    expect_orders({{"10.0.0.1", {"node-b", "node-a", "node-c"}},
                   {"10.0.0.2", {"node-b", "node-c", "node-a"}},
                   {"10.0.0.3", {"node-c", "node-a", "node-b"}},
                   {"192.168.10.0", {"node-b", "node-a", "node-c"}},
                   {"192.168.10.5", {"node-b", "node-c", "node-a"}},
                   {"2001:db8::5", {"node-a", "node-c", "node-b"}},
                   {"fc00:f853:ccd:e799::", {"node-b", "node-c", "node-a"}}});
}

TEST(HashPolicy, OrdersEightNodesAsMetalLbDoes) {
    expect_orders({{"10.0.0.1",
                    {"kind-worker2",
                     "iris1",
                     "kind-worker",
                     "node-b",
                     "iris2",
                     "kind-control-plane",
                     "node-a",
                     "node-c"}},
                   {"192.168.1.240",
                    {"kind-control-plane",
                     "node-a",
                     "kind-worker2",
                     "kind-worker",
                     "iris1",
                     "node-c",
                     "iris2",
                     "node-b"}},
                   {"172.18.255.200",
                    {"iris2",
                     "kind-worker2",
                     "kind-worker",
                     "node-a",
                     "node-b",
                     "iris1",
                     "kind-control-plane",
                     "node-c"}},
                   {"172.18.0.100",
                    {"node-a",
                     "node-b",
                     "iris2",
                     "iris1",
                     "kind-worker",
                     "kind-control-plane",
                     "kind-worker2",
                     "node-c"}},
                   {"2001:db8::5",
                    {"kind-worker2",
                     "kind-worker",
                     "kind-control-plane",
                     "node-a",
                     "node-c",
                     "node-b",
                     "iris2",
                     "iris1"}},
                   {"fc00:f853:ccd:e799::1",
                    {"node-b",
                     "kind-worker2",
                     "iris1",
                     "kind-control-plane",
                     "node-a",
                     "kind-worker",
                     "iris2",
                     "node-c"}}});
}

TEST(HashPolicy, HashesNodeAndAddressWithAHashSignBetween) {
    EXPECT_EQ(to_hex(sha256("node-b#10.0.0.1")).substr(0, 16), "2acae88581fd8b47");
    EXPECT_EQ(to_hex(sha256("node-a#10.0.0.1")).substr(0, 16), "dd41591fe8f31f9f");
    EXPECT_EQ(to_hex(sha256("node-c#10.0.0.1")).substr(0, 16), "f949561f9d43a768");
}

TEST(HashPolicy, PutsTheHigherScoreBeforeTheHash) {
    const std::vector<Candidate> given{{"node-a", 10}, {"node-b", 0}, {"node-c", 15}};
    const auto order = hash_policy()->rank(address("10.0.0.1"), given);
    EXPECT_EQ(names(order), (std::vector<std::string>{"node-c", "node-a", "node-b"}));
    EXPECT_EQ(hash_policy()->winner(address("10.0.0.1"), given), 2U);
}

TEST(HashPolicy, DecidesEqualScoresByTheHash) {
    const std::vector<Candidate> given{{"node-a", 5}, {"node-b", 0}, {"node-c", 5}};
    EXPECT_EQ(names(hash_policy()->rank(address("10.0.0.1"), given)),
              (std::vector<std::string>{"node-a", "node-c", "node-b"}));
    EXPECT_EQ(hash_policy()->winner(address("10.0.0.1"), given), 0U);
}

// All subsets of four nodes, in every order of giving: the winner is always the first of the rank,
// and a loser's departure changes nothing, which is what is_pairwise promises.
TEST(HashPolicy, KeepsTheWinnerWhenALoserLeaves) {
    const auto policy = hash_policy();
    ASSERT_TRUE(policy->is_pairwise());
    std::vector<std::string> nodes{"node-a", "node-b", "node-c", "node-d"};
    do {
        const auto given = candidates(nodes);
        const auto winner = given[policy->winner(address("172.18.0.100"), given)];
        EXPECT_EQ(policy->rank(address("172.18.0.100"), given).front(), winner);
        for (std::size_t i = 0; i < given.size(); ++i) {
            if (given[i] == winner) {
                continue;
            }
            auto rest = given;
            rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
            EXPECT_EQ(rest[policy->winner(address("172.18.0.100"), rest)], winner);
        }
    } while (std::next_permutation(nodes.begin(), nodes.end()));
}

}  // namespace
}  // namespace ferro::election
