#include "bench/compute/filler_product.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fabricast {

namespace {

constexpr double kStep = 64;        // multiples of which tensor cores like
constexpr double kMostEdge = 4096;  // large enough for the full rate
constexpr int kSmallValue = 0x3C;   // as both bytes of a bfloat16: 0.0115, far from overflow

std::uint64_t in_steps(double value) {
  return static_cast<std::uint64_t>(std::max(1.0, std::round(value / kStep)) * kStep);
}

DeviceMemory filled(std::uint64_t elements, cudaStream_t stream) {
  const std::size_t bytes = elements * 2;
  DeviceMemory memory = allocate_device_memory(bytes);
  CHECK_CUDA(cuda().cudaMemsetAsync(memory.get(), kSmallValue, bytes, stream));
  return memory;
}

}  // namespace

FillerProducts::Shape FillerProducts::shape_of(double flops) {
  const std::uint64_t edge = std::min(in_steps(std::cbrt(flops / 2)), in_steps(kMostEdge));
  const auto side = static_cast<double>(edge);
  return {edge, in_steps(flops / (2 * side * side))};
}

FillerProducts::FillerProducts(double most_flops, cudaStream_t stream) {
  cublasLtHandle_t handle = nullptr;
  CHECK_CUBLASLT(cublaslt().cublasLtCreate(&handle));
  handle_ = CublasLtHandle(handle);
  workspace_ = allocate_device_memory(kProductWorkspace);
  const Shape largest = shape_of(most_flops);
  const std::uint64_t long_side = std::max(largest.m, largest.edge) + in_steps(1);
  a_ = filled(long_side * largest.edge, stream);
  b_ = filled(largest.edge * largest.edge, stream);
  result_ = filled(long_side * largest.edge, stream);
  CHECK_CUDA(cuda().cudaStreamSynchronize(stream));
}

void FillerProducts::queue(double flops, cudaStream_t stream) {
  const auto [edge, m] = shape_of(flops);
  const auto key = std::pair(edge, m);
  auto found = products_.find(key);
  if (found == products_.end()) {
    const ComputeCase c{
        .work = {.m = m, .n = edge, .k = edge},
          .type = ComputeType::kBfloat16
    };
    found = products_.try_emplace(key, c, handle_.get()).first;
    if (!found->second.why_not().empty()) {
      throw Error(found->second.why_not(), "", "");
    }
  }
  found->second.queue(a_.get(), b_.get(), result_.get(), workspace_.get(), stream);
}

}  // namespace fabricast
