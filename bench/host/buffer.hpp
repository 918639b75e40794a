// Host buffers with guard bytes, filled with and checked against the payload pattern.
#pragma once

#include "core/datatype.hpp"
#include "core/pattern.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fabricast {

class GuardedBuffer {
 public:
  GuardedBuffer(std::uint64_t elements, DataType type);

  [[nodiscard]] std::byte* data() { return bytes_.data() + kGuard; }
  [[nodiscard]] const std::byte* data() const { return bytes_.data() + kGuard; }
  [[nodiscard]] std::uint64_t elements() const { return elements_; }
  [[nodiscard]] std::size_t bytes() const { return elements_ * static_cast<std::size_t>(width_); }

  void fill(const PatternView& pattern);
  /// Every byte, guards included.
  void poison();
  /// Elements that differ from the pattern, and guard bytes that were written to.
  [[nodiscard]] std::uint64_t wrong(const PatternView& pattern) const;
  [[nodiscard]] std::uint64_t broken_guards() const;

  static constexpr std::size_t kGuard = 64;

 private:
  std::uint64_t elements_;
  int width_;
  std::vector<std::byte> bytes_;
};

}  // namespace fabricast
