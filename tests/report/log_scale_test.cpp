#include "report/log_scale.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace fabricast {
namespace {

PositiveRange range(double low, double high) {
  PositiveRange r;
  r.add(low);
  r.add(high);
  return r;
}

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> all;
  for (const auto& tick : ticks) {
    all.push_back(tick.label);
  }
  return all;
}

TEST(PositiveRange, IgnoresWhatALogarithmCannotTake) {
  PositiveRange r;
  for (const double bad :
       {0.0, -1.0, 1e-300, 1e300, std::nan(""), std::numeric_limits<double>::infinity()}) {
    r.add(bad);
  }
  EXPECT_TRUE(r.empty());
  r.add(3);
  EXPECT_FALSE(r.empty());
  EXPECT_EQ(r.low(), 3);
  EXPECT_EQ(r.high(), 3);
}

TEST(PositiveRange, APointBecomesAFactorOfFour) {
  const PositiveRange r = range(8, 8).padded(1.1);
  EXPECT_DOUBLE_EQ(r.low(), 4);
  EXPECT_DOUBLE_EQ(r.high(), 16);
}

TEST(LogScale, EqualFactorsAreEqualDistances) {
  const LogScale scale(range(1, 100), 0, 10);
  EXPECT_DOUBLE_EQ(scale.at(1), 0);
  EXPECT_DOUBLE_EQ(scale.at(10), 5);
  EXPECT_DOUBLE_EQ(scale.at(1000), 10);
  EXPECT_DOUBLE_EQ(scale.at(0), 0);
}

TEST(SizeTicks, ArePowersOfTwoAndFew) {
  EXPECT_EQ(labels(size_ticks(range(1000, 70000000))),
            (std::vector<std::string>{"1 KiB", "32 KiB", "1 MiB", "32 MiB"}));
  EXPECT_EQ(labels(size_ticks(range(4, 16))), (std::vector<std::string>{"4 B", "8 B", "16 B"}));
  EXPECT_EQ(labels(size_ticks(range(1, 1e24))).front(), "1 B");
  EXPECT_LE(size_ticks(range(1, 1e19)).size(), 8U);
}

TEST(TimeTicks, AreDecadesOrFinerWhereTheRangeIsSmall) {
  EXPECT_EQ(labels(time_ticks(range(4e-6, 2e-3))),
            (std::vector<std::string>{"10 µs", "100 µs", "1 ms"}));
  EXPECT_EQ(labels(time_ticks(range(1.5e-6, 3e-5))),
            (std::vector<std::string>{"2 µs", "5 µs", "10 µs", "20 µs"}));
  EXPECT_EQ(labels(time_ticks(range(4e-8, 2e-7))),
            (std::vector<std::string>{"0.05 µs", "0.1 µs", "0.2 µs"}));
  EXPECT_LE(time_ticks(range(1e-9, 1e9)).size(), 8U);
}

}  // namespace
}  // namespace fabricast
