// The tables of a payload pattern in device memory, with a counter of wrong elements.
#pragma once

#include "bench/backends/cuda.hpp"
#include "core/pattern.hpp"

#include <cstdint>

namespace fabricast {

class DevicePattern {
 public:
  DevicePattern() = default;
  /// On the current device, to completion.
  DevicePattern(const Pattern& pattern, cudaStream_t stream);

  [[nodiscard]] const Pattern::Tables& tables() const { return tables_; }
  /// What an untouched guard holds.
  [[nodiscard]] PatternView guard() const;
  /// Device memory; kernels add to it.
  [[nodiscard]] unsigned long long* wrong() const { return wrong_; }
  /// Queued on the stream.
  void reset_wrong(cudaStream_t stream) const;
  /// To completion of what is queued on the stream.
  [[nodiscard]] std::uint64_t read_wrong(cudaStream_t stream) const;

 private:
  DeviceMemory words_;  // contributions, results, one guard element, the counter
  Pattern::Tables tables_{};
  const std::uint64_t* guard_ = nullptr;
  unsigned long long* wrong_ = nullptr;
};

}  // namespace fabricast
