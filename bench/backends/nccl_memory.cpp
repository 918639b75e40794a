#include "bench/backends/nccl_memory.hpp"

#include <algorithm>

namespace fabricast {

namespace {

// NCCL_WIN_DEFAULT and NCCL_WIN_COLL_SYMMETRIC; nccl.h may be older than 2.27.
constexpr int kPlainWindow = 0;
constexpr int kSymmetricWindow = 1;

DeviceMemory allocate_nccl_memory(std::size_t bytes) {
  void* memory = nullptr;
  CHECK_NCCL(nccl().ncclMemAlloc(&memory, bytes));
  return DeviceMemory(memory, {[](void* m) { static_cast<void>(nccl().ncclMemFree(m)); }});
}

bool is_window(BufferKind kind) {
  return kind == BufferKind::kWindow || kind == BufferKind::kSymmetric;
}

}  // namespace

BufferSource buffer_source(BufferKind kind) {
  return kind == BufferKind::kPlain ? BufferSource{}
                                    : BufferSource{allocate_nccl_memory, is_window(kind)};
}

std::string why_lacking(const NcclLibrary& library, BufferKind kind) {
  switch (kind) {
    case BufferKind::kPlain:
      return "";
    case BufferKind::kNccl:
    case BufferKind::kRegistered:
      return why_lacking(library, "registered buffers");
    default:
      return why_lacking(library, "registered windows");
  }
}

Registrations::Registrations(BufferKind kind,
                             const std::vector<MemoryBlock>& blocks,
                             const LocalRank& rank)
    : kind_(kind), rank_(&rank) {
  const NcclApi& api = nccl();
  ncclComm_t communicator = rank.communicator.get();
  for (const MemoryBlock& block : blocks) {
    void* handle = nullptr;
    if (kind == BufferKind::kRegistered) {
      SETTLE_NCCL(communicator,
                  api.ncclCommRegister(communicator, block.memory, block.bytes, &handle));
      handles_.push_back(handle);
    } else if (is_window(kind)) {
      const int flags = kind == BufferKind::kSymmetric ? kSymmetricWindow : kPlainWindow;
      SETTLE_NCCL(
          communicator,
          api.ncclCommWindowRegister(communicator, block.memory, block.bytes, &handle, flags));
      handles_.push_back(handle);
    }
  }
}

bool Registrations::taken() const {
  return std::none_of(handles_.begin(), handles_.end(), [](void* h) { return h == nullptr; });
}

void Registrations::release() {
  // An aborted communicator has forgotten them.
  if (rank_ != nullptr && rank_->communicator.get() != nullptr) {
    const NcclApi& api = nccl();
    for (void* handle : handles_) {
      if (handle == nullptr) {
        continue;
      }
      static_cast<void>(is_window(kind_)
                            ? api.ncclCommWindowDeregister(rank_->communicator.get(), handle)
                            : api.ncclCommDeregister(rank_->communicator.get(), handle));
    }
  }
  handles_.clear();
}

}  // namespace fabricast
