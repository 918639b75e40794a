#include "importers/printed_number.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace fabricast {
namespace {

TEST(PrintedNumber, KnowsWhatItsRoundingHides) {
  const auto expect = [](const char* text, double value, double rounding) {
    const auto number = read_number(text);
    ASSERT_TRUE(number) << text;
    EXPECT_DOUBLE_EQ(number->value, value) << text;
    EXPECT_NEAR(number->rounding, rounding, 1e-9 * rounding) << text;
  };
  expect("1405.25", 1405.25, 0.005);
  expect("17232", 17232, 0.5);
  expect("0.00", 0, 0.005);
  expect("1e+06", 1e6, 5e5);
  expect("2.4e-07", 2.4e-7, 0.5e-8);
  expect("-1", -1, 0.5);
}

TEST(PrintedNumber, ReadsWhatIsNotFiniteAndRefusesTheRest) {
  EXPECT_TRUE(std::isnan(read_number("nan")->value));
  EXPECT_TRUE(std::isinf(read_number("inf")->value));
  for (const char* text : {"", "N/A", "12a", "1.2.3", "1 2", "1e", "--1", "1e999"}) {
    EXPECT_FALSE(read_number(text)) << text;
  }
}

}  // namespace
}  // namespace fabricast
