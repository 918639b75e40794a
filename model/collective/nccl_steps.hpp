// What the formulas of nccl_cells share.
#pragma once

#include "core/collective.hpp"
#include "model/collective/nccl_tuner.hpp"

#include <cstddef>

namespace fabricast {

constexpr std::size_t index(NcclAlgorithm a) { return static_cast<std::size_t>(a); }
constexpr std::size_t index(NcclProtocol p) { return static_cast<std::size_t>(p); }

/// Every rank ends or begins with its share of the whole.
constexpr bool is_gather(Collective c) {
  return c == Collective::kAllGather || c == Collective::kReduceScatter;
}
/// One root, and data that flows along the ring.
constexpr bool is_pipeline(Collective c) {
  return c == Collective::kBroadcast || c == Collective::kReduce;
}

constexpr int ring_steps(Collective c, int ranks) {
  return is_pipeline(c) ? ranks : (c == Collective::kAllReduce ? 2 : 1) * (ranks - 1);
}

}  // namespace fabricast
