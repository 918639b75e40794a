// The formulas of NCCL's cost model: which cells a communicator has, their latency and bandwidth.
// Source: src/graph/tuning.cc and the selection in src/enqueue.cc of NVIDIA/nccl, 2.18.1 to 2.30.7.
#pragma once

#include "core/collective.hpp"
#include "core/units.hpp"
#include "model/collective/nccl_constants.hpp"
#include "model/collective/nccl_graphs.hpp"
#include "model/collective/nccl_tuner.hpp"

#include <vector>

namespace fabricast {

/// Whether NCCL has a model of it.
bool nccl_estimates(Collective collective);

/// One communicator of two or more ranks. Refers to its arguments: they must outlive it.
class NcclCells {
 public:
  NcclCells(const NcclConstants& constants,
            const NcclGraphs& graphs,
            const NcclTopology& topology,
            NcclGeneration generation);

  [[nodiscard]] std::vector<NcclCell> all(Collective collective) const;
  /// What the correction of middle sizes makes of a cell.
  [[nodiscard]] Seconds estimate(const NcclCell& cell, Collective collective, Bytes message) const;

 private:
  [[nodiscard]] bool has(Collective c, NcclAlgorithm a, NcclProtocol p) const;
  [[nodiscard]] bool has_ll128() const;
  [[nodiscard]] bool has_nvls() const;
  [[nodiscard]] bool has_nvls(Collective c) const;
  [[nodiscard]] bool has_direct(Collective c) const;
  [[nodiscard]] bool has_chain() const;

  [[nodiscard]] BytesPerSecond bandwidth(Collective c, NcclAlgorithm a, NcclProtocol p) const;
  [[nodiscard]] BytesPerSecond ring_bandwidth(Collective c, NcclProtocol p) const;
  [[nodiscard]] BytesPerSecond tree_bandwidth(NcclProtocol p) const;
  [[nodiscard]] BytesPerSecond direct_bandwidth(Collective c) const;
  [[nodiscard]] BytesPerSecond nvls_bandwidth(Collective c) const;
  [[nodiscard]] BytesPerSecond nvls_tree_bandwidth() const;
  [[nodiscard]] BytesPerSecond nvls_by_efficiency(Collective c, bool tree) const;

  [[nodiscard]] Seconds latency(Collective c, NcclAlgorithm a, NcclProtocol p) const;
  [[nodiscard]] Seconds ring_latency(Collective c, NcclProtocol p) const;
  [[nodiscard]] Seconds pipeline_latency(NcclProtocol p) const;
  [[nodiscard]] Seconds hop(NcclLink link, NcclAlgorithm a, NcclProtocol p) const;
  [[nodiscard]] Seconds in_node(NcclAlgorithm a, NcclProtocol p) const;
  [[nodiscard]] Seconds between_nodes(NcclAlgorithm a, NcclProtocol p) const;

  [[nodiscard]] int channels() const;
  [[nodiscard]] int nvls_channels() const;
  [[nodiscard]] int channels_of(NcclAlgorithm a) const;

  [[nodiscard]] BytesPerSecond channel_rate(const NcclGraph& graph) const;
  [[nodiscard]] BytesPerSecond ll_cap() const;
  [[nodiscard]] double correction(const NcclCell& cell, Bytes message) const;

  const NcclConstants& constants_;
  const NcclGraphs& graphs_;
  const NcclTopology& topology_;
  NcclGeneration generation_;
  std::size_t column_;       // of the generation in the constants
  std::size_t node_column_;  // 1, 2, more nodes
  int nodes_;
  int per_node_;
  int ranks_;
};

}  // namespace fabricast
