#include "bench/backends/device_buffer.hpp"

#include "kernels/pattern_body.hpp"

namespace fabricast {

std::uint64_t device_buffer_bytes(std::uint64_t elements, DataType type) {
  return elements * static_cast<std::uint64_t>(info(type).bytes) + 2 * kGuardBytes;
}

DeviceBuffer::DeviceBuffer(std::uint64_t elements, DataType type)
    : elements_(elements),
      width_(info(type).bytes),
      memory_(allocate_device_memory(device_buffer_bytes(elements, type))) {}

void* DeviceBuffer::data() const { return static_cast<std::byte*>(memory_.get()) + kGuardBytes; }

void DeviceBuffer::fill(const PatternView& pattern, cudaStream_t stream) const {
  CHECK_CUDA(cuda().launch_fill(data(), width_, elements_, pattern, stream));
}

void DeviceBuffer::poison(cudaStream_t stream) const {
  CHECK_CUDA(cuda().cudaMemsetAsync(memory_.get(), kGuardByte, bytes() + 2 * kGuardBytes, stream));
}

void DeviceBuffer::check(const PatternView& pattern,
                         unsigned long long* wrong,
                         cudaStream_t stream) const {
  CHECK_CUDA(cuda().launch_check(data(), width_, elements_, pattern, wrong, stream));
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
  auto* at = static_cast<std::byte*>(data()) + bit / 8;
  std::byte value{};
  CHECK_CUDA(cuda().cudaMemcpyAsync(&value, at, sizeof value, cudaMemcpyDeviceToHost, stream));
  CHECK_CUDA(cuda().cudaStreamSynchronize(stream));
  value ^= std::byte{1} << (bit % 8);
  CHECK_CUDA(cuda().cudaMemcpyAsync(at, &value, sizeof value, cudaMemcpyHostToDevice, stream));
  CHECK_CUDA(cuda().cudaStreamSynchronize(stream));
}

}  // namespace fabricast
