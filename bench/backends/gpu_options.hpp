// What a user may ask of NCCL beyond its defaults.
#pragma once

#include "core/units.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fabricast {

/// Where the buffers come from and what NCCL is told of them.
enum class BufferKind { kPlain, kNccl, kRegistered, kWindow, kSymmetric };

struct BufferKindInfo {
  BufferKind id;
  std::string_view name;
  std::string_view meaning;
};
inline constexpr std::array kBufferKinds{
    BufferKindInfo{BufferKind::kPlain,      "plain",      "cudaMalloc, unknown to NCCL"            },
    BufferKindInfo{BufferKind::kNccl,       "nccl",       "ncclMemAlloc"                           },
    BufferKindInfo{BufferKind::kRegistered, "registered", "ncclMemAlloc, ncclCommRegister"         },
    BufferKindInfo{BufferKind::kWindow,     "window",     "ncclMemAlloc, ncclCommWindowRegister"   },
    BufferKindInfo{BufferKind::kSymmetric,  "symmetric",  "a window that is the same on every rank"},
};
constexpr std::string_view name(BufferKind k) {
  return kBufferKinds[static_cast<std::size_t>(k)].name;
}

/// ncclConfig_t::CTAPolicy: zero moves data by copy engines where NCCL can.
enum class CtaPolicy { kDefault, kEfficiency, kZero };

struct CtaPolicyInfo {
  CtaPolicy id;
  std::string_view name;
  int since;  // of NCCL, as ncclGetVersion counts
};
inline constexpr std::array kCtaPolicies{
    CtaPolicyInfo{CtaPolicy::kDefault,    "default",    0    },
    CtaPolicyInfo{CtaPolicy::kEfficiency, "efficiency", 22703},
    CtaPolicyInfo{CtaPolicy::kZero,       "zero",       22803},
};
constexpr const CtaPolicyInfo& info(CtaPolicy p) {
  return kCtaPolicies[static_cast<std::size_t>(p)];
}

/// Communicators that run at the same time: ranks r with equal r / width, or with equal r % stride.
struct SplitRule {
  enum class Kind { kConsecutive, kStrided };
  Kind kind = Kind::kConsecutive;
  int number = 1;

  [[nodiscard]] int color(int rank) const {
    return kind == Kind::kConsecutive ? rank / number : rank % number;
  }
};
/// "/8": runs of 8 ranks; "%8": every eighth rank together. As nccl-tests spells it in
/// NCCL_TESTS_SPLIT. Throws Error naming the text.
SplitRule parse_split(const std::string& text);

struct GpuOptions {
  int gpus_per_process = 0;  // 0: one process on a host takes all its GPUs, several share evenly
  int ranks_per_gpu = 1;     // more than one: the ranks are virtual
  int min_ctas = 0;          // thread blocks per collective that NCCL must at least and may at
  int max_ctas = 0;          // most use; 0: its own choice
  CtaPolicy cta_policy = CtaPolicy::kDefault;
  BufferKind buffers = BufferKind::kPlain;
  bool graph = false;         // each call is the launch of a CUDA graph that holds it
  bool non_blocking = false;  // ncclConfig_t::blocking = 0
  bool one_thread = false;    // calls of a process's ranks in one group, not from a thread each
  std::string split;          // "": one communicator; else see parse_split
  Seconds timeout{60.0};      // NCCL's start counts as hung after this time

  /// Whether ncclConfig_t says anything.
  [[nodiscard]] bool configures() const {
    return min_ctas > 0 || max_ctas > 0 || cta_policy != CtaPolicy::kDefault || non_blocking;
  }
};

/// What differs from the defaults, as Record::settings. Where ranks lie is not among it.
std::map<std::string, std::string> settings_of(const GpuOptions& options);

/// Throws Error for options that exclude each other.
void refuse_contradictions(const GpuOptions& options);

}  // namespace fabricast
