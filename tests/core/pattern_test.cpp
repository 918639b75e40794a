#include "core/pattern.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace fabricast {
namespace {

// An IEEE-like float with `mantissa` bits, read as its standard says; wide enough for all but 64
// bits.
double decode_float(std::uint64_t bits, int mantissa, int bias) {
  const auto exponent = static_cast<int>(bits >> mantissa);
  const auto fraction = static_cast<double>(bits & ((1ULL << mantissa) - 1));
  const double one = std::ldexp(1.0, mantissa);
  return exponent == 0 ? std::ldexp(fraction, 1 - bias - mantissa)
                       : std::ldexp(one + fraction, exponent - bias - mantissa);
}

double decode(DataType type, std::uint64_t bits) {
  switch (type) {
    case DataType::kFloat64:
      return std::bit_cast<double>(bits);
    case DataType::kFloat32:
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case DataType::kBfloat16:
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits << 16));
    case DataType::kFloat16:
      return decode_float(bits, 10, 15);
    case DataType::kFloat8E4M3:
      return decode_float(bits, 3, 7);
    case DataType::kFloat8E5M2:
      return decode_float(bits, 2, 15);
    default:
      return static_cast<double>(static_cast<std::int64_t>(bits));
  }
}

TEST(Encode, EveryIntegerUpToTheLimitOfTheTypeIsExact) {
  for (const auto& row : kDataTypes) {
    const std::int64_t limit = std::min<std::int64_t>(row.exact_limit, 1 << 24);
    for (std::int64_t v = 0; v <= limit; v += v < 5000 ? 1 : 9973) {
      ASSERT_EQ(decode(row.id, encode(row.id, v)), static_cast<double>(v)) << row.name;
    }
    EXPECT_EQ(decode(row.id, encode(row.id, limit)), static_cast<double>(limit)) << row.name;
  }
}

double combined(ReduceOp op, double a, double b) {
  switch (op) {
    case ReduceOp::kProd:
      return a * b;
    case ReduceOp::kMin:
      return std::min(a, b);
    case ReduceOp::kMax:
      return std::max(a, b);
    default:
      return a + b;
  }
}

// The same for every operator: what a rank must hold is what all contributions at its offset
// reduce to, and no step on the way leaves the integers that the type holds exactly.
TEST(Pattern, ReductionsOfContributionsAreTheExpectedResults) {
  for (const auto& op : kReduceOps) {
    for (const auto& row : kDataTypes) {
      for (const int ranks : {1, 2, 3, 8, 255, 256, 257, 3000}) {
        if (!why_not_exact(op.id, row.id, ranks).empty()) {
          continue;
        }
        const Pattern pattern(row.id, ranks, op.id);
        const PatternView expected =
            pattern.received(Collective::kAllReduce, 0, 0, 5, pattern.tables());
        bool tells_anything = false;
        for (std::uint64_t index = 0; index < 2100; index += 61) {
          const auto sent = [&](int rank) {
            return decode(
                row.id,
                pattern.sent(Collective::kAllReduce, rank, 5, pattern.tables()).bits(index));
          };
          double result = sent(0);
          for (int r = 1; r < ranks; ++r) {
            result = combined(op.id, result, sent(r));
          }
          result *= op.id == ReduceOp::kPreMulSum ? kPreFactor : 1;
          ASSERT_LE(result, static_cast<double>(row.exact_limit)) << row.name << " " << ranks;
          result /= op.id == ReduceOp::kAvg ? ranks : 1;
          ASSERT_EQ(decode(row.id, expected.bits(index)), result)
              << op.name << " " << row.name << " " << ranks;
          tells_anything = tells_anything || result != 0;
        }
        EXPECT_TRUE(tells_anything) << op.name << " " << row.name << " " << ranks;
      }
    }
  }
}

TEST(Pattern, AveragesThatRoundingWouldDecideAreRefused) {
  EXPECT_EQ(why_not_exact(ReduceOp::kAvg, DataType::kFloat32, 8), "");
  EXPECT_NE(why_not_exact(ReduceOp::kAvg, DataType::kFloat32, 6), "");
  EXPECT_NE(why_not_exact(ReduceOp::kAvg, DataType::kFloat8E5M2, 16), "");
  EXPECT_EQ(why_not_exact(ReduceOp::kProd, DataType::kFloat8E5M2, 1000), "");
}

TEST(Pattern, EachRankOffsetAndIterationSendsSomethingElse) {
  const Pattern pattern(DataType::kInt64, 4);
  const auto bits = [&](int rank, std::uint64_t iteration, std::uint64_t index) {
    return pattern.sent(Collective::kAllGather, rank, iteration, pattern.tables()).bits(index);
  };
  EXPECT_NE(bits(0, 0, 10), bits(1, 0, 10));
  EXPECT_NE(bits(0, 0, 10), bits(0, 1, 10));
  EXPECT_NE(bits(0, 0, 10), bits(0, 0, 11));
}

TEST(Pattern, InPlaceARanksOwnBlockGoesInOrComesOut) {
  const auto place = [](Collective c, int rank) { return in_place(c, rank, 4, 10); };
  EXPECT_EQ(place(Collective::kAllReduce, 3).elements, 10U);
  EXPECT_EQ(place(Collective::kAllReduce, 3).send_at, 0U);
  EXPECT_EQ(place(Collective::kAllGather, 3).elements, 40U);
  EXPECT_EQ(place(Collective::kAllGather, 3).send_at, 30U);
  EXPECT_EQ(place(Collective::kReduceScatter, 2).receive_at, 20U);
  EXPECT_EQ(place(Collective::kReduceScatter, 2).send_at, 0U);
  EXPECT_EQ(place(Collective::kGather, 0).elements, 40U);
  EXPECT_EQ(place(Collective::kGather, 3).elements, 10U);
  EXPECT_EQ(place(Collective::kGather, 3).send_at, 0U);
  EXPECT_EQ(place(Collective::kScatter, 3).receive_at, 0U);
}

// What a rank must receive, traced by hand through each collective's definition.
TEST(Pattern, MovedDataComesFromTheRightRankAndOffset) {
  constexpr int kRanks = 4;
  constexpr std::uint64_t kCount = 10;
  const Pattern pattern(DataType::kInt64, kRanks);
  const auto sent = [&](Collective c, int rank, std::uint64_t index) {
    return pattern.sent(c, rank, 3, pattern.tables()).bits(index);
  };
  const auto received = [&](Collective c, int rank, std::uint64_t index) {
    return pattern.received(c, rank, kCount, 3, pattern.tables()).bits(index);
  };
  EXPECT_EQ(received(Collective::kAllGather, 0, 27), sent(Collective::kAllGather, 2, 7));
  EXPECT_EQ(received(Collective::kAllToAll, 1, 27), sent(Collective::kAllToAll, 2, 17));
  EXPECT_EQ(received(Collective::kBroadcast, 3, 7), sent(Collective::kBroadcast, 0, 7));
  EXPECT_EQ(received(Collective::kSendRecv, 0, 7), sent(Collective::kSendRecv, 3, 7));
  EXPECT_EQ(received(Collective::kScatter, 2, 7), sent(Collective::kScatter, 0, 27));
  EXPECT_EQ(received(Collective::kGather, 0, 27), sent(Collective::kGather, 2, 7));
}

TEST(Extents, FollowTheCountArgument) {
  EXPECT_EQ(extents(Collective::kAllGather, 1, 4, 10).receive, 40U);
  EXPECT_EQ(extents(Collective::kReduceScatter, 1, 4, 10).send, 40U);
  EXPECT_EQ(extents(Collective::kReduce, 1, 4, 10).receive, 0U);
  EXPECT_EQ(extents(Collective::kReduce, 0, 4, 10).receive, 10U);
}

}  // namespace
}  // namespace fabricast
