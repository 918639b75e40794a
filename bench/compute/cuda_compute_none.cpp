#include "bench/backends/gpu.hpp"
#include "bench/compute/compute_backend.hpp"
#include "core/error.hpp"

namespace fabricast {

std::unique_ptr<ComputeBackend> make_cuda_compute() {
  throw Error(why_no_cuda_compute(), "", "--backend host computes on this host's processor");
}

std::string why_no_cuda_compute() { return inspect_gpus().why_none; }

}  // namespace fabricast
