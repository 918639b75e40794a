// Memory in pieces that a processor moves at once, whatever the type of what lies there.
#pragma once

#include "core/pattern.hpp"

#include <cstdint>

namespace fabricast {

/// Unsigned integers that may look at memory of any type.
using Byte1 = std::uint8_t;
using Byte2 __attribute__((may_alias)) = std::uint16_t;
using Byte4 __attribute__((may_alias)) = std::uint32_t;
using Byte8 __attribute__((may_alias)) = std::uint64_t;

/// The widest access of a GPU thread: 16 bytes, moved by one instruction.
struct __attribute__((may_alias, aligned(16))) Line {
  std::uint64_t words[2];

  /// At a multiple of 16 bytes.
  FABRICAST_HOST_DEVICE void write_to(void* at) const {
#ifdef __CUDA_ARCH__
    // nvcc splits many a plain assignment of 16 bytes into two of 8.
    asm volatile("st.v2.u64 [%0], {%1, %2};" : : "l"(at), "l"(words[0]), "l"(words[1]) : "memory");
#else
    *static_cast<Line*>(at) = *this;
#endif
  }
};

/// How far `p` lies beyond a multiple of `width` bytes, a power of two.
FABRICAST_HOST_DEVICE inline std::uint64_t offset_in(const void* p, std::uint64_t width) {
  return reinterpret_cast<std::uintptr_t>(p) & (width - 1);
}

/// The smaller of two sizes, for host and device.
FABRICAST_HOST_DEVICE inline std::uint64_t at_most(std::uint64_t a, std::uint64_t b) {
  return a < b ? a : b;
}

/// 8-byte words first_word .. first_word + N - 1 of an array of `count` elements; zeros past its
/// end. One access where alignment and the end allow it, else one per element.
template <unsigned N, typename Bits>
FABRICAST_HOST_DEVICE void load_words(const Bits* data,
                                      std::uint64_t first_word,
                                      std::uint64_t count,
                                      std::uint64_t (&words)[N]) {
  constexpr unsigned kPer = 8 / sizeof(Bits);
  const Bits* at = data + first_word * kPer;
  const bool whole = (first_word + N) * kPer <= count;
  if constexpr (N == 2) {
    if (whole && offset_in(at, 16) == 0) {
      const Line line = *reinterpret_cast<const Line*>(at);
      words[0] = line.words[0];
      words[1] = line.words[1];
      return;
    }
  }
  if (whole && offset_in(at, 8) == 0) {
    for (unsigned n = 0; n < N; ++n) {
      words[n] = reinterpret_cast<const Byte8*>(at)[n];
    }
    return;
  }
  for (unsigned n = 0; n < N; ++n) {
    words[n] = 0;
    for (unsigned i = 0; i < kPer; ++i) {
      if ((first_word + n) * kPer + i < count) {
        words[n] |= static_cast<std::uint64_t>(at[n * kPer + i]) << (8 * sizeof(Bits) * i);
      }
    }
  }
}

/// The reverse; nothing is written past the end.
template <unsigned N, typename Bits>
FABRICAST_HOST_DEVICE void store_words(Bits* data,
                                       std::uint64_t first_word,
                                       std::uint64_t count,
                                       const std::uint64_t (&words)[N]) {
  constexpr unsigned kPer = 8 / sizeof(Bits);
  Bits* at = data + first_word * kPer;
  const bool whole = (first_word + N) * kPer <= count;
  if constexpr (N == 2) {
    if (whole && offset_in(at, 16) == 0) {
      Line{
          {words[0], words[1]}
      }
          .write_to(at);
      return;
    }
  }
  if (whole && offset_in(at, 8) == 0) {
    for (unsigned n = 0; n < N; ++n) {
      reinterpret_cast<Byte8*>(at)[n] = words[n];
    }
    return;
  }
  for (unsigned n = 0; n < N; ++n) {
    for (unsigned i = 0; i < kPer; ++i) {
      if ((first_word + n) * kPer + i < count) {
        at[n * kPer + i] = static_cast<Bits>(words[n] >> (8 * sizeof(Bits) * i));
      }
    }
  }
}

}  // namespace fabricast
