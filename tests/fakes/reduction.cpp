#include "tests/fakes/reduction.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace fakes {

namespace {

// A binary float of at most 16 bits: 1 sign, `Exponent` and `Mantissa` bits. E4M3 spends its
// largest exponent on numbers, not on infinities.
template <typename Bits, int Exponent, int Mantissa>
struct SmallFloat {
  static constexpr int kBias = (1 << (Exponent - 1)) - 1;
  static constexpr bool kHasInfinity = Exponent != 4;
  Bits bits;

  static double decode(SmallFloat x) {
    const int exponent = x.bits >> Mantissa & ((1 << Exponent) - 1);
    const int fraction = x.bits & ((1 << Mantissa) - 1);
    const double sign = x.bits >> (Exponent + Mantissa) != 0 ? -1 : 1;
    if (kHasInfinity && exponent == (1 << Exponent) - 1) {
      return fraction != 0 ? NAN : sign * INFINITY;
    }
    return exponent == 0
               ? sign * std::ldexp(fraction, 1 - kBias - Mantissa)
               : sign * std::ldexp(fraction + (1 << Mantissa), exponent - kBias - Mantissa);
  }

  // To nearest, ties to even; what is too large becomes infinity, or E4M3's not-a-number.
  static SmallFloat encode(double value) {
    constexpr unsigned kTop = ((1U << Exponent) - 1) << Mantissa;
    constexpr unsigned kTooLarge = kHasInfinity ? kTop : kTop + (1U << Mantissa) - 1;
    const auto sign = static_cast<unsigned>(std::signbit(value)) << (Exponent + Mantissa);
    const double size = std::fabs(value);
    unsigned magnitude = kTooLarge;
    if (std::isnan(size)) {
      magnitude = kTop + (1U << Mantissa) - 1;
    } else if (std::isfinite(size)) {
      const int exponent = size > 0 ? std::max(std::ilogb(size), 1 - kBias) : 1 - kBias;
      const auto units =
          static_cast<unsigned>(std::nearbyint(std::ldexp(size, Mantissa - exponent)));
      // The leading one of `units`, and a carry out of the mantissa, land in the exponent.
      magnitude =
          std::min((static_cast<unsigned>(exponent + kBias - 1) << Mantissa) + units, kTooLarge);
    }
    return {static_cast<Bits>(sign | magnitude)};
  }
};

using Half = SmallFloat<std::uint16_t, 5, 10>;
using Bfloat16 = SmallFloat<std::uint16_t, 8, 7>;
using E4M3 = SmallFloat<std::uint8_t, 4, 3>;
using E5M2 = SmallFloat<std::uint8_t, 5, 2>;

// The type in which elements are combined.
template <typename T>
struct Arithmetic {
  using Wide = T;
  static Wide open(T x) { return x; }
  static T close(Wide x) { return x; }
};
template <typename Bits, int Exponent, int Mantissa>
struct Arithmetic<SmallFloat<Bits, Exponent, Mantissa>> {
  using T = SmallFloat<Bits, Exponent, Mantissa>;
  using Wide = double;
  static Wide open(T x) { return T::decode(x); }
  static T close(Wide x) { return T::encode(x); }
};

// Integers wrap around, which signed ones of C++ must not.
template <typename Wide>
Wide wrapped(Wide a, Wide b, bool product) {
  if constexpr (std::is_integral_v<Wide>) {
    const auto x = static_cast<std::uint64_t>(a);
    const auto y = static_cast<std::uint64_t>(b);
    return static_cast<Wide>(product ? x * y : x + y);
  } else {
    return product ? a * b : a + b;
  }
}

template <typename Wide>
Wide combine(ncclRedOp_t op, Wide a, Wide b) {
  switch (op) {
    case ncclProd:
      return wrapped(a, b, true);
    case ncclMax:
      return std::max(a, b);
    case ncclMin:
      return std::min(a, b);
    default:  // sum and average
      return wrapped(a, b, false);
  }
}

template <typename T>
void reduce_as(void* to,
               std::span<const void* const> inputs,
               std::size_t count,
               const Operator& op) {
  using A = Arithmetic<T>;
  using Wide = typename A::Wide;
  const auto element = [&](std::size_t input, std::size_t i) {
    const Wide value = A::open(static_cast<const T*>(inputs[input])[i]);
    return op.factor == nullptr ? value
                                : wrapped(value, A::open(*static_cast<const T*>(op.factor)), true);
  };
  for (std::size_t i = 0; i < count; ++i) {
    Wide sum = element(0, i);
    for (std::size_t input = 1; input < inputs.size(); ++input) {
      sum = combine(op.op, sum, element(input, i));
    }
    if (op.op == ncclAvg) {
      sum = static_cast<Wide>(sum / static_cast<Wide>(inputs.size()));
    }
    static_cast<T*>(to)[i] = A::close(sum);
  }
}

struct Type {
  ncclDataType_t type;
  std::size_t width;
  void (*reduce)(void* to, std::span<const void* const>, std::size_t count, const Operator& op);
};

template <typename T>
constexpr Type row(ncclDataType_t type) {
  return {type, sizeof(T), reduce_as<T>};
}

// The last two by number: their names came with 2.24.
constexpr Type kTypes[]{
    row<std::int8_t>(ncclInt8),
    row<std::uint8_t>(ncclUint8),
    row<std::int32_t>(ncclInt32),
    row<std::uint32_t>(ncclUint32),
    row<std::int64_t>(ncclInt64),
    row<std::uint64_t>(ncclUint64),
    row<Half>(ncclFloat16),
    row<float>(ncclFloat32),
    row<double>(ncclFloat64),
    row<Bfloat16>(ncclBfloat16),
    row<E4M3>(static_cast<ncclDataType_t>(10)),
    row<E5M2>(static_cast<ncclDataType_t>(11)),
};

const Type* find(ncclDataType_t type) {
  const auto* const at = std::find_if(
      std::begin(kTypes), std::end(kTypes), [type](const Type& t) { return t.type == type; });
  return at == std::end(kTypes) ? nullptr : at;
}

}  // namespace

std::size_t width(ncclDataType_t type) {
  const Type* const known = find(type);
  return known == nullptr ? 0 : known->width;
}

void reduce(void* to,
            std::span<const void* const> inputs,
            std::size_t count,
            ncclDataType_t type,
            const Operator& op) {
  find(type)->reduce(to, inputs, count, op);
}

}  // namespace fakes
