#include "core/algorithm.hpp"

#include <gtest/gtest.h>

namespace fabricast {
namespace {

TEST(Log2, FloorAndCeiling) {
  EXPECT_EQ(floor_log2(1), 0);
  EXPECT_EQ(floor_log2(12500), 13);
  EXPECT_EQ(ceil_log2(1), 0);
  EXPECT_EQ(ceil_log2(8), 3);
  EXPECT_EQ(ceil_log2(9), 4);
}

TEST(Schedule, RingAllReduceTakesTwiceAllButOneSteps) {
  const Schedule s = textbook::ring_all_reduce({8, 8});
  EXPECT_EQ(s.steps, 14);
  EXPECT_DOUBLE_EQ(s.wire, 1.75);
}

TEST(Schedule, HierarchicalMovesAsManyBytesAsTheRingInFewerSteps) {
  const Schedule flat = textbook::ring_all_reduce({64, 8});
  const Schedule two_level = textbook::hierarchical_all_reduce({64, 8});
  EXPECT_LT(two_level.steps, flat.steps);
  EXPECT_DOUBLE_EQ(two_level.wire, flat.wire);
  EXPECT_DOUBLE_EQ(two_level.reduced, flat.reduced);
}

TEST(Schedule, RabenseifnerMovesAsManyBytesAsTheRingInLogarithmicallyManySteps) {
  const Schedule ring = textbook::ring_all_reduce({16, 16});
  const Schedule s = textbook::rabenseifner_all_reduce({16, 16});
  EXPECT_EQ(s.steps, 8);
  EXPECT_DOUBLE_EQ(s.wire, ring.wire);
  EXPECT_DOUBLE_EQ(s.reduced, ring.reduced);
}

TEST(Schedule, RanksBeyondAPowerOfTwoCostTwoMessagesAndOneAddition) {
  for (const auto schedule :
       {textbook::rabenseifner_all_reduce, textbook::recursive_doubling_all_reduce}) {
    const Schedule power = schedule({8, 8});
    for (const int ranks : {9, 12, 15}) {
      const Schedule beyond = schedule({ranks, ranks});
      EXPECT_EQ(beyond.steps, power.steps + 2) << ranks;
      EXPECT_DOUBLE_EQ(beyond.wire, power.wire + 2) << ranks;
      EXPECT_DOUBLE_EQ(beyond.reduced, power.reduced + 1) << ranks;
    }
  }
}

TEST(Schedule, OneRankDoesNothing) {
  for (const auto& row : kTextbookAlgorithms) {
    const Schedule s = row.schedule({1, 1});
    EXPECT_EQ(s.steps, 0) << row.name;
    EXPECT_EQ(s.wire, 0) << row.name;
    EXPECT_EQ(s.reduced, 0) << row.name;
  }
}

}  // namespace
}  // namespace fabricast
