#include "bench/backends/rank_buffers.hpp"

#include "kernels/pattern_body.hpp"

#include <vector>

namespace fabricast {

std::uint64_t rank_buffer_bytes(const Case& c, int rank, int ranks) {
  const Extents size = extents(c.collective, rank, ranks, c.count);
  return device_buffer_bytes(size.send, c.type) + device_buffer_bytes(size.receive, c.type);
}

RankBuffers::RankBuffers(
    const Case& c, const Pattern& pattern, int rank, int ranks, cudaStream_t stream)
    : case_(c), rank_(rank), stream_(stream) {
  const Extents size = extents(c.collective, rank, ranks, c.count);
  std::vector<std::uint64_t> words = pattern.contributions();
  words.insert(words.end(), pattern.results().begin(), pattern.results().end());
  words.push_back(kGuardBits);
  words.push_back(0);
  const std::size_t bytes = words.size() * sizeof words[0];

  send_ = DeviceBuffer(size.send, c.type);
  receive_ = DeviceBuffer(size.receive, c.type);
  words_ = allocate_device_memory(bytes);
  CHECK_CUDA(
      cuda().cudaMemcpyAsync(words_.get(), words.data(), bytes, cudaMemcpyHostToDevice, stream));
  CHECK_CUDA(cuda().cudaStreamSynchronize(stream));
  const auto* first = static_cast<std::uint64_t*>(words_.get());
  tables_ = {first, first + pattern.contributions().size()};
  guard_ = tables_.results + pattern.results().size();
  wrong_ = static_cast<unsigned long long*>(words_.get()) + words.size() - 1;
}

void RankBuffers::fill(const Pattern& pattern, std::uint64_t iteration) const {
  send_.poison(stream_);  // its guards
  send_.fill(pattern.sent(case_.collective, rank_, iteration, tables_), stream_);
  receive_.poison(stream_);
}

std::uint64_t RankBuffers::wrong_elements(const Pattern& pattern, std::uint64_t iteration) const {
  CHECK_CUDA(cuda().cudaMemsetAsync(wrong_, 0, sizeof *wrong_, stream_));
  receive_.check(
      pattern.received(case_.collective, rank_, case_.count, iteration, tables_), wrong_, stream_);
  receive_.check_guards(guard_view(guard_), wrong_, stream_);
  send_.check_guards(guard_view(guard_), wrong_, stream_);
  unsigned long long wrong = 0;
  CHECK_CUDA(cuda().cudaMemcpyAsync(&wrong, wrong_, sizeof wrong, cudaMemcpyDeviceToHost, stream_));
  CHECK_CUDA(cuda().cudaStreamSynchronize(stream_));
  return wrong;
}

}  // namespace fabricast
