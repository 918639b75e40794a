// Host buffers with guard bytes, filled with and checked against the payload pattern.
#pragma once

#include "core/datatype.hpp"
#include "core/pattern.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fabricast {

/// The data start on a page, as those of other MPI benchmarks do: where a buffer lies within its
/// page changes the speed of copies by a factor of two and more.
class GuardedBuffer {
 public:
  GuardedBuffer(std::uint64_t elements, DataType type);
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  [[nodiscard]] std::byte* data() { return bytes_.data() + start_; }
  [[nodiscard]] const std::byte* data() const { return bytes_.data() + start_; }
  [[nodiscard]] std::uint64_t elements() const { return elements_; }
  [[nodiscard]] std::size_t bytes() const { return elements_ * static_cast<std::size_t>(width_); }

  void fill(const PatternView& pattern) { fill(pattern, 0, elements_); }
  /// A block of elements alone; the pattern begins with the block.
  void fill(const PatternView& pattern, std::uint64_t first, std::uint64_t elements);
  /// Every byte, guards included.
  void poison();
  /// Elements that differ from the pattern, and guard bytes that were written to.
  [[nodiscard]] std::uint64_t wrong(const PatternView& pattern) const {
    return wrong(pattern, 0, elements_);
  }
  /// Of a block of elements alone; the pattern begins with the block.
  [[nodiscard]] std::uint64_t wrong(const PatternView& pattern,
                                    std::uint64_t first,
                                    std::uint64_t elements) const;
  [[nodiscard]] std::uint64_t broken_guards() const;

  static constexpr std::size_t kGuard = 64;
  static constexpr std::size_t kPage = 4096;

 private:
  std::uint64_t elements_;
  int width_;
  std::vector<std::byte> bytes_;  // never resized: the alignment is that of its allocation
  std::size_t start_;
};

}  // namespace fabricast
