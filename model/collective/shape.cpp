#include "model/collective/shape.hpp"

#include "core/algorithm.hpp"

#include <cmath>

namespace fabricast {

namespace {

double floor_log2_of(double n) { return floor_log2(static_cast<int>(n)); }
double ceil_log2_of(double n) { return ceil_log2(static_cast<int>(n)); }

bool always(Dimensions /*d*/) { return true; }
bool on_one_node(Dimensions d) { return d.nodes == 1 && d.per_node > 1; }
bool across_nodes(Dimensions d) { return d.nodes > 1; }
bool across_full_nodes(Dimensions d) { return d.nodes > 1 && d.per_node > 1; }
bool one_rank_per_node(Dimensions d) { return d.nodes > 1 && d.per_node == 1; }

// To one node a tree sends the message once: up to its parent, down to each child.
double tree_link(Dimensions d) { return d.nodes > 1 ? 1 : 0; }

// Up and down a tree between nodes each node moves the message twice; two nodes only swap it.
double tree_volume(Dimensions d) { return d.nodes > 2 ? 2 : d.nodes == 2 ? 1 : 0; }

Shape ring(Dimensions d, double passes) {
  const double steps = passes * (d.ranks - 1);
  const double out = passes * (d.nodes - 1);
  return {.steps_up = steps - out,
          .steps_out = out,
          .volume_up = steps / d.ranks,
          .volume_out = d.nodes > 1 ? steps / d.ranks : 0,
          .volume_link = d.nodes > 1 ? steps / d.ranks : 0,
          .chunk = 1 / d.ranks,
          .neighbours = true};
}
Shape ring_two_passes(Dimensions d) { return ring(d, 2); }
Shape ring_one_pass(Dimensions d) { return ring(d, 1); }

Shape ring_pipeline(Dimensions d) {
  return {.steps_up = d.ranks - d.nodes,
          .steps_out = d.nodes - 1,
          .volume_up = d.ranks > 1 ? 1.0 : 0.0,
          .volume_out = d.nodes > 1 ? 1.0 : 0.0,
          .volume_link = d.nodes > 1 ? 1.0 : 0.0,
          .pipelined = true,
          .neighbours = true};
}

Shape tree(Dimensions d) {
  return {.steps_up = 2 * (d.per_node - 1),
          .steps_out = 2 * floor_log2_of(d.nodes),
          .volume_up = d.per_node > 1 ? 2.0 : 0.0,
          .volume_out = tree_volume(d),
          .volume_link = tree_link(d),
          .pipelined = true};
}

Shape nvls_all_reduce(Dimensions d) { return {.volume_up = 1 + 1 / d.per_node, .multicast = true}; }

Shape nvls_one_pass(Dimensions /*d*/) { return {.volume_up = 1, .multicast = true}; }

Shape nvls_tree(Dimensions d) {
  return {.steps_out = 2 * floor_log2_of(d.nodes),
          .volume_up = 1 + 1 / d.per_node,
          .volume_out = tree_volume(d),
          .volume_link = tree_link(d),
          .multicast = true,
          .pipelined = true};
}

// The switches of the network add up: one pass up, one down, whatever the number of nodes.
Shape nvls_sharp(Dimensions d) {
  return {.steps_out = 2,
          .volume_up = 1 + 1 / d.per_node,
          .volume_out = 1,
          .volume_link = 1,
          .multicast = true};
}
Shape collnet_direct(Dimensions d) {
  return {.steps_up = 2,
          .steps_out = 2,
          .volume_up = 2 * (d.per_node - 1) / d.per_node,
          .volume_out = 1,
          .volume_link = 1};
}
Shape collnet_chain(Dimensions d) {
  return {.steps_up = 2 * (d.per_node - 1),
          .steps_out = 2,
          .volume_up = 2 * (d.per_node - 1) / d.per_node,
          .volume_out = 1,
          .volume_link = 1};
}

// Half of the data go to one partner, a quarter to the next.
Shape pat(Dimensions d) {
  return {.steps_out = ceil_log2_of(d.ranks),
          .volume_out = (d.ranks - 1) / d.ranks,
          .volume_link = 0.5};
}

// Reduce-scatter in the node, a tree on each rail between nodes, all-gather in the node.
Shape hierarchical_two_passes(Dimensions d) {
  return {.steps_up = 2 * (d.per_node - 1),
          .steps_out = 2 * floor_log2_of(d.nodes),
          .volume_up = 2 * (d.per_node - 1) / d.per_node,
          .volume_out = tree_volume(d),
          .volume_link = tree_link(d),
          .chunk = 1 / d.per_node,
          .pipelined = true};
}

// A logarithmic exchange on each rail and a ring in the node.
Shape hierarchical_one_pass(Dimensions d) {
  return {.steps_up = d.per_node - 1,
          .steps_out = ceil_log2_of(d.nodes),
          .volume_up = (d.per_node - 1) / d.per_node,
          .volume_out = (d.nodes - 1) / d.nodes,
          .volume_link = 0.5,
          .chunk = 1 / d.per_node};
}

}  // namespace

const std::vector<GpuAlgorithm>& gpu_algorithms() {
  using enum Collective;
  static const std::vector<GpuAlgorithm> rows{
      {"ring",           kAllReduce,     "ring", "ring",      true,  always,            ring_two_passes        },
      {"ring",           kAllGather,     "ring", "ring",      true,  always,            ring_one_pass          },
      {"ring",           kReduceScatter, "ring", "ring",      true,  always,            ring_one_pass          },
      {"ring",           kBroadcast,     "ring", "ring",      true,  always,            ring_pipeline          },
      {"ring",           kReduce,        "ring", "ring",      true,  always,            ring_pipeline          },
      {"tree",           kAllReduce,     "tree", "tree",      true,  always,            tree                   },
      {"nvls",           kAllReduce,     "nvls", "nvls_tree", false, on_one_node,       nvls_all_reduce        },
      {"nvls",           kAllReduce,     "nvls", "nvls_tree", false, across_full_nodes, nvls_sharp             },
      {"nvls",           kAllGather,     "nvls", "nvls_tree", false, on_one_node,       nvls_one_pass          },
      {"nvls",           kReduceScatter, "nvls", "nvls_tree", false, on_one_node,       nvls_one_pass          },
      {"nvls_tree",      kAllReduce,     "nvls", "nvls_tree", false, across_full_nodes, nvls_tree              },
      {"collnet_direct", kAllReduce,     "ring", "nvls_tree", false, across_full_nodes, collnet_direct         },
      {"collnet_chain",  kAllReduce,     "ring", "nvls_tree", false, across_nodes,      collnet_chain          },
      {"pat",            kAllGather,     "tree", "tree",      false, one_rank_per_node, pat                    },
      {"pat",            kReduceScatter, "tree", "tree",      false, one_rank_per_node, pat                    },
      {"hierarchical",
       kAllReduce,                       "ring",
       "tree",                                                true,
       across_full_nodes,                                                               hierarchical_two_passes},
      {"hierarchical",   kAllGather,     "ring", "tree",      true,  across_full_nodes, hierarchical_one_pass  },
      {"hierarchical",
       kReduceScatter,                   "ring",
       "tree",                                                true,
       across_full_nodes,                                                               hierarchical_one_pass  },
  };
  return rows;
}

}  // namespace fabricast
