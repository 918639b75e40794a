#include "core/decimal.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <string>

namespace fabricast {
namespace {

TEST(ParseDecimal, ReadsAllOfTheTextOrNothing) {
  EXPECT_EQ(parse_decimal("21.46"), 21.46);
  EXPECT_EQ(parse_decimal("1.12843e+06"), 1128430.0);
  EXPECT_EQ(parse_decimal("-3"), -3.0);
  for (const char* text : {"", "1,5", "1.5 ", " 1.5", "1.5us", "e5", "+1"}) {
    EXPECT_FALSE(parse_decimal(text)) << "\"" << text << "\"";
  }
}

TEST(Rounded, IsWhatThePrintedDigitsSay) {
  EXPECT_EQ(rounded(1234.56, 2), 1200.0);
  EXPECT_EQ(rounded(9.9996, 4), 10.0);
  EXPECT_EQ(rounded(-0.00123456, 3), -0.00123);
  EXPECT_EQ(rounded(0, 5), 0.0);
  EXPECT_EQ(rounded(std::numeric_limits<double>::max(), 17), std::numeric_limits<double>::max());
  EXPECT_EQ(rounded(std::numeric_limits<double>::denorm_min(), 17),
            std::numeric_limits<double>::denorm_min());
}

TEST(Rounded, TwiceIsAsOnce) {
  for (double value = 1e-9; value < 1e9; value *= 1.37) {
    EXPECT_EQ(rounded(rounded(value, 12), 12), rounded(value, 12));
  }
}

TEST(Rounded, LeavesWhatIsNotFinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(rounded(-infinity, 3), -infinity);
  EXPECT_TRUE(std::isnan(rounded(std::nan(""), 3)));
}

TEST(Decimal, ACommaOfTheLocaleIsNotRead) {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  if (std::setlocale(LC_NUMERIC, "de_DE.UTF-8") == nullptr) {
    GTEST_SKIP() << "this system has no locale with a decimal comma";
  }
  EXPECT_EQ(parse_decimal("21.46"), 21.46);
  EXPECT_EQ(rounded(21.46, 3), 21.5);
  std::setlocale(LC_NUMERIC, before.c_str());
}

}  // namespace
}  // namespace fabricast
