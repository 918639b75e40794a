// 8-bit floats in software: stored as a byte, computed with as float.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace fabricast {

/// `kMantissa` bits behind the point, exponents biased by `kBias`; `kLargest` holds the bits of the
/// largest finite number, at which larger ones saturate. NaN is 0x7f.
template <int kMantissa, int kBias, std::uint8_t kLargest>
class Float8 {
 public:
  Float8() = default;
  explicit Float8(float value) : bits_(encode(value)) {}

  explicit operator float() const {
    const int exponent = (bits_ & 0x7f) >> kMantissa;
    const int fraction = bits_ & ((1 << kMantissa) - 1);
    const float size = (bits_ & 0x7f) > kLargest ? NAN
                       : exponent == 0
                           ? std::ldexp(static_cast<float>(fraction), 1 - kBias - kMantissa)
                           : std::ldexp(static_cast<float>(fraction + (1 << kMantissa)),
                                        exponent - kBias - kMantissa);
    return (bits_ & 0x80) != 0 ? -size : size;
  }

 private:
  // In steps of the last place at this size; a round up to the next power of two carries into the
  // exponent by itself.
  static std::uint8_t encode(float value) {
    const auto sign = static_cast<std::uint8_t>(std::signbit(value) ? 0x80 : 0);
    if (std::isnan(value)) {
      return sign | 0x7f;
    }
    const float size = std::abs(value);
    if (size >= static_cast<float>(from_bits(kLargest))) {
      return sign | kLargest;
    }
    const int exponent = size > 0 ? std::max(std::ilogb(size), 1 - kBias) : 1 - kBias;
    const auto steps = static_cast<int>(std::nearbyint(std::ldexp(size, kMantissa - exponent)));
    const int rounded = steps + ((exponent + kBias - 1) << kMantissa);
    return sign | static_cast<std::uint8_t>(rounded);
  }
  static Float8 from_bits(std::uint8_t bits) {
    Float8 f;
    f.bits_ = bits;
    return f;
  }

  std::uint8_t bits_ = 0;
};

/// No infinity, 448 is the largest; the IEEE-like one has infinity, which sums here never reach.
/// Micikevicius et al., "FP8 formats for deep learning", arXiv:2209.05433.
using Float8E4M3 = Float8<3, 7, 0x7e>;
using Float8E5M2 = Float8<2, 15, 0x7b>;

}  // namespace fabricast
