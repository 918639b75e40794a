#include "bench/backends/gpu.hpp"
#include "bench/backends/onchip.hpp"
#include "core/error.hpp"

namespace fabricast {

std::unique_ptr<Backend> make_onchip_backend(int /*ranks*/) {
  throw Error("virtual ranks need a GPU and CUDA", "", inspect_gpus().why_none);
}

}  // namespace fabricast
