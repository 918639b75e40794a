// The table of collectives: names, bus factors, how a message divides. Read by every other part.
#pragma once

#include "core/units.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace fabricast {

enum class Collective {
  kAllReduce,
  kAllGather,
  kReduceScatter,
  kAllToAll,
  kBroadcast,
  kReduce,
  kGather,
  kScatter,
  kSendRecv,
};

namespace bus {
constexpr double both_passes(int n) { return 2.0 * (n - 1) / n; }
constexpr double one_pass(int n) { return static_cast<double>(n - 1) / n; }
constexpr double whole(int /*n*/) { return 1.0; }
}  // namespace bus

struct CollectiveInfo {
  Collective id;
  std::string_view name;
  /// busbw = algbw x factor, as nccl-tests defines it (NVIDIA/nccl-tests: doc/PERFORMANCE.md).
  double (*bus_factor)(int ranks);
  /// The message is one block per rank (all-gather: the gathered total), so that
  /// message = count x ranks x element; otherwise message = count x element.
  bool blocks_per_rank;
  bool reduces;
  bool rooted;
  /// NCCL and MPI can let the result overwrite the input.
  bool in_place;
};

inline constexpr std::array kCollectives{
    CollectiveInfo{
                   Collective::kAllReduce,     "all_reduce",     bus::both_passes, false, true,  false, true },
    CollectiveInfo{Collective::kAllGather,     "all_gather",     bus::one_pass,    true,  false, false, true },
    CollectiveInfo{
                   Collective::kReduceScatter, "reduce_scatter", bus::one_pass,    true,  true,  false, true },
    CollectiveInfo{Collective::kAllToAll,      "all_to_all",     bus::one_pass,    true,  false, false, false},
    CollectiveInfo{Collective::kBroadcast,     "broadcast",      bus::whole,       false, false, true,  true },
    CollectiveInfo{Collective::kReduce,        "reduce",         bus::whole,       false, true,  true,  true },
    CollectiveInfo{Collective::kGather,        "gather",         bus::one_pass,    true,  false, true,  true },
    CollectiveInfo{Collective::kScatter,       "scatter",        bus::one_pass,    true,  false, true,  true },
    CollectiveInfo{Collective::kSendRecv,      "send_recv",      bus::whole,       false, false, false, false},
};

constexpr const CollectiveInfo& info(Collective c) {
  return kCollectives[static_cast<std::size_t>(c)];
}
constexpr std::string_view name(Collective c) { return info(c).name; }

constexpr std::optional<Collective> find_collective(std::string_view name) {
  for (const auto& row : kCollectives) {
    if (row.name == name) {
      return row.id;
    }
  }
  return std::nullopt;
}

/// Message per time: what one rank hands to the collective, over the slowest rank's time.
constexpr BytesPerSecond algbw(Bytes message, Seconds time) { return message / time; }
/// algbw scaled so that it compares with a link's speed whatever the number of ranks. 0 for one
/// rank.
constexpr BytesPerSecond busbw(Collective c, int ranks, Bytes message, Seconds time) {
  return algbw(message, time) * (ranks > 1 ? info(c).bus_factor(ranks) : 0.0);
}

}  // namespace fabricast
