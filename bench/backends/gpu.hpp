// The GPU side, as the rest of the program sees it. Where CUDA is left out of the build,
// gpu_none.cpp stands in.
#pragma once

#include "bench/backend.hpp"
#include "bench/backends/gpu_options.hpp"
#include "bench/control.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fabricast {

/// What this process could measure with. Versions are "" where the part is missing.
struct GpuInventory {
  int count = 0;
  std::vector<std::string> names;  // one per GPU
  std::string driver;              // "580.65.06 (CUDA 13.0)": the newest CUDA that it serves
  std::string runtime;             // CUDA version that this program was built with
  std::string nccl;                // version of the library found at run time
  std::string nccl_lacks;   // what a newer one offers: "registered windows (2.27.3)", ...; or ""
  std::string nccl_untold;  // "" or why NCCL's choices stay unknown
  std::string why_none;     // "" or one line with the remedy: why NCCL cannot be measured here

  [[nodiscard]] bool usable() const { return count > 0 && !nccl.empty(); }
};

/// Never throws, never prints, needs no driver, leaves the GPUs untouched (no context is made).
GpuInventory inspect_gpus();

/// Collective over all processes. Rank = process x GPUs per process + index of the GPU in the
/// process. Throws Error, on every process alike, where one has no usable GPU, where processes have
/// different versions of NCCL, and where theirs lacks an option. With several ranks per GPU it sets
/// what NCCL reads of its environment, unless the user has.
std::unique_ptr<Backend> make_nccl_backend(Control& control, const GpuOptions& options);

}  // namespace fabricast
