// Where a collective runs: a cluster, seen from a communicator of so many ranks.
#pragma once

#include "core/algorithm.hpp"
#include "model/cluster.hpp"
#include "model/inputs.hpp"

#include <string>
#include <vector>

namespace fabricast {

/// A level of switches that the communicator's traffic may cross, as the cost model sees it.
struct CrossedTier {
  std::string name;
  std::string above;   // the tier through which traffic leaves a group of this one
  double group_nodes;  // nodes below one group of this tier
};

/// A node of the setting is a scale-up domain: a box, or the whole rack where NVLink joins the
/// trays of one. `layout.per_node` and `nics_per_node` count what a domain holds.
struct Setting {
  Layout layout;
  int nodes = 1;
  std::string architecture;  // "hopper"...; "cpu": host ranks, priced as textbook algorithms
  std::string fabric_class;  // "none" for one node
  std::string cpu;           // "intel", "amd"
  int nics_per_node = 0;
  bool nvlink = true;                 // false: the GPUs of a node meet over PCIe or host memory
  bool in_node_reduction = false;     // NVSwitch multicast and reduction (NVLS)
  bool in_network_reduction = false;  // SHARP
  bool registered = false;            // buffers lie in windows that all ranks registered with NCCL
  std::vector<std::string> protocols{"ll", "ll128", "simple"};  // that NCCL may use
  std::vector<CrossedTier> tiers;  // those between the nodes of this communicator, bottom to top
  std::vector<std::string> notes;  // which pool stands for a mixed cluster

  [[nodiscard]] bool on_host() const { return architecture == "cpu"; }
  /// GPUs of AMD: RCCL runs there, which has NCCL's rings and trees and chooses by itself.
  [[nodiscard]] bool on_rccl() const { return architecture.starts_with("cdna"); }
};

/// Ranks are placed in order: whole nodes, neighbours close. `ranks_per_node` counts the ranks of a
/// box or a tray; where NVLink joins several trays, a number above the GPUs of one tray counts the
/// ranks of the rack. 0: all GPUs of a scale-up domain, or all ranks if they are fewer. A mixed
/// cluster is as fast as its slowest pool: fewest bytes per second and GPU of the NICs, then of the
/// scale-up links, then the smallest domain. Throws Error when the ranks do not fit into the
/// cluster or do not divide.
Setting make_setting(const Cluster& cluster, int ranks, int ranks_per_node);

/// The constants of the model and this cluster's own numbers under "scale_up.rate_GBps" (in a mesh
/// of links without a switch, those to the other ranks of the node), "nic.rate_GBps",
/// "fabric.routing_efficiency", "fabric.tier[NAME].oversub" and so on.
Inputs inputs_for(const Cluster& cluster, const Setting& setting, Inputs inputs);

}  // namespace fabricast
