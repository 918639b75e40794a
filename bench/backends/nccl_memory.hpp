// Buffers as NCCL likes them: from its own allocator, known to a communicator.
#pragma once

#include "bench/backends/gpu_options.hpp"
#include "bench/backends/nccl_ranks.hpp"
#include "bench/backends/rank_buffers.hpp"

#include <utility>
#include <vector>

namespace fabricast {

BufferSource buffer_source(BufferKind kind);

/// "" or why this library has no such buffers.
std::string why_lacking(const NcclLibrary& library, BufferKind kind);

/// What a communicator knows of a rank's buffers, until destruction, which must come before that of
/// the communicator and of the memory. Making and destroying one for windows is collective over the
/// communicator.
class Registrations {
 public:
  Registrations() = default;
  Registrations(BufferKind kind, const std::vector<MemoryBlock>& blocks, const LocalRank& rank);
  Registrations(Registrations&& other) noexcept { swap(other); }
  Registrations& operator=(Registrations&& other) noexcept {
    swap(other);
    return *this;
  }
  Registrations(const Registrations&) = delete;
  Registrations& operator=(const Registrations&) = delete;
  ~Registrations() { release(); }

  void release();
  /// False where NCCL accepted a window without using it, as it does where the GPUs cannot map each
  /// other's memory.
  [[nodiscard]] bool taken() const;

 private:
  void swap(Registrations& other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(rank_, other.rank_);
    std::swap(handles_, other.handles_);
  }

  BufferKind kind_ = BufferKind::kPlain;
  const LocalRank* rank_ = nullptr;
  std::vector<void*> handles_;
};

}  // namespace fabricast
