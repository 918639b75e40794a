// What one thread does to fill or check a buffer: plain loops for host and device, so that the CPU
// tests run the very code that the kernels run.
#pragma once

#include "core/pattern.hpp"

#include <cstdint>

namespace fabricast {

/// Bytes before and after the received data that nobody may write, and what they hold.
inline constexpr std::uint64_t kGuardBytes = 256;
inline constexpr std::uint8_t kGuardByte = 0xA5;
/// A table of one entry: guard elements of any width, for guard_view.
inline constexpr std::uint64_t kGuardBits = 0xA5A5A5A5A5A5A5A5ULL;

/// The pattern of a guard. `table` points to kGuardBits, in memory that the caller of bits() can
/// read.
inline PatternView guard_view(const std::uint64_t* table) { return PatternView{.table = table}; }

/// Writes elements `first`, `first + stride`, ... below `count`. Word is an unsigned integer as
/// wide as the element.
template <typename Word>
FABRICAST_HOST_DEVICE void fill_elements(Word* data,
                                         std::uint64_t count,
                                         const PatternView& pattern,
                                         std::uint64_t first,
                                         std::uint64_t stride) {
  for (std::uint64_t i = first; i < count; i += stride) {
    data[i] = static_cast<Word>(pattern.bits(i));
  }
}

/// How many of the elements `first`, `first + stride`, ... below `count` differ from the pattern.
template <typename Word>
FABRICAST_HOST_DEVICE std::uint64_t count_wrong(const Word* data,
                                                std::uint64_t count,
                                                const PatternView& pattern,
                                                std::uint64_t first,
                                                std::uint64_t stride) {
  std::uint64_t wrong = 0;
  for (std::uint64_t i = first; i < count; i += stride) {
    wrong += data[i] == static_cast<Word>(pattern.bits(i)) ? 0U : 1U;
  }
  return wrong;
}

}  // namespace fabricast
