#include "kernels/onchip_kernels.hpp"

#include <cuda/atomic>

#include <algorithm>

namespace fabricast {

namespace {

constexpr unsigned kThreads = 512;

// Flags and lines in device memory, seen by all blocks of the device.
struct GpuMemory {
  static constexpr unsigned kLanes = 8;

  __device__ static auto shared(const std::uint64_t* word) {
    return cuda::atomic_ref<std::uint64_t, cuda::thread_scope_device>(
        *const_cast<std::uint64_t*>(word));
  }
  // A relaxed flag is ordered by the fences around it.
  template <bool WithFences>
  __device__ static std::uint64_t load_flag(const std::uint64_t* flag) {
    return shared(flag).load(WithFences ? cuda::std::memory_order_relaxed
                                        : cuda::std::memory_order_acquire);
  }
  template <bool WithFences>
  __device__ static void store_flag(std::uint64_t* flag, std::uint64_t number) {
    shared(flag).store(
        number, WithFences ? cuda::std::memory_order_relaxed : cuda::std::memory_order_release);
  }
  __device__ static std::uint64_t load_word(const std::uint64_t* word) {
    return shared(word).load(cuda::std::memory_order_relaxed);
  }
  __device__ static void store_word(std::uint64_t* word, std::uint64_t value) {
    shared(word).store(value, cuda::std::memory_order_relaxed);
  }
  // Eight lanes move a line of 128 bytes by one instruction of their warp. That it arrives as a
  // whole is how the hardware behaves, not what the memory model promises: onchip_gpu_test looks.
  __device__ static void load_lane(const std::uint64_t* at, std::uint64_t (&words)[2]) {
    asm volatile("ld.volatile.global.v2.u64 {%0, %1}, [%2];"
                 : "=l"(words[0]), "=l"(words[1])
                 : "l"(__cvta_generic_to_global(at))
                 : "memory");
  }
  __device__ static void store_lane(std::uint64_t* at, const std::uint64_t (&words)[2]) {
    asm volatile("st.volatile.global.v2.u64 [%0], {%1, %2};"
                 :
                 : "l"(__cvta_generic_to_global(at)), "l"(words[0]), "l"(words[1])
                 : "memory");
  }
  template <unsigned Lanes>
  __device__ static bool all_lanes(bool mine) {
    if constexpr (Lanes == 1) {
      return mine;
    } else {
      const unsigned first = threadIdx.x % 32 / Lanes * Lanes;
      return __all_sync(((1U << Lanes) - 1) << first, mine) != 0;
    }
  }
  __device__ static void fence() { __threadfence(); }
};

struct GpuTeam {
  __device__ static unsigned thread() { return threadIdx.x; }
  __device__ static unsigned threads() { return blockDim.x; }
  __device__ static void sync() { __syncthreads(); }
  __device__ static void pause() {}
};

template <OnchipProtocol protocol, typename Element>
__global__ void __launch_bounds__(kThreads) onchip_kernel(const __grid_constant__ OnchipCall call) {
  const auto channels = static_cast<unsigned>(call.plan.channels);
  onchip::run_block<protocol, GpuMemory, Element>(call,
                                                  static_cast<int>(blockIdx.x / channels),
                                                  static_cast<int>(blockIdx.x % channels),
                                                  GpuTeam{});
}

template <typename Element>
const void* kernel_for(OnchipProtocol protocol) {
  switch (protocol) {
    case OnchipProtocol::kFlag:
      return reinterpret_cast<const void*>(&onchip_kernel<OnchipProtocol::kFlag, Element>);
    case OnchipProtocol::kFence:
      return reinterpret_cast<const void*>(&onchip_kernel<OnchipProtocol::kFence, Element>);
    case OnchipProtocol::kLl:
      return reinterpret_cast<const void*>(&onchip_kernel<OnchipProtocol::kLl, Element>);
    case OnchipProtocol::kLl128:
      return reinterpret_cast<const void*>(&onchip_kernel<OnchipProtocol::kLl128, Element>);
  }
  return nullptr;
}

// nullptr for a type that is not added.
const void* kernel_for(OnchipProtocol protocol, DataType type) {
  const void* kernel = nullptr;
  with_element(type, [&]<typename Element>(Element) { kernel = kernel_for<Element>(protocol); });
  return kernel;
}

}  // namespace

cudaError_t onchip_channels(OnchipProtocol protocol, DataType type, int ranks, int* channels) {
  const void* kernel = kernel_for(protocol, type);
  if (kernel == nullptr || ranks < 1 || ranks > kMaxVirtualRanks) {
    return cudaErrorInvalidValue;
  }
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
  *channels = std::min(processors * blocks_each / ranks, kMaxChannels);
  return status;
}

cudaError_t launch_onchip(const OnchipCall& call, DataType type, cudaStream_t stream) {
  const OnchipPlan& p = call.plan;
  const void* kernel = kernel_for(p.protocol, type);
  if (kernel == nullptr || p.ranks < 1 || p.ranks > kMaxVirtualRanks || p.channels < 1 ||
      p.channels > kMaxChannels) {
    return cudaErrorInvalidValue;
  }
  OnchipCall by_value = call;
  void* arguments[] = {&by_value};
  return cudaLaunchCooperativeKernel(kernel,
                                     dim3(static_cast<unsigned>(p.ranks * p.channels)),
                                     dim3(kThreads),
                                     arguments,
                                     0,
                                     stream);
}

}  // namespace fabricast
