#include "model/fit/noise_floor.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace fabricast {
namespace {

TEST(NoiseFloor, ARisingCurveIsItsOwnBest) {
  EXPECT_EQ(best_rising_curve({{1}, {2}, {2}, {5}}), (std::vector<double>{1, 2, 2, 5}));
}

TEST(NoiseFloor, WhatFallsIsPooledAtItsMedian) {
  // 3, 1 and 2 violate the order together: their median serves all three.
  EXPECT_EQ(best_rising_curve({{0}, {3}, {1}, {2}, {9}}), (std::vector<double>{0, 2, 2, 2, 9}));
  EXPECT_EQ(best_rising_curve({{5}, {4}, {3}, {2}, {1}}), (std::vector<double>(5, 3)));
}

TEST(NoiseFloor, RepeatsOfASizeShareAValue) {
  EXPECT_EQ(best_rising_curve({
                {1,  3, 2},
                {7}
  }),
            (std::vector<double>{2, 7}));
}

TEST(NoiseFloor, PointsOfACurveAreComparedWithTheirOwnCurveOnly) {
  MeasuredCurve slow;
  slow.system = "slow";
  MeasuredCurve fast = slow;
  fast.system = "fast";
  std::vector<JudgedPoint> points;
  for (const double bytes : {1.0, 2.0, 4.0}) {
    points.push_back({.curve = &slow, .message = Bytes(bytes), .measured = 10 * bytes});
    points.push_back({.curve = &fast, .message = Bytes(bytes), .measured = -bytes});
  }
  set_noise_floor(points);
  for (const JudgedPoint& p : points) {
    EXPECT_DOUBLE_EQ(p.floor, p.curve == &slow ? p.measured : -2);
  }
}

}  // namespace
}  // namespace fabricast
