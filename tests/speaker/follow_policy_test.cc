// When the packet thread follows the questions to another CPU, look by look.
#include "speaker/layer2/io/cpu_follower.h"

#include <gtest/gtest.h>

namespace ferro::layer2 {
namespace {

using Move = FollowPolicy::Move;

constexpr Duration kNothing{};

/// The first move within `samples` equal samples; the number it took goes to `taken`.
Move sample(FollowPolicy& policy, int cpu, unsigned samples, unsigned* taken = nullptr) {
    for (unsigned i = 1; i <= samples; ++i) {
        const Move move = policy.sample(cpu);
        if (move != Move::stay) {
            if (taken != nullptr) {
                *taken = i;
            }
            return move;
        }
    }
    return Move::stay;
}

TEST(FollowPolicy, MovesWhenAFewSamplesAgree) {
    FollowPolicy policy;
    unsigned taken = 0;
    EXPECT_EQ(sample(policy, 3, 100, &taken), Move::pin);
    EXPECT_EQ(taken, FollowPolicy::kAgree);
    EXPECT_EQ(policy.cpu(), 3);
    EXPECT_TRUE(policy.is_pinned());
    EXPECT_EQ(sample(policy, 3, 1000), Move::stay);
}

TEST(FollowPolicy, OneStrayFrameMovesNothing) {
    FollowPolicy policy;
    sample(policy, 3, 10);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(policy.sample(5), Move::stay);
        EXPECT_EQ(policy.sample(3), Move::stay);
    }
    EXPECT_EQ(sample(policy, 5, 10), Move::pin);
    EXPECT_EQ(policy.cpu(), 5);
}

TEST(FollowPolicy, AFloodReleasesAndCalmPinsAgain) {
    FollowPolicy policy;
    sample(policy, 3, 10);
    EXPECT_EQ(policy.look(FollowPolicy::kFlood, kNothing), Move::release);
    EXPECT_FALSE(policy.is_pinned());
    EXPECT_EQ(policy.look(FollowPolicy::kFlood, kNothing), Move::stay) << "already released";
    for (unsigned i = 0; i < FollowPolicy::kCalm; ++i) {
        EXPECT_EQ(sample(policy, 3, 10), Move::stay);
        EXPECT_EQ(policy.look(0, kNothing), Move::stay);
    }
    EXPECT_EQ(sample(policy, 3, 10), Move::pin);
}

TEST(FollowPolicy, ASmallBacklogIsNoFlood) {
    FollowPolicy policy;
    sample(policy, 3, 10);
    EXPECT_EQ(policy.look(FollowPolicy::kFlood - 1, kNothing), Move::stay);
    EXPECT_TRUE(policy.is_pinned());
}

TEST(FollowPolicy, ACrowdedCpuIsLeftForThousandsOfFrames) {
    FollowPolicy policy;
    sample(policy, 3, 10);
    EXPECT_EQ(policy.look(0, FollowPolicy::kLongWait / 2), Move::stay);
    EXPECT_EQ(policy.look(0, FollowPolicy::kLongWait), Move::release);
    EXPECT_EQ(policy.look(FollowPolicy::kFlood, kNothing), Move::stay);
    for (unsigned i = 0; i < FollowPolicy::kAway - 1; ++i) {
        EXPECT_EQ(policy.look(0, FollowPolicy::kLongWait), Move::stay) << "it waits elsewhere, too";
        EXPECT_FALSE(policy.is_calm());
    }
    EXPECT_EQ(sample(policy, 3, 10), Move::stay);
    policy.look(0, kNothing);
    EXPECT_EQ(sample(policy, 3, 10), Move::pin);
}

}  // namespace
}  // namespace ferro::layer2
