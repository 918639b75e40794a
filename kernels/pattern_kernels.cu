#include "kernels/pattern_body.hpp"
#include "kernels/pattern_kernels.hpp"

#include <algorithm>

namespace fabricast {

namespace {

constexpr unsigned kThreads = 256;
// Enough blocks to fill every GPU there is; the loop in each thread takes the rest.
constexpr std::uint64_t kMaxBlocks = 4096;

template <typename Word>
__global__ void fill_kernel(Word* data, std::uint64_t count, PatternView pattern) {
  const std::uint64_t stride = std::uint64_t{gridDim.x} * blockDim.x;
  fill_elements(data, count, pattern, std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x, stride);
}

template <typename Word>
__global__ void check_kernel(const Word* data,
                             std::uint64_t count,
                             PatternView pattern,
                             unsigned long long* wrong) {
  const std::uint64_t stride = std::uint64_t{gridDim.x} * blockDim.x;
  const std::uint64_t mine = count_wrong(
      data, count, pattern, std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x, stride);
  if (mine > 0) {  // rare: right data costs no atomic
    atomicAdd(wrong, mine);
  }
}

dim3 blocks_for(std::uint64_t count) {
  return dim3(static_cast<unsigned>(std::min((count + kThreads - 1) / kThreads, kMaxBlocks)));
}

// cudaLaunchKernel instead of <<<>>>: its status is that of this launch alone, not of an earlier
// call.
template <typename Word>
cudaError_t fill(void* data, std::uint64_t count, PatternView pattern, cudaStream_t stream) {
  auto* words = static_cast<Word*>(data);
  void* arguments[] = {&words, &count, &pattern};
  return cudaLaunchKernel(
      &fill_kernel<Word>, blocks_for(count), dim3(kThreads), arguments, 0, stream);
}

template <typename Word>
cudaError_t check(const void* data,
                  std::uint64_t count,
                  PatternView pattern,
                  unsigned long long* wrong,
                  cudaStream_t stream) {
  const auto* words = static_cast<const Word*>(data);
  void* arguments[] = {&words, &count, &pattern, &wrong};
  return cudaLaunchKernel(
      &check_kernel<Word>, blocks_for(count), dim3(kThreads), arguments, 0, stream);
}

}  // namespace

cudaError_t launch_fill(
    void* data, int width, std::uint64_t count, const PatternView& pattern, cudaStream_t stream) {
  if (count == 0) {
    return cudaSuccess;
  }
  switch (width) {
    case 1:
      return fill<std::uint8_t>(data, count, pattern, stream);
    case 2:
      return fill<std::uint16_t>(data, count, pattern, stream);
    case 4:
      return fill<std::uint32_t>(data, count, pattern, stream);
    case 8:
      return fill<std::uint64_t>(data, count, pattern, stream);
    default:
      return cudaErrorInvalidValue;
  }
}

cudaError_t launch_check(const void* data,
                         int width,
                         std::uint64_t count,
                         const PatternView& pattern,
                         unsigned long long* wrong,
                         cudaStream_t stream) {
  if (count == 0) {
    return cudaSuccess;
  }
  switch (width) {
    case 1:
      return check<std::uint8_t>(data, count, pattern, wrong, stream);
    case 2:
      return check<std::uint16_t>(data, count, pattern, wrong, stream);
    case 4:
      return check<std::uint32_t>(data, count, pattern, wrong, stream);
    case 8:
      return check<std::uint64_t>(data, count, pattern, wrong, stream);
    default:
      return cudaErrorInvalidValue;
  }
}

}  // namespace fabricast
