#include "core/pattern.hpp"

#include <algorithm>
#include <bit>

namespace fabricast {

namespace {

// A prime: blocks that arrive one or more power-of-two chunks off do not fall on equal values.
constexpr std::uint64_t kValuesPerPeriod = 1009;

// Values 1..largest on every stride-th residue, 0 between.
struct Range {
  std::uint64_t largest;
  std::uint64_t stride;
};
// Any `ranks` neighbours (the ranks at one offset) add up to at most `limit`.
Range range_for(std::uint64_t limit, int ranks) {
  const auto n = static_cast<std::uint64_t>(ranks);
  if (n <= limit) {
    return {std::min<std::uint64_t>(100, limit / n), 1};
  }
  return {1, (n + limit - 1) / limit};
}

// One period of small integers, and what any `ranks` neighbours of it reduce to.
struct Circle {
  std::vector<std::int64_t> values;
  std::vector<std::int64_t> reduced;
};

Circle circle(Range range) {
  Circle c;
  c.values.resize(kValuesPerPeriod * range.stride);
  for (std::uint64_t x = 0; x < c.values.size(); x += range.stride) {
    c.values[x] = static_cast<std::int64_t>(1 + (x * 2654435761U >> 7) % range.largest);
  }
  c.reduced.resize(c.values.size());
  return c;
}

// A window that slides over the circle.
Circle sums(std::uint64_t limit, int ranks) {
  Circle c = circle(range_for(limit, ranks));
  const std::uint64_t period = c.values.size();
  std::int64_t window = 0;
  for (std::uint64_t r = 0; r < static_cast<std::uint64_t>(ranks); ++r) {
    window += c.values[r % period];
  }
  for (std::uint64_t x = 0; x < period; ++x) {
    c.reduced[x] = window;
    window += c.values[(x + static_cast<std::uint64_t>(ranks)) % period] - c.values[x];
  }
  return c;
}

// Powers of two, whose exponents add up.
Circle products(std::uint64_t limit, int ranks) {
  Circle c = sums(static_cast<std::uint64_t>(std::bit_width(limit) - 1), ranks);
  for (auto* list : {&c.values, &c.reduced}) {
    for (auto& exponent : *list) {
      exponent = 1LL << exponent;
    }
  }
  return c;
}

template <typename Choose>
Circle extremes(std::uint64_t limit, int ranks, Choose choose) {
  Circle c = circle({std::min<std::uint64_t>(100, limit), 1});
  const std::uint64_t period = c.values.size();
  const auto window = std::min(period, static_cast<std::uint64_t>(ranks));
  for (std::uint64_t x = 0; x < period; ++x) {
    c.reduced[x] = c.values[x];
    for (std::uint64_t r = 1; r < window; ++r) {
      c.reduced[x] = choose(c.reduced[x], c.values[(x + r) % period]);
    }
  }
  return c;
}

// Multiples of the number of ranks: exact whether a library divides before or after it adds.
Circle averages(std::uint64_t limit, int ranks) {
  Circle c = sums(limit / static_cast<std::uint64_t>(ranks), ranks);
  for (auto& value : c.values) {
    value *= ranks;
  }
  return c;
}

// What fits after the multiplication too.
Circle multiplied_sums(std::uint64_t limit, int ranks) {
  Circle c = sums(limit / kPreFactor, ranks);
  for (auto& value : c.reduced) {
    value *= kPreFactor;
  }
  return c;
}

Circle circle_for(ReduceOp op, DataType type, int ranks) {
  const auto limit = static_cast<std::uint64_t>(info(type).exact_limit);
  switch (op) {
    case ReduceOp::kProd:
      return products(limit, ranks);
    case ReduceOp::kMin:
      return extremes(limit, ranks, [](auto a, auto b) { return std::min(a, b); });
    case ReduceOp::kMax:
      return extremes(limit, ranks, [](auto a, auto b) { return std::max(a, b); });
    case ReduceOp::kAvg:
      return averages(limit, ranks);
    case ReduceOp::kPreMulSum:
      return multiplied_sums(limit, ranks);
    default:
      return sums(limit, ranks);
  }
}

std::vector<std::uint64_t> encoded(DataType type, const std::vector<std::int64_t>& values) {
  std::vector<std::uint64_t> bits;
  bits.reserve(values.size());
  for (const std::int64_t value : values) {
    bits.push_back(encode(type, value));
  }
  return bits;
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
    case DataType::kFloat64:
      return float_bits(value, 52, 1023);
    case DataType::kFloat8E4M3:
      return float_bits(value, 3, 7);
    case DataType::kFloat8E5M2:
      return float_bits(value, 2, 15);
    default:
      return static_cast<std::uint64_t>(value);
  }
}

std::string why_not_exact(ReduceOp op, DataType type, int ranks) {
  if (op != ReduceOp::kAvg) {
    return "";
  }
  if (!std::has_single_bit(static_cast<unsigned>(ranks))) {
    return "averages can be checked only over 2, 4, 8... ranks";
  }
  return ranks > info(type).exact_limit ? "averages over so many ranks cannot be checked" : "";
}

Pattern::Pattern(DataType type, int ranks, ReduceOp op) : ranks_(ranks) {
  const Circle c = circle_for(op, type, ranks);
  contributions_ = encoded(type, c.values);
  results_ = encoded(type, c.reduced);
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
    view.table = t.results;
    view.period = results_.size();
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

InPlace in_place(Collective c, int rank, int ranks, std::uint64_t count) {
  const Extents size = extents(c, rank, ranks, count);
  const std::uint64_t own = static_cast<std::uint64_t>(rank) * count;
  return {.elements = std::max(size.send, size.receive),
          .send_at = size.send > 0 && size.send < size.receive ? own : 0,
          .receive_at = size.receive > 0 && size.receive < size.send ? own : 0};
}

}  // namespace fabricast
