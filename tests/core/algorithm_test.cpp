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
