#include "bench/host/algorithms.hpp"

#include "bench/host/reduce.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace fabricast::host {

namespace {

std::size_t width(const HostCall& call) { return static_cast<std::size_t>(info(call.type).bytes); }

void copy_bytes(std::byte* to, const std::byte* from, std::size_t bytes) {
  if (bytes > 0 && to != from) {
    std::memcpy(to, from, bytes);
  }
}

std::byte* scratch(const HostCall& call, std::size_t bytes) {
  if (call.scratch.size() < bytes) {
    call.scratch.resize(bytes);
  }
  return call.scratch.data();
}

// MPI's C interface is not const-correct for what we only send.
Block outgoing(const std::byte* data, std::size_t bytes) {
  return {const_cast<std::byte*>(data), bytes};
}

// The elements of one vector cut into `parts` nearly equal chunks; chunk i starts at i x count /
// parts.
class Chunks {
 public:
  Chunks(std::byte* data, std::uint64_t count, int parts, std::size_t width)
      : data_(data), count_(count), parts_(static_cast<std::uint64_t>(parts)), width_(width) {}

  [[nodiscard]] std::uint64_t elements(int i) const { return elements(i, 1); }
  [[nodiscard]] Block at(int i) const { return run(i, 1); }
  /// `parts` chunks that follow each other, from chunk i on.
  [[nodiscard]] std::uint64_t elements(int i, int parts) const {
    return start(i + parts) - start(i);
  }
  [[nodiscard]] Block run(int i, int parts) const {
    return {data_ + start(i) * width_, elements(i, parts) * width_};
  }

 private:
  [[nodiscard]] std::uint64_t start(int i) const {
    return count_ * static_cast<std::uint64_t>(i) / parts_;
  }

  std::byte* data_;
  std::uint64_t count_;
  std::uint64_t parts_;
  std::size_t width_;
};

// A ring through some of the ranks: those at first, first + stride, ... `size` of them.
struct Ring {
  int first;
  int stride;
  int size;
  int me;  // this rank's index on the ring

  [[nodiscard]] int next() const { return first + stride * ((me + 1) % size); }
  [[nodiscard]] int previous() const { return first + stride * ((me + size - 1) % size); }
  /// Index of the chunk `back` positions behind this rank's own.
  [[nodiscard]] int behind(int back) const { return ((me - back) % size + size) % size; }
};

Ring whole_ring(const HostCall& call) { return {0, 1, call.link.ranks(), call.link.rank()}; }

// size-1 steps. Chunk c starts at the rank after its owner and collects one contribution per step;
// in the end ring member i holds the complete chunk i.
void reduce_scatter_on(const Ring& ring, const HostCall& call, const Chunks& chunks) {
  std::size_t largest = 0;
  for (int i = 0; i < ring.size; ++i) {
    largest = std::max(largest, chunks.at(i).bytes);
  }
  std::byte* incoming = scratch(call, largest);
  for (int step = 1; step < ring.size; ++step) {
    const Block out = chunks.at(ring.behind(step));
    const int arriving = ring.behind(step + 1);
    const Block in = chunks.at(arriving);
    call.link.exchange(out, ring.next(), {incoming, in.bytes}, ring.previous());
    reduce(call.op, call.type, in.data, incoming, chunks.elements(arriving));
  }
}

// size-1 steps. Ring member i starts with chunk i; each step passes on the chunk that came last.
void all_gather_on(const Ring& ring, const HostCall& call, const Chunks& chunks) {
  for (int step = 0; step + 1 < ring.size; ++step) {
    call.link.exchange(chunks.at(ring.behind(step)),
                       ring.next(),
                       chunks.at(ring.behind(step + 1)),
                       ring.previous());
  }
}

// Binomial tree to rank 0: in round k ranks with bit k set (and none below) hand in their sum.
void reduce_to_root(const HostCall& call, std::byte* sum, std::uint64_t count) {
  const std::size_t bytes = count * width(call);
  std::byte* incoming = scratch(call, bytes);
  const int me = call.link.rank();
  for (int bit = 1; bit < call.link.ranks(); bit *= 2) {
    if ((me & bit) != 0) {
      call.link.send({sum, bytes}, me - bit);
      return;
    }
    if (me + bit < call.link.ranks()) {
      call.link.receive({incoming, bytes}, me + bit);
      reduce(call.op, call.type, sum, incoming, count);
    }
  }
}

// The same tree downwards: the highest bit first.
void broadcast_from_root(const HostCall& call, std::byte* data, std::size_t bytes) {
  const int me = call.link.rank();
  const int ranks = call.link.ranks();
  int bit = static_cast<int>(std::bit_ceil(static_cast<unsigned>(ranks)));
  if (me != 0) {
    bit = me & -me;  // the round in which this rank is reached
    call.link.receive({data, bytes}, me - bit);
  }
  for (bit /= 2; bit > 0; bit /= 2) {
    if (me + bit < ranks) {
      call.link.send({data, bytes}, me + bit);
    }
  }
}

// Runs `among` on the largest power of two of ranks, with the sum so far in `receive`. Ranks beyond
// it hand in their message and wait for the result.
void all_reduce_folded(const HostCall& call, void (*among)(const HostCall& call, int ranks)) {
  const std::size_t bytes = call.count * width(call);
  const Block sum{call.receive, bytes};
  copy_bytes(call.receive, call.send, bytes);
  const int me = call.link.rank();
  const int inner = static_cast<int>(std::bit_floor(static_cast<unsigned>(call.link.ranks())));
  if (me >= inner) {
    call.link.send(sum, me - inner);
    call.link.receive(sum, me - inner);
    return;
  }
  const int partner_beyond = me + inner;
  const bool folds = partner_beyond < call.link.ranks();
  if (folds) {
    const Block incoming{scratch(call, bytes), bytes};
    call.link.receive(incoming, partner_beyond);
    reduce(call.op, call.type, sum.data, incoming.data, call.count);
  }
  among(call, inner);
  if (folds) {
    call.link.send(sum, partner_beyond);
  }
}

// Whole messages with ever farther partners.
void double_recursively(const HostCall& call, int ranks) {
  const std::size_t bytes = call.count * width(call);
  const Block sum{call.receive, bytes};
  const Block incoming{scratch(call, bytes), bytes};
  for (int bit = 1; bit < ranks; bit *= 2) {
    const int partner = call.link.rank() ^ bit;
    call.link.exchange(sum, partner, incoming, partner);
    reduce(call.op, call.type, sum.data, incoming.data, call.count);
  }
}

// Recursive halving: of the chunks that a rank still sums, it hands its partner the half that is
// the partner's and keeps the other, until chunk i is complete on rank i. Recursive doubling then
// gathers the chunks by the same exchanges backwards.
void halve_and_double(const HostCall& call, int ranks) {
  const Chunks chunks(call.receive, call.count, ranks, width(call));
  const int me = call.link.rank();
  std::byte* incoming = scratch(call, chunks.run(0, ranks).bytes);
  for (int half = ranks / 2; half > 0; half /= 2) {
    const int partner = me ^ half;
    const int mine = me & -half;  // the first of the `half` chunks that this rank keeps
    const Block in{incoming, chunks.run(mine, half).bytes};
    call.link.exchange(chunks.run(partner & -half, half), partner, in, partner);
    reduce(call.op, call.type, chunks.run(mine, half).data, in.data, chunks.elements(mine, half));
  }
  for (int half = 1; half < ranks; half *= 2) {
    const int partner = me ^ half;
    call.link.exchange(
        chunks.run(me & -half, half), partner, chunks.run(partner & -half, half), partner);
  }
}

}  // namespace

void ring_all_reduce(const HostCall& call) {
  copy_bytes(call.receive, call.send, call.count * width(call));
  const Chunks chunks(call.receive, call.count, call.link.ranks(), width(call));
  const Ring ring = whole_ring(call);
  reduce_scatter_on(ring, call, chunks);
  all_gather_on(ring, call, chunks);
}

void recursive_doubling_all_reduce(const HostCall& call) {
  all_reduce_folded(call, double_recursively);
}

void rabenseifner_all_reduce(const HostCall& call) { all_reduce_folded(call, halve_and_double); }

void tree_all_reduce(const HostCall& call) {
  const std::size_t bytes = call.count * width(call);
  copy_bytes(call.receive, call.send, bytes);
  reduce_to_root(call, call.receive, call.count);
  broadcast_from_root(call, call.receive, bytes);
}

void hierarchical_all_reduce(const HostCall& call) {
  copy_bytes(call.receive, call.send, call.count * width(call));
  const int k = call.layout.per_node;
  const int me = call.link.rank();
  const Ring inside{me / k * k, 1, k, me % k};
  const Ring across{me % k, k, call.link.ranks() / k, me / k};
  const Chunks shards(call.receive, call.count, k, width(call));
  reduce_scatter_on(inside, call, shards);
  const Chunks pieces(
      shards.at(inside.me).data, shards.elements(inside.me), across.size, width(call));
  reduce_scatter_on(across, call, pieces);
  all_gather_on(across, call, pieces);
  all_gather_on(inside, call, shards);
}

void ring_all_gather(const HostCall& call) {
  const Ring ring = whole_ring(call);
  const Chunks blocks(
      call.receive, call.count * static_cast<std::uint64_t>(ring.size), ring.size, width(call));
  copy_bytes(blocks.at(ring.me).data, call.send, blocks.at(ring.me).bytes);
  all_gather_on(ring, call, blocks);
}

void ring_reduce_scatter(const HostCall& call) {
  const Ring ring = whole_ring(call);
  const std::size_t block = call.count * width(call);
  // Two arriving blocks take turns, so that the input stays as it was: block `step` behind is this
  // rank's contribution plus what has come in for it.
  std::byte* incoming = scratch(call, 2 * block);
  std::byte* held = incoming + block;
  const auto own = [&](int index) { return call.send + static_cast<std::size_t>(index) * block; };
  if (ring.size == 1) {
    copy_bytes(call.receive, call.send, block);
    return;
  }
  copy_bytes(held, own(ring.behind(1)), block);
  for (int step = 1; step < ring.size; ++step) {
    call.link.exchange({held, block}, ring.next(), {incoming, block}, ring.previous());
    reduce(call.op, call.type, incoming, own(ring.behind(step + 1)), call.count);
    std::swap(held, incoming);
  }
  copy_bytes(call.receive, held, block);
}

void pairwise_all_to_all(const HostCall& call) {
  const int ranks = call.link.ranks();
  const int me = call.link.rank();
  const std::size_t block = call.count * width(call);
  const auto from = [&](int r) { return call.send + static_cast<std::size_t>(r) * block; };
  const auto to = [&](int r) { return call.receive + static_cast<std::size_t>(r) * block; };
  copy_bytes(to(me), from(me), block);
  for (int step = 1; step < ranks; ++step) {
    const int target = (me + step) % ranks;
    const int source = (me - step + ranks) % ranks;
    call.link.exchange(outgoing(from(target), block), target, {to(source), block}, source);
  }
}

void tree_broadcast(const HostCall& call) {
  const std::size_t bytes = call.count * width(call);
  if (call.link.rank() == 0) {
    copy_bytes(call.receive, call.send, bytes);
  }
  broadcast_from_root(call, call.receive, bytes);
}

void tree_reduce(const HostCall& call) {
  // Off the root there is no receive buffer: the partial sum lives behind the arriving message.
  const std::size_t bytes = call.count * width(call);
  if (call.link.rank() == 0) {
    copy_bytes(call.receive, call.send, bytes);
    reduce_to_root(call, call.receive, call.count);
    return;
  }
  std::byte* sum = scratch(call, 2 * bytes) + bytes;
  copy_bytes(sum, call.send, bytes);
  reduce_to_root(call, sum, call.count);
}

void direct_send_recv(const HostCall& call) {
  const std::size_t bytes = call.count * width(call);
  const Ring ring = whole_ring(call);
  if (ring.size == 1) {
    copy_bytes(call.receive, call.send, bytes);
    return;
  }
  call.link.exchange(
      outgoing(call.send, bytes), ring.next(), {call.receive, bytes}, ring.previous());
}

}  // namespace fabricast::host
