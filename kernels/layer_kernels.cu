#include "kernels/layer_kernels.hpp"

#include <algorithm>

namespace fabricast {

namespace {

constexpr unsigned kThreads = 256;
constexpr unsigned kWarp = 32;
// Enough blocks to fill every GPU there is; the loop in each thread takes the rest.
constexpr std::uint64_t kMaxBlocks = 4096;

__device__ Worker this_worker() {
  return {.block = blockIdx.x, .blocks = gridDim.x, .thread = threadIdx.x, .threads = blockDim.x};
}

// The sum over the threads of a block, in every thread.
__device__ float block_sum(float value) {
  __shared__ float sums[kThreads / kWarp];
  for (unsigned step = kWarp / 2; step > 0; step /= 2) {
    value += __shfl_xor_sync(0xFFFFFFFFU, value, step);
  }
  __syncthreads();  // the sums of the row before have been read
  if (threadIdx.x % kWarp == 0) {
    sums[threadIdx.x / kWarp] = value;
  }
  __syncthreads();
  float sum = 0;
  for (const float part : sums) {
    sum += part;
  }
  return sum;
}

template <typename Element>
__global__ void __launch_bounds__(kThreads) norm_kernel(typename Element::Bits* to,
                                                        const typename Element::Bits* from,
                                                        const typename Element::Bits* gain,
                                                        std::uint64_t rows,
                                                        std::uint64_t columns) {
  const Worker w = this_worker();
  for (std::uint64_t row = w.block; row < rows; row += w.blocks) {
    const auto* x = from + row * columns;
    const float factor = norm_factor(block_sum(square_sum<Element>(x, columns, w)), columns);
    scale_row<Element>(to + row * columns, x, gain, factor, columns, w);
  }
}

template <typename Element>
__global__ void __launch_bounds__(kThreads) swiglu_kernel(typename Element::Bits* to,
                                                          const typename Element::Bits* from,
                                                          std::uint64_t rows,
                                                          std::uint64_t columns) {
  swiglu_elements<Element>(to, from, rows, columns, this_worker());
}

template <typename Element>
__global__ void __launch_bounds__(kThreads) gelu_kernel(typename Element::Bits* to,
                                                        const typename Element::Bits* from,
                                                        std::uint64_t count) {
  gelu_elements<Element>(to, from, count, this_worker());
}

template <typename Element>
__global__ void __launch_bounds__(kThreads)
    adam_kernel(const __grid_constant__ AdamState state, const __grid_constant__ AdamStep step) {
  adam_elements<Element>(state, step, this_worker());
}

template <typename... Parameters, typename... Arguments>
cudaError_t launch(void (*kernel)(Parameters...),
                   std::uint64_t blocks,
                   cudaStream_t stream,
                   Arguments... values) {
  if (blocks == 0) {
    return cudaSuccess;
  }
  void* arguments[] = {&values...};
  return cudaLaunchKernel(reinterpret_cast<const void*>(kernel),
                          dim3(static_cast<unsigned>(std::min(blocks, kMaxBlocks))),
                          dim3(kThreads),
                          arguments,
                          0,
                          stream);
}

std::uint64_t blocks_for(std::uint64_t packs) { return (packs + kThreads - 1) / kThreads; }

}  // namespace

cudaError_t launch_norm(void* to,
                        const void* from,
                        const void* gain,
                        DataType type,
                        std::uint64_t rows,
                        std::uint64_t columns,
                        cudaStream_t stream) {
  cudaError_t status = cudaErrorInvalidValue;
  with_float_element(type, [&]<typename Element>(Element) {
    using Bits = typename Element::Bits;
    status = launch(&norm_kernel<Element>,
                    columns == 0 ? 0 : rows,
                    stream,
                    static_cast<Bits*>(to),
                    static_cast<const Bits*>(from),
                    static_cast<const Bits*>(gain),
                    rows,
                    columns);
  });
  return status;
}

cudaError_t launch_swiglu(void* to,
                          const void* from,
                          DataType type,
                          std::uint64_t rows,
                          std::uint64_t columns,
                          cudaStream_t stream) {
  cudaError_t status = cudaErrorInvalidValue;
  with_float_element(type, [&]<typename Element>(Element) {
    using Bits = typename Element::Bits;
    status = launch(&swiglu_kernel<Element>,
                    blocks_for(rows * packs_in<Element>(columns)),
                    stream,
                    static_cast<Bits*>(to),
                    static_cast<const Bits*>(from),
                    rows,
                    columns);
  });
  return status;
}

cudaError_t launch_gelu(
    void* to, const void* from, DataType type, std::uint64_t count, cudaStream_t stream) {
  cudaError_t status = cudaErrorInvalidValue;
  with_float_element(type, [&]<typename Element>(Element) {
    using Bits = typename Element::Bits;
    status = launch(&gelu_kernel<Element>,
                    blocks_for(packs_in<Element>(count)),
                    stream,
                    static_cast<Bits*>(to),
                    static_cast<const Bits*>(from),
                    count);
  });
  return status;
}

cudaError_t launch_adam(const AdamState& state,
                        const AdamStep& step,
                        DataType type,
                        cudaStream_t stream) {
  cudaError_t status = cudaErrorInvalidValue;
  with_float_element(type, [&]<typename Element>(Element) {
    status = launch(
        &adam_kernel<Element>, blocks_for(packs_in<Float32>(state.count)), stream, state, step);
  });
  return status;
}

}  // namespace fabricast
