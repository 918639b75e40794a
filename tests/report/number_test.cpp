#include "report/number.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace fabricast {
namespace {

using namespace literals;

TEST(FormatNumber, KeepsTheDigitsAskedForAndEveryWholeDigit) {
  EXPECT_EQ(format_number(0.012345), "0.01235");
  EXPECT_EQ(format_number(12.345), "12.35");
  EXPECT_EQ(format_number(1234.4), "1234");
  EXPECT_EQ(format_number(123456), "123456");
  EXPECT_EQ(format_number(0), "0");
  EXPECT_EQ(format_number(24.4, 2), "24");
  EXPECT_EQ(format_number(-1.5, 2), "-1.5");
}

TEST(FormatNumber, RoundingUpDoesNotAddADigit) {
  EXPECT_EQ(format_number(9.99996), "10.00");
  EXPECT_EQ(format_number(99.96, 3), "100");
}

TEST(FormatNumber, VeryLargeAndVerySmallAreInPowersOfTen) {
  EXPECT_EQ(format_number(1.5e12), "1.500e+12");
  EXPECT_EQ(format_number(2e-7), "2.000e-07");
}

TEST(FormatNumber, WhatIsNotANumberIsADash) {
  EXPECT_EQ(format_number(std::numeric_limits<double>::quiet_NaN()), kNoNumber);
  EXPECT_EQ(format_number(std::numeric_limits<double>::infinity()), kNoNumber);
  EXPECT_EQ(format_time(Seconds(std::numeric_limits<double>::infinity())), kNoNumber);
}

TEST(FormatTime, ChoosesTheUnitFromTheRoundedValue) {
  EXPECT_EQ(format_time(microseconds(12.34)), "12.3 µs");
  EXPECT_EQ(format_time(microseconds(0.05)), "0.0500 µs");
  EXPECT_EQ(format_time(microseconds(999.4)), "999 µs");
  EXPECT_EQ(format_time(microseconds(999.7)), "1.00 ms");
  EXPECT_EQ(format_time(microseconds(52134)), "52.1 ms");
  EXPECT_EQ(format_time(Seconds(1.234)), "1.23 s");
  EXPECT_EQ(format_time(Seconds(0)), "0 µs");
}

TEST(FormatTimeRange, BothEndsAreInTheUnitAndPrecisionOfTheUpper) {
  EXPECT_EQ(format_time_range(microseconds(312), microseconds(8800)), "0.31–8.80 ms");
  EXPECT_EQ(format_range(12.1, 12.951), "12.10–12.95");
}

TEST(FormatCount, SeparatesThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
}

TEST(FormatPercent, HasTwoDigits) {
  EXPECT_EQ(format_percent(0.613), "61 %");
  EXPECT_EQ(format_percent(0.0613), "6.1 %");
  EXPECT_EQ(format_percent(1), "100 %");
}

}  // namespace
}  // namespace fabricast
