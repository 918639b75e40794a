#include "tests/fakes/reduction.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace fakes {
namespace {

// By number, as in reduction.cpp.
constexpr auto kE4M3 = static_cast<ncclDataType_t>(10);
constexpr auto kE5M2 = static_cast<ncclDataType_t>(11);

template <typename T>
T reduced(ncclDataType_t type, const Operator& op, T a, T b) {
  EXPECT_EQ(width(type), sizeof(T));
  const std::array<const void*, 2> inputs{&a, &b};
  T result{};
  reduce(&result, inputs, 1, type, op);
  return result;
}

TEST(FakeReduction, SmallFloatsAreRoundedToNearestEven) {
  constexpr std::uint16_t k1 = 0x3C00;     // float16
  constexpr std::uint16_t k2048 = 0x6800;  // above, only even numbers
  constexpr std::uint16_t k65504 = 0x7BFF;
  EXPECT_EQ(reduced<std::uint16_t>(ncclFloat16, {ncclSum}, k1, k1), 0x4000);
  EXPECT_EQ(reduced<std::uint16_t>(ncclFloat16, {ncclSum}, k2048, k1), k2048);
  EXPECT_EQ(reduced<std::uint16_t>(ncclFloat16, {ncclSum}, k65504, k65504), 0x7C00);    // infinity
  EXPECT_EQ(reduced<std::uint16_t>(ncclFloat16, {ncclSum}, 0x0001, 0x0001), 0x0002);    // subnormal
  EXPECT_EQ(reduced<std::uint16_t>(ncclBfloat16, {ncclProd}, 0x4040, 0xC000), 0xC0C0);  // 3 x -2
  EXPECT_EQ(reduced<std::uint8_t>(kE4M3, {ncclSum}, 0x38, 0x38), 0x40);  // E4M3: 1 + 1
  EXPECT_EQ(reduced<std::uint8_t>(kE4M3, {ncclSum}, 0x7E, 0x7E), 0x7F);  // no infinity
  EXPECT_EQ(reduced<std::uint8_t>(kE5M2, {ncclMax}, 0x3C, 0xC0), 0x3C);  // E5M2: 1, -2
}

TEST(FakeReduction, EveryOperatorOfIntegers) {
  EXPECT_EQ(reduced<std::int32_t>(ncclInt32, {ncclSum}, 5, -7), -2);
  EXPECT_EQ(reduced<std::int32_t>(ncclInt32, {ncclProd}, 5, -7), -35);
  EXPECT_EQ(reduced<std::int32_t>(ncclInt32, {ncclMax}, 5, -7), 5);
  EXPECT_EQ(reduced<std::int32_t>(ncclInt32, {ncclMin}, 5, -7), -7);
  EXPECT_EQ(reduced<std::int32_t>(ncclInt32, {ncclAvg}, 5, -8), -1);
  EXPECT_EQ(reduced<std::uint8_t>(ncclUint8, {ncclSum}, 200, 100), 44);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(reduced<std::int64_t>(ncclInt64, {ncclSum}, kMost, 1),
            std::numeric_limits<std::int64_t>::min());
  constexpr std::int64_t kExact = (1LL << 53) + 1;  // not a double
  EXPECT_EQ(reduced<std::int64_t>(ncclInt64, {ncclMax}, kExact, 0), kExact);
}

TEST(FakeReduction, AFactorMultipliesEveryInput) {
  const float factor = 0.5F;
  EXPECT_EQ(reduced<float>(ncclFloat32, {ncclSum, &factor}, 3, 4), 3.5F);
  EXPECT_EQ(reduced<double>(ncclFloat64, {ncclAvg}, 3, 4), 3.5);
}

}  // namespace
}  // namespace fakes
