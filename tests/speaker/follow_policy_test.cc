// When the packet thread follows the questions to another CPU, look by look.
#include "speaker/layer2/io/cpu_follower.h"

#include <gtest/gtest.h>

namespace ferro::layer2 {
namespace {

using Move = FollowPolicy::Move;

/// The first move within `looks` equal looks; the number of looks it took goes to `taken`.
Move look(FollowPolicy& policy, int cpu, unsigned looks, unsigned* taken = nullptr) {
    for (unsigned i = 1; i <= looks; ++i) {
        const Move move = policy.observe(cpu, 0);
        if (move != Move::stay) {
            if (taken != nullptr) {
                *taken = i;
            }
            return move;
        }
    }
    return Move::stay;
}

TEST(FollowPolicy, MovesWhenAFewLooksAgree) {
    FollowPolicy policy;
    unsigned taken = 0;
    EXPECT_EQ(look(policy, 3, 100, &taken), Move::pin);
    EXPECT_EQ(taken, FollowPolicy::kAgree);
    EXPECT_EQ(policy.cpu(), 3);
    EXPECT_EQ(look(policy, 3, 1000), Move::stay);
}

TEST(FollowPolicy, OneStrayFrameMovesNothing) {
    FollowPolicy policy;
    look(policy, 3, 10);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(policy.observe(5, 0), Move::stay);
        EXPECT_EQ(policy.observe(3, 0), Move::stay);
    }
    EXPECT_EQ(look(policy, 5, 10), Move::pin);
    EXPECT_EQ(policy.cpu(), 5);
}

TEST(FollowPolicy, AFloodReleasesAndCalmPinsAgain) {
    FollowPolicy policy;
    look(policy, 3, 10);
    EXPECT_EQ(policy.observe(3, FollowPolicy::kFlood), Move::release);
    EXPECT_EQ(policy.observe(3, FollowPolicy::kFlood), Move::stay) << "already released";
    unsigned taken = 0;
    EXPECT_EQ(look(policy, 3, 1000, &taken), Move::pin);
    EXPECT_EQ(taken, FollowPolicy::kCalm + FollowPolicy::kAgree);
}

TEST(FollowPolicy, ASmallBacklogIsNoFlood) {
    FollowPolicy policy;
    look(policy, 3, 10);
    EXPECT_EQ(policy.observe(3, FollowPolicy::kFlood - 1), Move::stay);
}

}  // namespace
}  // namespace ferro::layer2
