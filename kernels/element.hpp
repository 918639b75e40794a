// Element types as the kernels add them: how one is stored, and in what its sums are kept.
#pragma once

#include "core/datatype.hpp"
#include "core/pattern.hpp"

#include <cstdint>

#ifdef __CUDACC__
#include <cuda_fp16.h>
#endif

namespace fabricast {

/// IEEE types, stored and added in themselves.
template <typename Real, typename Unsigned>
struct Floating {
  using Bits = Unsigned;
  using Wide = Real;
  FABRICAST_HOST_DEVICE static Wide widen(Bits bits) { return __builtin_bit_cast(Real, bits); }
  FABRICAST_HOST_DEVICE static Bits narrow(Wide value) {
    return __builtin_bit_cast(Unsigned, value);
  }
};

/// Integers of either sign: in two's complement their sums have the same bits, and overflow wraps.
template <typename Unsigned>
struct Integer {
  using Bits = Unsigned;
  using Wide = Unsigned;
  FABRICAST_HOST_DEVICE static Wide widen(Bits bits) { return bits; }
  FABRICAST_HOST_DEVICE static Bits narrow(Wide value) { return value; }
};

using Float32 = Floating<float, std::uint32_t>;
using Float64 = Floating<double, std::uint64_t>;
using Int8 = Integer<std::uint8_t>;
using Int32 = Integer<std::uint32_t>;
using Int64 = Integer<std::uint64_t>;

/// Added in float32. narrow() rounds to nearest, ties to even; what is too large becomes infinity.
struct Bfloat16 {
  using Bits = std::uint16_t;
  using Wide = float;
  FABRICAST_HOST_DEVICE static Wide widen(Bits bits) {
    return Float32::widen(static_cast<std::uint32_t>(bits) << 16);
  }
  FABRICAST_HOST_DEVICE static Bits narrow(Wide value) {
    const std::uint32_t bits = Float32::narrow(value);
    if ((bits & 0x7FFFFFFFU) > 0x7F800000U) {  // not a number: rounding could make it infinite
      return static_cast<Bits>(bits >> 16 | 0x40U);
    }
    return static_cast<Bits>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
  }
};

/// As Bfloat16. The device has instructions for it.
struct Float16 {
  using Bits = std::uint16_t;
  using Wide = float;
  FABRICAST_HOST_DEVICE static Wide widen(Bits bits) {
#ifdef __CUDA_ARCH__
    return __half2float(__ushort_as_half(bits));
#else
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t exponent = bits >> 10 & 31U;
    const std::uint32_t fraction = bits & 0x3FFU;
    if (exponent == 0) {  // multiples of 2^-24
      return Float32::widen(sign | Float32::narrow(static_cast<float>(fraction) * 0x1p-24F));
    }
    return Float32::widen(sign | (exponent == 31 ? 255U : exponent + 112U) << 23 | fraction << 13);
#endif
  }
  FABRICAST_HOST_DEVICE static Bits narrow(Wide value) {
#ifdef __CUDA_ARCH__
    return __half_as_ushort(__float2half_rn(value));
#else
    const std::uint32_t bits = Float32::narrow(value);
    const std::uint32_t size = bits & 0x7FFFFFFFU;
    const auto signed_bits = [&](std::uint32_t rest) {
      return static_cast<Bits>((bits >> 16 & 0x8000U) | rest);
    };
    if (size > 0x7F800000U) {
      return signed_bits(0x7E00U);
    }
    if (size >= 0x477FF000U) {  // 65520 and more
      return signed_bits(0x7C00U);
    }
    if (size < 0x38800000U) {  // below 2^-14: an addition rounds to multiples of 2^-24
      const float rounded = Float32::widen(size) * 0x1p24F + 0x1p23F;
      return signed_bits(Float32::narrow(rounded) - Float32::narrow(0x1p23F));
    }
    return signed_bits((size + 0xFFFU + (size >> 13 & 1U) - (112U << 23)) >> 13);
#endif
  }
};

/// Sums of the elements in N 8-byte words. float16 and bfloat16 are added in float32 and rounded
/// once, by get(); the others in themselves. The order is that of the calls.
template <typename Element, unsigned N>
class Sum {
  using Bits = typename Element::Bits;
  static constexpr unsigned kPer = 8 / sizeof(Bits);
  static constexpr unsigned kShift = 8 * sizeof(Bits) % 64;  // of an element in its word

 public:
  FABRICAST_HOST_DEVICE void set(const std::uint64_t (&words)[N]) {
    for (unsigned i = 0; i < N * kPer; ++i) {
      sums_[i] = element(words, i);
    }
  }
  FABRICAST_HOST_DEVICE void add(const std::uint64_t (&words)[N]) {
    for (unsigned i = 0; i < N * kPer; ++i) {
      sums_[i] = static_cast<typename Element::Wide>(sums_[i] + element(words, i));
    }
  }
  FABRICAST_HOST_DEVICE void get(std::uint64_t (&words)[N]) const {
    for (unsigned n = 0; n < N; ++n) {
      words[n] = 0;
      for (unsigned i = 0; i < kPer; ++i) {
        words[n] |= std::uint64_t{Element::narrow(sums_[n * kPer + i])} << (i * kShift);
      }
    }
  }

 private:
  FABRICAST_HOST_DEVICE static typename Element::Wide element(const std::uint64_t (&words)[N],
                                                              unsigned i) {
    return Element::widen(static_cast<Bits>(words[i / kPer] >> (i % kPer * kShift)));
  }

  typename Element::Wide sums_[N * kPer];
};

/// Calls f(Element{}) with the element of `type` and returns true, or false for a type that the
/// kernels do not add.
template <typename F>
bool with_element(DataType type, const F& f) {
  switch (type) {
    case DataType::kFloat16:
      return f(Float16{}), true;
    case DataType::kBfloat16:
      return f(Bfloat16{}), true;
    case DataType::kFloat32:
      return f(Float32{}), true;
    case DataType::kFloat64:
      return f(Float64{}), true;
    case DataType::kInt8:
    case DataType::kUint8:
      return f(Int8{}), true;
    case DataType::kInt32:
    case DataType::kUint32:
      return f(Int32{}), true;
    case DataType::kInt64:
    case DataType::kUint64:
      return f(Int64{}), true;
    default:
      return false;
  }
}

}  // namespace fabricast
