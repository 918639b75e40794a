// What one rank keeps on its GPU for a case: both buffers and the pattern that they are filled with
// and checked against.
#pragma once

#include "bench/backend.hpp"
#include "bench/backends/device_buffer.hpp"
#include "core/pattern.hpp"

#include <cstdint>

namespace fabricast {

/// Bytes that the buffers of one rank take.
std::uint64_t rank_buffer_bytes(const Case& c, int rank, int ranks);

/// On the device that is current when it is made. Except where said, calls queue on the stream that
/// it was made with and return.
class RankBuffers {
 public:
  RankBuffers() = default;
  /// Uploads the pattern's tables, to completion.
  RankBuffers(const Case& c, const Pattern& pattern, int rank, int ranks, cudaStream_t stream);

  [[nodiscard]] void* send() const { return send_.data(); }
  [[nodiscard]] void* receive() const { return receive_.data(); }
  [[nodiscard]] std::uint64_t received_bytes() const { return receive_.bytes(); }

  /// This iteration's pattern on the send side, poison elsewhere.
  void fill(const Pattern& pattern, std::uint64_t iteration) const;
  /// Elements that are not what the pattern says, guards included; to completion.
  [[nodiscard]] std::uint64_t wrong_elements(const Pattern& pattern, std::uint64_t iteration) const;
  /// Turns one bit of what was received over, to completion. `bit` is below 8 x received_bytes().
  void flip(std::uint64_t bit) const { receive_.flip(bit, stream_); }

 private:
  Case case_;
  int rank_ = 0;
  cudaStream_t stream_ = nullptr;
  DeviceBuffer send_;
  DeviceBuffer receive_;
  DeviceMemory words_;  // contributions, results, one guard element, the counter of wrong elements
  Pattern::Tables tables_{};
  const std::uint64_t* guard_ = nullptr;
  unsigned long long* wrong_ = nullptr;
};

}  // namespace fabricast
