// The channels that NCCL finds in a node and their rates: results of its search, other nodes by a
// rule.
#pragma once

#include "core/units.hpp"
#include "model/collective/nccl_constants.hpp"
#include "model/collective/nccl_tuner.hpp"
#include "model/collective/nccl_version.hpp"

namespace fabricast {

/// Channels of one pattern; none: the pattern was not found.
struct NcclGraph {
  int channels = 0;
  BytesPerSecond intra;  // per channel, in a node
  BytesPerSecond inter;  // per channel, between nodes
};

struct NcclGraphs {
  NcclGraph ring;
  NcclGraph tree;            // SHARP's chain too
  NcclGraph nvls;            // its tree too
  NcclGraph direct;          // SHARP's heads
  bool plain_tree = false;   // no balanced tree was found
  bool same_ring = false;    // all channels visit the GPUs in one order
  bool over_nvlink = false;  // steps in a node: PCIe otherwise
  bool ll128 = false;        // the paths are fit for protocol ll128
  bool approximated = false;
};

/// Graphs of the nodes of this communicator. A node is approximated when graphs.toml does not hold
/// it: the nearest that it holds, with
/// - NICs beyond one per GPU joined into faster ones,
/// - channels in proportion to the NICs and rates to the NIC, both up to what the host's bus
/// carries,
/// - rates bounded by the NVLink of a GPU and by the sum of the NICs.
/// Without NVLink one channel through the link of the sockets. Throws Error for counts below 1, and
/// for several nodes without a NIC.
NcclGraphs nccl_graphs(NcclVersion version,
                       const NcclTopology& topology,
                       NcclGeneration generation);

}  // namespace fabricast
