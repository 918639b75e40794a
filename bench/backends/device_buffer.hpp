// Device memory with guards before and after the data, filled with and checked against the payload
// pattern by the kernels.
#pragma once

#include "bench/backends/cuda.hpp"
#include "core/datatype.hpp"
#include "core/pattern.hpp"

#include <cstddef>
#include <cstdint>

namespace fabricast {

/// Bytes that a DeviceBuffer takes.
std::uint64_t device_buffer_bytes(std::uint64_t elements, DataType type);

/// On the device that is current when it is made. Calls queue on the stream and return, flip
/// excepted.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  DeviceBuffer(std::uint64_t elements, DataType type);

  /// Never null, even for zero elements.
  [[nodiscard]] void* data() const;
  [[nodiscard]] std::uint64_t bytes() const {
    return elements_ * static_cast<std::uint64_t>(width_);
  }

  void fill(const PatternView& pattern, cudaStream_t stream) const;
  /// Every byte, guards included.
  void poison(cudaStream_t stream) const;
  /// Adds to `*wrong` (device memory) the elements that differ from the pattern, and those of the
  /// guards that were written to.
  void check(const PatternView& pattern, unsigned long long* wrong, cudaStream_t stream) const;
  void check_guards(const PatternView& guard, unsigned long long* wrong, cudaStream_t stream) const;
  /// Turns one bit of the data over, to completion. `bit` is below 8 x bytes().
  void flip(std::uint64_t bit, cudaStream_t stream) const;

 private:
  std::uint64_t elements_ = 0;
  int width_ = 1;
  DeviceMemory memory_;
};

}  // namespace fabricast
