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

/// Elements of a buffer, one behind the other.
struct Run {
  std::uint64_t first = 0;
  std::uint64_t elements = 0;
};

/// Calls queue on the stream and return, flip excepted. A pattern begins with its run.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  /// `memory` has at least device_buffer_bytes.
  DeviceBuffer(std::uint64_t elements, DataType type, DeviceMemory memory);

  /// Where an element lies. Never null, even for zero elements.
  [[nodiscard]] void* at(std::uint64_t element) const;
  /// Guards included.
  [[nodiscard]] void* memory() const { return memory_.get(); }

  void fill(const PatternView& pattern, const Run& run, cudaStream_t stream) const;
  /// Every byte, guards included.
  void poison(cudaStream_t stream) const;
  /// Adds to `*wrong` (device memory) the elements that differ from the pattern, and those of the
  /// guards that were written to.
  void check(const PatternView& pattern,
             const Run& run,
             unsigned long long* wrong,
             cudaStream_t stream) const;
  void check_guards(const PatternView& guard, unsigned long long* wrong, cudaStream_t stream) const;
  /// Turns one bit of the data over, to completion, counted from the first element of the buffer.
  void flip(std::uint64_t bit, cudaStream_t stream) const;

 private:
  [[nodiscard]] std::uint64_t bytes() const {
    return elements_ * static_cast<std::uint64_t>(width_);
  }

  std::uint64_t elements_ = 0;
  int width_ = 1;
  DeviceMemory memory_;
};

}  // namespace fabricast
