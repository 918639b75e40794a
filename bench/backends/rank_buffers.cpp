#include "bench/backends/rank_buffers.hpp"

#include <algorithm>

namespace fabricast {

namespace {

// Elements of both buffers; in place the one buffer counts as the receive side.
Extents allocated(const Case& c, int rank, int ranks) {
  return c.in_place ? Extents{0, in_place(c.collective, rank, ranks, c.count).elements}
                    : extents(c.collective, rank, ranks, c.count);
}

}  // namespace

std::uint64_t rank_buffer_bytes(const Case& c, int rank, int ranks) {
  const Extents size = allocated(c, rank, ranks);
  return device_buffer_bytes(size.send, c.type) + device_buffer_bytes(size.receive, c.type);
}

RankBuffers::RankBuffers(const Case& c,
                         const Pattern& pattern,
                         int rank,
                         int ranks,
                         cudaStream_t stream,
                         const BufferSource& source)
    : case_(c), rank_(rank), stream_(stream) {
  const Extents size = extents(c.collective, rank, ranks, c.count);
  sent_.elements = size.send;
  received_.elements = size.receive;
  if (c.in_place) {
    const InPlace place = in_place(c.collective, rank, ranks, c.count);
    sent_.first = place.send_at;
    received_.first = place.receive_at;
  }
  const Extents mine = allocated(c, rank, ranks);
  const Extents root = allocated(c, 0, ranks);
  send_ = make_buffer(mine.send, root.send, source);
  receive_ = make_buffer(mine.receive, root.receive, source);
  on_device_ = DevicePattern(pattern, stream);
}

DeviceBuffer RankBuffers::make_buffer(std::uint64_t elements,
                                      std::uint64_t on_root,
                                      const BufferSource& source) {
  const std::uint64_t most = source.same_on_all ? std::max(elements, on_root) : elements;
  const std::size_t bytes = device_buffer_bytes(most, case_.type);
  DeviceBuffer buffer(elements, case_.type, source.allocate(bytes));
  blocks_.push_back({buffer.memory(), bytes});
  return buffer;
}

const void* RankBuffers::send() const {
  return (case_.in_place ? receive_ : send_).at(sent_.first);
}

std::uint64_t RankBuffers::received_bytes() const {
  return received_.elements * static_cast<std::uint64_t>(info(case_.type).bytes);
}

void RankBuffers::fill(const Pattern& pattern, std::uint64_t iteration) const {
  send_.poison(stream_);  // its guards
  receive_.poison(stream_);
  const PatternView sent = pattern.sent(case_.collective, rank_, iteration, on_device_.tables());
  (case_.in_place ? receive_ : send_).fill(sent, sent_, stream_);
}

std::uint64_t RankBuffers::wrong_elements(const Pattern& pattern, std::uint64_t iteration) const {
  unsigned long long* wrong = on_device_.wrong();
  on_device_.reset_wrong(stream_);
  receive_.check(
      pattern.received(case_.collective, rank_, case_.count, iteration, on_device_.tables()),
      received_,
      wrong,
      stream_);
  receive_.check_guards(on_device_.guard(), wrong, stream_);
  send_.check_guards(on_device_.guard(), wrong, stream_);
  return on_device_.read_wrong(stream_);
}

void RankBuffers::flip(std::uint64_t bit) const {
  const auto width = static_cast<std::uint64_t>(info(case_.type).bytes);
  receive_.flip(received_.first * width * 8 + bit, stream_);
}

}  // namespace fabricast
