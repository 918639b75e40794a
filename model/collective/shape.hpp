// What an algorithm does on GPUs: steps and volumes on scale-up links and on the network.
#pragma once

#include "core/collective.hpp"

#include <string_view>
#include <vector>

namespace fabricast {

/// Ranks, nodes and ranks per node; ranks = nodes x per_node.
struct Dimensions {
  double ranks;
  double nodes;
  double per_node;
};

struct Shape {
  double steps_up = 0;     // messages that follow each other on scale-up links
  double steps_out = 0;    // the same between nodes
  double volume_up = 0;    // bytes per GPU and direction, in messages
  double volume_out = 0;   // bytes per node and direction, over all its NICs, in messages
  double volume_link = 0;  // the part of it that goes to one other node, the busiest; in messages
  double chunk = 1;        // part of the message that one step moves, before the cut into channels
  bool multicast = false;  // one round through the NVSwitch, which reduces and multicasts
  bool pipelined = false;  // chunks follow each other down a tree: it must fill first
  bool neighbours =
      false;  // network steps go to the next node only (a ring), not across the machine
};

struct GpuAlgorithm {
  std::string_view name;
  Collective collective;
  std::string_view up;   // whose constants hold inside a node: "ring", "tree", "nvls"
  std::string_view out;  // ... and between nodes: "ring", "tree", "nvls_tree"
  bool every_protocol;   // LL, LL128 and Simple; otherwise Simple alone
  bool (*applies)(Dimensions d);
  Shape (*shape)(Dimensions d);
};

/// Sources of the rows: docs/method.md, "Pricing".
const std::vector<GpuAlgorithm>& gpu_algorithms();

}  // namespace fabricast
