#include "bench/backends/gpu.hpp"
#include "core/error.hpp"

namespace fabricast {

GpuInventory inspect_gpus() {
  GpuInventory none;
  none.why_none = "this build has no CUDA: cmake --preset cuda";
  return none;
}

std::unique_ptr<Backend> make_nccl_backend(Control& /*control*/, const GpuOptions& /*options*/) {
  throw Error("collectives on GPUs need CUDA and NCCL", "", inspect_gpus().why_none);
}

}  // namespace fabricast
