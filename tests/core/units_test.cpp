#include "core/units.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace fabricast {
namespace {

using namespace literals;

TEST(Units, FourHundredGigabitsAreFiftyGigabytes) { EXPECT_EQ(400_Gbps, 50_GBps); }

TEST(Units, MessageOverRateIsATime) {
  const Seconds t = 50_GiB / 50_GBps;
  EXPECT_DOUBLE_EQ(t.si(), 1.073741824);
  EXPECT_DOUBLE_EQ(in_us(1_MiB / 1_GBps), 1048.576);
}

TEST(Units, SizesArePowersOf1024AndRatesPowersOf1000) {
  EXPECT_EQ((1_GiB).si(), 1073741824.0);
  EXPECT_EQ((1_GBps).si(), 1e9);
}

TEST(Units, EqualUnitsDivideToAPlainNumber) {
  static_assert(std::is_same_v<decltype(1_MiB / 1_KiB), double>);
  EXPECT_DOUBLE_EQ(1_MiB / 1_KiB, 1024.0);
}

template <typename A, typename B>
concept Addable = requires(A a, B b) {
  a + b;
};

TEST(Units, UnlikeUnitsDoNotAdd) {
  static_assert(Addable<Seconds, Seconds>);
  static_assert(!Addable<Seconds, Bytes>);
  static_assert(!std::is_convertible_v<double, Seconds>);
}

}  // namespace
}  // namespace fabricast
