#include "bench/host/reduce.hpp"

#include "bench/host/float8.hpp"
#include "core/pattern.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace fabricast {
namespace {

template <typename Float>
std::uint8_t bits(Float f) {
  return std::bit_cast<std::uint8_t>(f);
}

template <typename Float>
Float from_bits(unsigned byte) {
  return std::bit_cast<Float>(static_cast<std::uint8_t>(byte));
}

// Every finite byte is the nearest to itself.
TEST(Float8, BytesSurviveTheWayThroughFloat) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    if ((byte & 0x7f) <= 0x7e) {
      EXPECT_EQ(bits(Float8E4M3(static_cast<float>(from_bits<Float8E4M3>(byte)))), byte);
    }
    if ((byte & 0x7f) <= 0x7b) {
      EXPECT_EQ(bits(Float8E5M2(static_cast<float>(from_bits<Float8E5M2>(byte)))), byte);
    }
  }
}

// Micikevicius et al., arXiv:2209.05433, table 1.
TEST(Float8, HasTheLimitsOfItsStandard) {
  EXPECT_EQ(static_cast<float>(from_bits<Float8E4M3>(0x7e)), 448.0F);
  EXPECT_EQ(static_cast<float>(from_bits<Float8E5M2>(0x7b)), 57344.0F);
  EXPECT_EQ(static_cast<float>(from_bits<Float8E4M3>(0x01)), std::ldexp(1.0F, -9));
  EXPECT_EQ(static_cast<float>(from_bits<Float8E5M2>(0x01)), std::ldexp(1.0F, -16));
  EXPECT_EQ(bits(Float8E4M3(1e9F)), 0x7e);
  EXPECT_EQ(bits(Float8E4M3(-1e9F)), 0xfe);
  EXPECT_TRUE(std::isnan(static_cast<float>(Float8E4M3(NAN))));
}

TEST(Float8, RoundsToNearestEven) {
  EXPECT_EQ(static_cast<float>(Float8E4M3(17.0F)), 16.0F);  // between 16 and 18, even mantissa
  EXPECT_EQ(static_cast<float>(Float8E4M3(19.0F)), 20.0F);
  EXPECT_EQ(static_cast<float>(Float8E5M2(9.0F)), 8.0F);
  EXPECT_EQ(static_cast<float>(Float8E5M2(15.0F)), 16.0F);  // carries into the exponent
}

TEST(Reduce, CombinesEveryTypeByEveryOperator) {
  struct Row {
    ReduceOp op;
    std::int64_t result;  // of 3 and 2
  };
  for (const Row& row : {
           Row{ReduceOp::kSum,  5},
           Row{ReduceOp::kProd, 6},
           Row{ReduceOp::kMin,  2},
           Row{ReduceOp::kMax,  3}
  }) {
    for (const auto& type : kDataTypes) {
      const auto width = static_cast<std::size_t>(type.bytes);
      const std::uint64_t a = encode(type.id, 3);
      const std::uint64_t b = encode(type.id, 2);
      alignas(8) std::array<std::byte, 16> into{};
      alignas(8) std::array<std::byte, 16> from{};
      std::copy_n(reinterpret_cast<const std::byte*>(&a), width, into.begin() + width);
      std::copy_n(reinterpret_cast<const std::byte*>(&b), width, from.begin() + width);
      reduce(row.op, type.id, into.data(), from.data(), 2);
      const std::uint64_t expected = encode(type.id, row.result);
      EXPECT_TRUE(std::equal(into.begin() + width,
                             into.begin() + 2 * width,
                             reinterpret_cast<const std::byte*>(&expected)))
          << name(row.op) << " " << type.name;
    }
  }
}

}  // namespace
}  // namespace fabricast
