#include "bench/backends/device_buffer.hpp"

#include "kernels/pattern_body.hpp"

#include <utility>

namespace fabricast {

std::uint64_t device_buffer_bytes(std::uint64_t elements, DataType type) {
  return elements * static_cast<std::uint64_t>(info(type).bytes) + 2 * kGuardBytes;
}

DeviceBuffer::DeviceBuffer(std::uint64_t elements, DataType type, DeviceMemory memory)
    : elements_(elements), width_(info(type).bytes), memory_(std::move(memory)) {}

void* DeviceBuffer::at(std::uint64_t element) const {
  return static_cast<std::byte*>(memory_.get()) + kGuardBytes +
         element * static_cast<std::uint64_t>(width_);
}

void DeviceBuffer::fill(const PatternView& pattern, const Run& run, cudaStream_t stream) const {
  CHECK_CUDA(cuda().launch_fill(at(run.first), width_, run.elements, pattern, stream));
}

void DeviceBuffer::poison(cudaStream_t stream) const {
  CHECK_CUDA(cuda().cudaMemsetAsync(memory_.get(), kGuardByte, bytes() + 2 * kGuardBytes, stream));
}

void DeviceBuffer::check(const PatternView& pattern,
                         const Run& run,
                         unsigned long long* wrong,
                         cudaStream_t stream) const {
  CHECK_CUDA(cuda().launch_check(at(run.first), width_, run.elements, pattern, wrong, stream));
}

void DeviceBuffer::check_guards(const PatternView& guard,
                                unsigned long long* wrong,
                                cudaStream_t stream) const {
  const std::uint64_t guard_elements = kGuardBytes / static_cast<std::uint64_t>(width_);
  const auto* before = static_cast<const std::byte*>(memory_.get());
  const auto* after = before + kGuardBytes + bytes();
  CHECK_CUDA(cuda().launch_check(before, width_, guard_elements, guard, wrong, stream));
  CHECK_CUDA(cuda().launch_check(after, width_, guard_elements, guard, wrong, stream));
}

void DeviceBuffer::flip(std::uint64_t bit, cudaStream_t stream) const {
  auto* byte = static_cast<std::byte*>(at(0)) + bit / 8;
  std::byte value{};
  CHECK_CUDA(cuda().cudaMemcpyAsync(&value, byte, sizeof value, cudaMemcpyDeviceToHost, stream));
  CHECK_CUDA(cuda().cudaStreamSynchronize(stream));
  value ^= std::byte{1} << (bit % 8);
  CHECK_CUDA(cuda().cudaMemcpyAsync(byte, &value, sizeof value, cudaMemcpyHostToDevice, stream));
  CHECK_CUDA(cuda().cudaStreamSynchronize(stream));
}

}  // namespace fabricast
