#include "bench/backends/device_pattern.hpp"

#include "kernels/pattern_body.hpp"

#include <vector>

namespace fabricast {

DevicePattern::DevicePattern(const Pattern& pattern, cudaStream_t stream) {
  std::vector<std::uint64_t> words = pattern.contributions();
  words.insert(words.end(), pattern.results().begin(), pattern.results().end());
  words.push_back(kGuardBits);
  words.push_back(0);
  const std::size_t bytes = words.size() * sizeof words[0];
  words_ = allocate_device_memory(bytes);
  CHECK_CUDA(
      cuda().cudaMemcpyAsync(words_.get(), words.data(), bytes, cudaMemcpyHostToDevice, stream));
  CHECK_CUDA(cuda().cudaStreamSynchronize(stream));
  const auto* first = static_cast<std::uint64_t*>(words_.get());
  tables_ = {first, first + pattern.contributions().size()};
  guard_ = tables_.results + pattern.results().size();
  wrong_ = static_cast<unsigned long long*>(words_.get()) + words.size() - 1;
}

PatternView DevicePattern::guard() const { return guard_view(guard_); }

void DevicePattern::reset_wrong(cudaStream_t stream) const {
  CHECK_CUDA(cuda().cudaMemsetAsync(wrong_, 0, sizeof *wrong_, stream));
}

std::uint64_t DevicePattern::read_wrong(cudaStream_t stream) const {
  unsigned long long wrong = 0;
  CHECK_CUDA(cuda().cudaMemcpyAsync(&wrong, wrong_, sizeof wrong, cudaMemcpyDeviceToHost, stream));
  CHECK_CUDA(cuda().cudaStreamSynchronize(stream));
  return wrong;
}

}  // namespace fabricast
