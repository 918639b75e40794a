// What one rank keeps on its GPU for a case: its buffers, or the one of both sides in place, and
// the pattern that they are filled with and checked against.
#pragma once

#include "bench/backend.hpp"
#include "bench/backends/device_buffer.hpp"
#include "bench/backends/device_pattern.hpp"
#include "core/pattern.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fabricast {

/// Bytes that the buffers of one rank take.
std::uint64_t rank_buffer_bytes(const Case& c, int rank, int ranks);

/// Where the buffers of a rank come from.
struct BufferSource {
  DeviceMemory (*allocate)(std::size_t bytes) = allocate_device_memory;
  /// As large on every rank as on the root, which a window of all ranks asks for.
  bool same_on_all = false;
};

/// A piece of memory, guards included.
struct MemoryBlock {
  void* memory = nullptr;
  std::size_t bytes = 0;
};

/// On the device that is current when it is made. Except where said, calls queue on the stream that
/// it was made with and return.
class RankBuffers {
 public:
  RankBuffers() = default;
  /// Uploads the pattern's tables, to completion.
  RankBuffers(const Case& c,
              const Pattern& pattern,
              int rank,
              int ranks,
              cudaStream_t stream,
              const BufferSource& source = {});

  [[nodiscard]] const void* send() const;
  [[nodiscard]] void* receive() const { return receive_.at(received_.first); }
  [[nodiscard]] std::uint64_t received_bytes() const;
  [[nodiscard]] const std::vector<MemoryBlock>& blocks() const { return blocks_; }

  /// This iteration's pattern on the send side, poison elsewhere.
  void fill(const Pattern& pattern, std::uint64_t iteration) const;
  /// Elements that are not what the pattern says, guards included; to completion.
  [[nodiscard]] std::uint64_t wrong_elements(const Pattern& pattern, std::uint64_t iteration) const;
  /// Turns one bit of what was received over, to completion. `bit` is below 8 x received_bytes().
  void flip(std::uint64_t bit) const;

 private:
  DeviceBuffer make_buffer(std::uint64_t elements,
                           std::uint64_t on_root,
                           const BufferSource& source);

  Case case_;
  int rank_ = 0;
  cudaStream_t stream_ = nullptr;
  Run sent_;
  Run received_;
  std::vector<MemoryBlock> blocks_;
  DeviceBuffer send_;     // empty in place
  DeviceBuffer receive_;  // in place both sides
  DevicePattern on_device_;
};

}  // namespace fabricast
