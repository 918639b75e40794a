#include "core/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace fabricast {
namespace {

TEST(Quantile, InterpolatesLikeNumPy) {
  const std::vector<double> v{1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(quantile(v, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(v, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile(v, 0.95), 3.85);
  EXPECT_DOUBLE_EQ(quantile(v, 1), 4);
  EXPECT_DOUBLE_EQ(quantile({7}, 0.3), 7);
}

// Tables of the sign test, two-sided 95 %: n = 6 -> 1..6, 10 -> 2..9, 20 -> 6..15, 100 -> 40..61.
TEST(MedianInterval, AgreesWithTheTables) {
  const auto expect = [](int n, int low, int high) {
    const MedianInterval i = median_interval(n, 0.95);
    EXPECT_EQ(i.low + 1, low) << n;
    EXPECT_EQ(i.high + 1, high) << n;
    EXPECT_TRUE(i.reached) << n;
  };
  expect(6, 1, 6);
  expect(10, 2, 9);
  expect(20, 6, 15);
  expect(100, 40, 61);
}

TEST(MedianInterval, FewerThanSixSamplesCannotReach95Percent) {
  for (int n = 1; n < 6; ++n) {
    const MedianInterval i = median_interval(n, 0.95);
    EXPECT_FALSE(i.reached);
    EXPECT_EQ(i.low, 0);
    EXPECT_EQ(i.high, n - 1);
  }
}

TEST(MedianInterval, CoversTheTrueMedianOfASkewedDistribution) {
  std::mt19937 random(1);
  std::lognormal_distribution<double> times(0.0, 1.5);  // median 1
  int covered = 0;
  constexpr int kTrials = 2000;
  for (int t = 0; t < kTrials; ++t) {
    std::vector<double> samples(25);
    std::generate(samples.begin(), samples.end(), [&] { return times(random); });
    const Summary s = summarize(samples);
    covered += s.low <= 1 && 1 <= s.high ? 1 : 0;
  }
  EXPECT_GE(covered, kTrials * 95 / 100 - 30);
}

TEST(Summary, OfNothingIsZero) { EXPECT_EQ(summarize({}).n, 0); }

}  // namespace
}  // namespace fabricast
