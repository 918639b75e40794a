#include "core/pattern.hpp"

#include <algorithm>
#include <bit>

namespace fabricast {

namespace {

// A prime: blocks that arrive one or more power-of-two chunks off do not fall on equal values.
constexpr std::uint64_t kValuesPerPeriod = 1009;

// Contributions are 1..largest on every stride-th residue, 0 between, so that any `ranks`
// neighbours (the ranks at one offset) add up to at most the type's exact limit.
struct Range {
  std::uint64_t largest;
  std::uint64_t stride;
};
Range range_for(DataType type, int ranks) {
  const auto limit = static_cast<std::uint64_t>(info(type).exact_limit);
  const auto n = static_cast<std::uint64_t>(ranks);
  if (n <= limit) {
    return {std::min<std::uint64_t>(100, limit / n), 1};
  }
  return {1, (n + limit - 1) / limit};
}

// A small integer as an IEEE-like number with the given mantissa width and exponent bias.
std::uint64_t float_bits(std::int64_t value, int mantissa, int bias) {
  if (value == 0) {
    return 0;
  }
  const auto v = static_cast<std::uint64_t>(value);
  const int exponent = std::bit_width(v) - 1;
  const std::uint64_t fraction = v ^ (1ULL << exponent);
  const std::uint64_t aligned =
      exponent <= mantissa ? fraction << (mantissa - exponent) : fraction >> (exponent - mantissa);
  return (static_cast<std::uint64_t>(exponent + bias) << mantissa) | aligned;
}

}  // namespace

std::uint64_t encode(DataType type, std::int64_t value) {
  switch (type) {
    case DataType::kFloat32:
      return float_bits(value, 23, 127);
    case DataType::kFloat16:
      return float_bits(value, 10, 15);
    case DataType::kBfloat16:
      return float_bits(value, 7, 127);
    case DataType::kInt32:
    case DataType::kInt64:
      return static_cast<std::uint64_t>(value);
    default:  // not measured
      return 0;
  }
}

Pattern::Pattern(DataType type, int ranks) : ranks_(ranks) {
  const Range range = range_for(type, ranks);
  const std::uint64_t period = kValuesPerPeriod * range.stride;
  std::vector<std::int64_t> values(period);
  for (std::uint64_t x = 0; x < period; x += range.stride) {
    values[x] = static_cast<std::int64_t>(1 + (x * 2654435761U >> 7) % range.largest);
  }
  // The ranks at one offset hold `ranks` neighbouring values: a sliding window over the circle.
  std::int64_t window = 0;
  for (std::uint64_t r = 0; r < static_cast<std::uint64_t>(ranks); ++r) {
    window += values[r % period];
  }
  contributions_.resize(period);
  sums_.resize(period);
  for (std::uint64_t x = 0; x < period; ++x) {
    contributions_[x] = encode(type, values[x]);
    sums_[x] = encode(type, window);
    window += values[(x + static_cast<std::uint64_t>(ranks)) % period] - values[x];
  }
}

PatternView Pattern::sent(Collective c, int rank, std::uint64_t iteration, Tables t) const {
  PatternView view{.iteration = iteration};
  if (info(c).reduces) {
    view.table = t.contributions;
    view.period = contributions_.size();
    view.shift = static_cast<std::uint64_t>(rank);
  } else {
    view.first_source = static_cast<std::uint64_t>(rank);
  }
  return view;
}

PatternView Pattern::received(
    Collective c, int rank, std::uint64_t count, std::uint64_t iteration, Tables t) const {
  const auto me = static_cast<std::uint64_t>(rank);
  PatternView view{.iteration = iteration};
  if (info(c).reduces) {
    view.table = t.sums;
    view.period = sums_.size();
    view.first_offset = c == Collective::kReduceScatter ? me * count : 0;
    return view;
  }
  switch (c) {
    case Collective::kAllGather:
    case Collective::kGather:
      view.block = count;
      view.source_step = 1;
      break;
    case Collective::kAllToAll:
      view.block = count;
      view.source_step = 1;
      view.first_offset = me * count;
      break;
    case Collective::kScatter:
      view.first_offset = me * count;
      break;
    case Collective::kSendRecv:
      view.first_source = static_cast<std::uint64_t>((rank + ranks_ - 1) % ranks_);
      break;
    default:  // broadcast: rank 0's data
      break;
  }
  return view;
}

Extents extents(Collective c, int rank, int ranks, std::uint64_t count) {
  const std::uint64_t all = count * static_cast<std::uint64_t>(ranks);
  const bool root = rank == 0;
  switch (c) {
    case Collective::kAllReduce:
    case Collective::kSendRecv:
      return {count, count};
    case Collective::kAllGather:
      return {count, all};
    case Collective::kReduceScatter:
      return {all, count};
    case Collective::kAllToAll:
      return {all, all};
    case Collective::kBroadcast:
      return {root ? count : 0, count};
    case Collective::kReduce:
      return {count, root ? count : 0};
    case Collective::kGather:
      return {count, root ? all : 0};
    case Collective::kScatter:
      return {root ? all : 0, count};
  }
  return {};
}

}  // namespace fabricast
