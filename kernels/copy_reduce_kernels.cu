#include "kernels/copy_reduce_kernels.hpp"

#include <algorithm>

namespace fabricast {

namespace {

constexpr unsigned kThreads = 256;

__device__ Worker this_worker() {
  return {.block = blockIdx.x, .blocks = gridDim.x, .thread = threadIdx.x, .threads = blockDim.x};
}

__global__ void __launch_bounds__(kThreads)
    copy_kernel(void* to, const void* from, std::uint64_t bytes) {
  copy_bytes(to, from, bytes, this_worker());
}

template <typename Element>
__global__ void __launch_bounds__(kThreads) reduce_kernel(typename Element::Bits* to,
                                                          const __grid_constant__ Inputs inputs,
                                                          std::uint64_t count) {
  reduce_elements<Element>(to, inputs, count, this_worker());
}

// As many blocks as the GPU holds at once, or as there is work for.
cudaError_t launch(const void* kernel,
                   std::uint64_t bytes,
                   std::uint64_t batch,
                   void** arguments,
                   cudaStream_t stream) {
  int device = 0;
  int processors = 0;
  int blocks_each = 0;
  cudaError_t status = cudaGetDevice(&device);
  if (status == cudaSuccess) {
    status = cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
  }
  if (status == cudaSuccess) {
    status = cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks_each, kernel, kThreads, 0);
  }
  if (status != cudaSuccess) {
    return status;
  }
  const std::uint64_t tile = kThreads * sizeof(Line) * batch;
  const std::uint64_t most =
      static_cast<std::uint64_t>(processors) * static_cast<std::uint64_t>(std::max(blocks_each, 1));
  const dim3 blocks(static_cast<unsigned>(std::min(bytes / tile + 1, most)));
  return cudaLaunchKernel(kernel, blocks, dim3(kThreads), arguments, 0, stream);
}

}  // namespace

cudaError_t launch_copy(void* to, const void* from, std::uint64_t bytes, cudaStream_t stream) {
  if (bytes == 0) {
    return cudaSuccess;
  }
  void* arguments[] = {&to, &from, &bytes};
  return launch(reinterpret_cast<const void*>(&copy_kernel), bytes, kCopyBatch, arguments, stream);
}

cudaError_t launch_reduce(
    void* to, const Inputs& inputs, DataType type, std::uint64_t count, cudaStream_t stream) {
  if (inputs.number < 1 || inputs.number > kMaxInputs) {
    return cudaErrorInvalidValue;
  }
  cudaError_t status = cudaErrorInvalidValue;
  with_element(type, [&]<typename Element>(Element) {
    auto* sums = static_cast<typename Element::Bits*>(to);
    Inputs by_value = inputs;
    void* arguments[] = {&sums, &by_value, &count};
    status = count == 0 ? cudaSuccess
                        : launch(reinterpret_cast<const void*>(&reduce_kernel<Element>),
                                 count * sizeof(*sums),
                                 kReduceBatch,
                                 arguments,
                                 stream);
  });
  return status;
}

}  // namespace fabricast
