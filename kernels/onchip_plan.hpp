// Collectives among virtual ranks of one GPU: the algorithms as lists of turns, and what each
// moves.
//
// A rank is a group of blocks. Block k of every rank is channel k: it carries one share of the
// message and talks to block k of other ranks only. Data go from rank to rank through pipes, rings
// of a few slots in device memory, one per pair of ranks that talk and channel. In each turn a
// block sends one slot into some of its pipes, takes one out of some, or both.
#pragma once

#include "core/collective.hpp"
#include "core/pattern.hpp"
#include "kernels/word.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace fabricast {

inline constexpr int kMaxVirtualRanks = 8;
inline constexpr int kMaxChannels = 64;

/// How a receiver learns that data have arrived.
enum class OnchipProtocol {
  kFlag,   // data, block barrier, one release of a flag; an acquire on the other side
  kFence,  // data, a fence in every thread, block barrier, flag; and the reverse
  kLl,     // 4 bytes of data and a 4-byte flag in each 8-byte word: no fence, half the rate
  kLl128,  // 120 bytes of data and an 8-byte flag in each 128-byte line, moved by lanes of a warp
};

/// A line is the unit of a protocol in a slot: `line_bytes` of memory hold `data_bytes`.
struct OnchipProtocolInfo {
  OnchipProtocol id;
  std::string_view name;
  std::uint64_t line_bytes;
  std::uint64_t data_bytes;
};
inline constexpr std::array kOnchipProtocols{
    OnchipProtocolInfo{OnchipProtocol::kFlag,  "flag",  16,  16 },
    OnchipProtocolInfo{OnchipProtocol::kFence, "fence", 16,  16 },
    OnchipProtocolInfo{OnchipProtocol::kLl,    "ll",    16,  8  },
    OnchipProtocolInfo{OnchipProtocol::kLl128, "ll128", 128, 120},
};
constexpr const OnchipProtocolInfo& info(OnchipProtocol p) {
  return kOnchipProtocols[static_cast<std::size_t>(p)];
}

enum class OnchipAlgorithm {
  kRingAllReduce,
  kRingAllGather,
  kRingReduceScatter,
  kDirectAllGather,
  kDirectReduceScatter,
  kOneShotAllReduce,
};

struct OnchipAlgorithmInfo {
  OnchipAlgorithm id;
  Collective collective;
  std::string_view name;
  /// Bytes that one rank puts into its pipes, in messages (core/collective.hpp says of what size).
  double (*sent)(int ranks);
};
inline constexpr std::array kOnchipAlgorithms{
    OnchipAlgorithmInfo{OnchipAlgorithm::kRingAllReduce,
                        Collective::kAllReduce,
                        "ring",     [](int n) { return 2.0 * (n - 1) / n; }},
    OnchipAlgorithmInfo{OnchipAlgorithm::kRingAllGather,
                        Collective::kAllGather,
                        "ring",     [](int n) { return 1.0 * (n - 1) / n; }},
    OnchipAlgorithmInfo{OnchipAlgorithm::kRingReduceScatter,
                        Collective::kReduceScatter,
                        "ring",     [](int n) { return 1.0 * (n - 1) / n; }},
    OnchipAlgorithmInfo{OnchipAlgorithm::kDirectAllGather,
                        Collective::kAllGather,
                        "direct",   [](int n) { return 1.0 * (n - 1) / n; }},
    OnchipAlgorithmInfo{OnchipAlgorithm::kDirectReduceScatter,
                        Collective::kReduceScatter,
                        "direct",   [](int n) { return 1.0 * (n - 1) / n; }},
    OnchipAlgorithmInfo{OnchipAlgorithm::kOneShotAllReduce,
                        Collective::kAllReduce,
                        "one_shot", [](int n) { return 1.0 * (n - 1); }    },
};
constexpr const OnchipAlgorithmInfo& info(OnchipAlgorithm a) {
  return kOnchipAlgorithms[static_cast<std::size_t>(a)];
}

/// The least that any algorithm moves through device memory, read plus written: each input once and
/// each output once, over all ranks.
constexpr Bytes onchip_floor(Collective c, int ranks, Bytes message) {
  const double n = ranks;
  // One block, and the whole message, for what has a block per rank.
  return message * (info(c).blocks_per_rank ? n * (1 + 1 / n) : 2 * n);
}

/// What this algorithm moves, caches left aside: the floor, and what goes through the pipes,
/// written and read once, flags included.
constexpr Bytes onchip_moved(const OnchipAlgorithmInfo& a,
                             const OnchipProtocolInfo& p,
                             int ranks,
                             Bytes message) {
  const double flags = static_cast<double>(p.line_bytes) / static_cast<double>(p.data_bytes);
  return onchip_floor(a.collective, ranks, message) + message * (2 * flags * a.sent(ranks) * ranks);
}

/// One collective, the same for all its ranks. Sizes of elements in bytes.
struct OnchipPlan {
  OnchipAlgorithm algorithm = OnchipAlgorithm::kRingAllReduce;
  OnchipProtocol protocol = OnchipProtocol::kFlag;
  int ranks = 1;
  int channels = 1;
  std::uint64_t count = 0;  // elements, as the collective's count argument
  std::uint64_t element_bytes = 4;
  std::uint64_t slot_bytes = 0;     // of memory; a multiple of 128
  std::uint64_t slot_elements = 0;  // that fit beside the flags; a multiple of 16 bytes
  std::uint64_t depth = 2;          // slots of a pipe; at least 2, or rings stand still
};

/// Fills in the slots. `slot_bytes` 0: sizes for a GPU.
inline OnchipPlan make_onchip_plan(OnchipAlgorithm algorithm,
                                   OnchipProtocol protocol,
                                   int ranks,
                                   int channels,
                                   std::uint64_t count,
                                   std::uint64_t element_bytes,
                                   std::uint64_t slot_bytes = 0) {
  const bool ring = info(algorithm).name == "ring";
  OnchipPlan p{algorithm, protocol, ranks, channels, count, element_bytes};
  // Small enough that all pipes of a GPU stay in its L2 cache: 16 MiB and 29 MiB with 8 ranks and
  // 16 channels.
  p.slot_bytes = slot_bytes > 0 ? slot_bytes : (ring ? 32U : 16U) << 10;
  p.depth = ring ? 4 : 2;
  const std::uint64_t lines = p.slot_bytes / info(protocol).line_bytes;
  p.slot_elements = lines * info(protocol).data_bytes / 16 * (16 / element_bytes);
  return p;
}

namespace onchip {

FABRICAST_HOST_DEVICE inline bool is_ring(OnchipAlgorithm a) {
  return a == OnchipAlgorithm::kRingAllReduce || a == OnchipAlgorithm::kRingAllGather ||
         a == OnchipAlgorithm::kRingReduceScatter;
}

/// Pipes that leave a rank in each channel: to the next rank, or to every other.
FABRICAST_HOST_DEVICE inline int pipes_per_rank(const OnchipPlan& p) {
  return is_ring(p.algorithm) || p.ranks == 1 ? 1 : p.ranks - 1;
}

/// A pipe begins with two flags on lines of their own: slots filled, slots emptied, counted from
/// the first use of the workspace on.
inline constexpr std::uint64_t kFlagLine = 128;
FABRICAST_HOST_DEVICE inline std::uint64_t pipe_bytes(const OnchipPlan& p) {
  return 2 * kFlagLine + p.depth * p.slot_bytes;
}

FABRICAST_HOST_DEVICE inline std::uint64_t pipes_bytes(const OnchipPlan& p) {
  return static_cast<std::uint64_t>(p.ranks * pipes_per_rank(p) * kMaxChannels) * pipe_bytes(p);
}

/// The peers of a rank among which a turn chooses: ring neighbours are peer 0, others are counted
/// upwards without the rank itself.
FABRICAST_HOST_DEVICE inline int peer_index(int rank, int other) {
  return other < rank ? other : other - 1;
}

/// The pipe, among all of a channel, into which `rank` sends to its peer, and from which it takes.
FABRICAST_HOST_DEVICE inline int pipe_out(const OnchipPlan& p, int rank, int peer) {
  return is_ring(p.algorithm) ? rank : rank * (p.ranks - 1) + peer;
}
FABRICAST_HOST_DEVICE inline int pipe_in(const OnchipPlan& p, int rank, int peer) {
  if (is_ring(p.algorithm)) {
    return (rank + p.ranks - 1) % p.ranks;
  }
  const int other = peer < rank ? peer : peer + 1;
  return other * (p.ranks - 1) + peer_index(other, rank);
}

/// Elements first .. last - 1 of what a channel shares out: the message of an all-reduce, else one
/// rank's block.
struct Share {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
FABRICAST_HOST_DEVICE inline Share share_of(const OnchipPlan& p, int channel) {
  const std::uint64_t grain = 128 / p.element_bytes;  // channels meet between cache lines
  const auto channels = static_cast<std::uint64_t>(p.channels);
  const std::uint64_t each = (p.count + grain * channels - 1) / (grain * channels) * grain;
  const std::uint64_t first = static_cast<std::uint64_t>(channel) * each;
  return {at_most(first, p.count), at_most(first + each, p.count)};
}

/// What a block does in one turn, for `count` elements (maybe 0: flags go round all the same).
struct Turn {
  int to = 0;  // peers to, to + 1, ... get the outcome
  int to_number = 0;
  int from = 0;  // what these peers sent is taken, added up if there are several
  int from_number = 0;
  int own_place = 0;  // of the own input among the summands
  bool own = false;   // the own input is a summand, or all there is
  bool keep = false;  // the outcome is written to the output
  std::uint64_t own_first = 0;
  std::uint64_t keep_first = 0;
  std::uint64_t count = 0;
  std::uint64_t sends = 0;     // number of the slot sent in its pipe, the call's first is 1
  std::uint64_t receives = 0;  // and of the slot taken
};

/// The turns of a channel come in rounds that carry at most a slot per pipe and turn.
struct Rounds {
  Share share;
  std::uint64_t rounds = 0;
  int turns = 0;               // of a round
  std::uint64_t per_pipe = 0;  // slots that a round puts into a pipe
};

FABRICAST_HOST_DEVICE inline Rounds rounds_of(const OnchipPlan& p, int channel) {
  Rounds r;
  r.share = share_of(p, channel);
  std::uint64_t per_round = p.slot_elements;
  const auto others = static_cast<std::uint64_t>(p.ranks - 1);
  switch (p.algorithm) {
    case OnchipAlgorithm::kRingAllReduce:
      per_round *= static_cast<std::uint64_t>(p.ranks);
      r.turns = 2 * p.ranks - 1;
      r.per_pipe = 2 * others;
      break;
    case OnchipAlgorithm::kRingAllGather:
    case OnchipAlgorithm::kRingReduceScatter:
      r.turns = p.ranks;
      r.per_pipe = others;
      break;
    case OnchipAlgorithm::kDirectAllGather:
    case OnchipAlgorithm::kDirectReduceScatter:
      r.turns = p.ranks;
      r.per_pipe = 1;
      break;
    case OnchipAlgorithm::kOneShotAllReduce:
      r.turns = 2;
      r.per_pipe = 1;
      break;
  }
  r.rounds = (r.share.last - r.share.first + per_round - 1) / per_round;
  return r;
}

/// Ring all-reduce: in turn t a rank handles chunk rank - t, first adding to it, from turn
/// ranks - 1 on, when it is complete, handing it on.
FABRICAST_HOST_DEVICE inline Turn ring_all_reduce_turn(
    const OnchipPlan& p, const Share& share, int rank, std::uint64_t round, int t) {
  const auto ranks = static_cast<std::uint64_t>(p.ranks);
  const std::uint64_t start = share.first + round * ranks * p.slot_elements;
  const std::uint64_t end = at_most(start + ranks * p.slot_elements, share.last);
  const std::uint64_t grain = 16 / p.element_bytes;
  const std::uint64_t chunk = (end - start + grain * ranks - 1) / (grain * ranks) * grain;
  const auto index = static_cast<std::uint64_t>((rank - t + 2 * p.ranks) % p.ranks);
  const std::uint64_t first = at_most(start + index * chunk, end);
  Turn turn;
  turn.own = t < p.ranks;
  turn.keep = t >= p.ranks - 1;
  turn.own_first = first;
  turn.keep_first = first;
  turn.count = at_most(first + chunk, end) - first;
  turn.to_number = t < 2 * (p.ranks - 1) ? 1 : 0;
  return turn;
}

/// Turn t of a round. All ranks have the same number of turns, and the sender's turn that fills a
/// slot comes before the receiver's that empties it.
FABRICAST_HOST_DEVICE inline Turn turn_of(
    const OnchipPlan& p, const Rounds& r, int rank, std::uint64_t round, int t) {
  const std::uint64_t start = at_most(r.share.first + round * p.slot_elements, r.share.last);
  const int last = r.turns - 1;
  const int others = p.ranks - 1;
  // Rings handle the block that started, or will end, t ranks back; others begin with themselves so
  // that not all ranks turn to the same one.
  const int back = (rank - t + p.ranks) % p.ranks;
  const int ahead = (rank + t) % p.ranks;
  Turn turn;
  turn.count = at_most(start + p.slot_elements, r.share.last) - start;
  turn.own_first = start;
  turn.keep_first = start;
  switch (p.algorithm) {
    case OnchipAlgorithm::kRingAllReduce:
      turn = ring_all_reduce_turn(p, r.share, rank, round, t);
      turn.from_number = t > 0 ? 1 : 0;
      break;
    case OnchipAlgorithm::kRingAllGather:
      turn.own = t == 0;
      turn.keep = true;
      turn.keep_first += static_cast<std::uint64_t>(back) * p.count;
      turn.to_number = t < last ? 1 : 0;
      turn.from_number = t > 0 ? 1 : 0;
      break;
    case OnchipAlgorithm::kRingReduceScatter:
      turn.own = true;
      turn.own_first += static_cast<std::uint64_t>((back + p.ranks - 1) % p.ranks) * p.count;
      turn.keep = t == last;
      turn.to_number = t < last ? 1 : 0;
      turn.from_number = t > 0 ? 1 : 0;
      break;
    case OnchipAlgorithm::kDirectAllGather:
      turn.own = t == 0;
      turn.keep = true;
      turn.keep_first += static_cast<std::uint64_t>(ahead) * p.count;
      turn.to_number = t == 0 ? others : 0;
      turn.from = t > 0 ? peer_index(rank, ahead) : 0;
      turn.from_number = t > 0 ? 1 : 0;
      break;
    case OnchipAlgorithm::kDirectReduceScatter: {
      // Blocks for the others first, the own block last.
      const int other = (ahead + 1) % p.ranks;
      turn.own = true;
      turn.own_first += static_cast<std::uint64_t>(other) * p.count;
      turn.keep = t == last;
      turn.to = t < last ? peer_index(rank, other) : 0;
      turn.to_number = t < last ? 1 : 0;
      turn.from_number = t == last ? others : 0;
      turn.own_place = rank;
      break;
    }
    case OnchipAlgorithm::kOneShotAllReduce:
      turn.own = true;
      turn.keep = t == last;
      turn.to_number = t < last ? others : 0;
      turn.from_number = t == last ? others : 0;
      turn.own_place = rank;
      break;
  }
  const auto step = static_cast<std::uint64_t>(t);
  turn.sends = is_ring(p.algorithm) ? round * r.per_pipe + step + 1 : round + 1;
  turn.receives = is_ring(p.algorithm) ? round * r.per_pipe + step : round + 1;
  return turn;
}

}  // namespace onchip

/// Bytes of a workspace: zeroed once, then good for any number of calls of plans that differ in
/// count and channels only.
inline std::uint64_t onchip_workspace_bytes(const OnchipPlan& p) {
  // One counter of slots per rank and channel follows the pipes.
  return onchip::pipes_bytes(p) + static_cast<std::uint64_t>(p.ranks) * kMaxChannels * 8;
}

}  // namespace fabricast
