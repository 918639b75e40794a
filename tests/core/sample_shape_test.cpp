#include "core/sample_shape.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace fabricast {
namespace {

std::vector<double> samples(int n, const std::function<double(int, std::mt19937&)>& draw) {
  std::mt19937 random(7);
  std::vector<double> list;
  for (int i = 0; i < n; ++i) {
    list.push_back(draw(i, random));
  }
  return list;
}

double bell(std::mt19937& random, double centre, double spread) {
  return centre * std::exp(spread * std::normal_distribution<>()(random));
}

TEST(SampleShape, ASlowRiseIsADrift) {
  const auto rising =
      samples(100, [](int i, auto& random) { return bell(random, 10 * (1 + 0.002 * i), 0.03); });
  const auto drift = find_drift(rising);
  ASSERT_TRUE(drift);
  EXPECT_NEAR(drift->change, 0.13, 0.04);
  std::vector<double> falling(rising.rbegin(), rising.rend());
  EXPECT_LT(find_drift(falling)->change, 0);
}

TEST(SampleShape, NoiseDoesNotDrift) {
  int alarms = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    std::mt19937 random(seed);
    std::vector<double> noise;
    for (int i = 0; i < 60; ++i) {
      noise.push_back(bell(random, 10, 0.5));
    }
    alarms += find_drift(noise) || find_two_modes(noise) ? 1 : 0;
  }
  EXPECT_EQ(alarms, 0);
}

TEST(SampleShape, ATinyRiseIsNotWorthAWord) {
  EXPECT_FALSE(find_drift(samples(500, [](int i, auto&) { return 10 + 0.0002 * i; })));
}

TEST(SampleShape, TwoSpeedsAreTwoModes) {
  const auto modes = find_two_modes(
      samples(100, [](int i, auto& random) { return bell(random, i % 4 == 0 ? 18 : 12, 0.03); }));
  ASSERT_TRUE(modes);
  EXPECT_NEAR(modes->fast, 12, 0.2);
  EXPECT_NEAR(modes->slow, 18, 0.4);
  EXPECT_NEAR(modes->slow_share, 0.25, 1e-9);
}

TEST(SampleShape, TailsAndEvenSpreadsAreNotTwoModes) {
  std::exponential_distribution<> exponential(1);
  std::uniform_real_distribution<> uniform(1, 2);
  EXPECT_FALSE(
      find_two_modes(samples(500, [&](int, auto& random) { return 1 + exponential(random); })));
  EXPECT_FALSE(find_two_modes(samples(500, [&](int, auto& random) { return uniform(random); })));
  EXPECT_FALSE(find_two_modes(std::vector<double>(50, 3.0)));
}

TEST(SampleShape, OneStragglerIsNotAMode) {
  auto few = samples(100, [](int, auto& random) { return bell(random, 12, 0.01); });
  few[50] = 30;
  EXPECT_FALSE(find_two_modes(few));
}

TEST(SampleShape, TheSlowestRankIsNamed) {
  const auto skew = find_skew({10, 10, 12.5, 10});
  ASSERT_TRUE(skew);
  EXPECT_EQ(skew->slowest_rank, 2U);
  EXPECT_NEAR(skew->excess, 0.25, 1e-12);
  EXPECT_FALSE(find_skew({10}));
  const auto lines = describe_shape({}, {10, 10, 12.5, 10});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], "rank 2 is the slowest: 25 % above the median rank");
}

TEST(SampleShape, TooFewSamplesSayNothing) {
  EXPECT_FALSE(find_drift({1, 2, 3, 4, 5}));
  EXPECT_FALSE(find_two_modes({1, 1, 1, 9, 9, 9}));
}

}  // namespace
}  // namespace fabricast
