// Latency of NCCL's cells: a base, and the hops of the longest path.
#include "model/collective/nccl_cells.hpp"
#include "model/collective/nccl_steps.hpp"

#include <algorithm>
#include <bit>

namespace fabricast {

namespace {

using enum NcclAlgorithm;
using enum NcclProtocol;

/// Depth of a binary tree as NCCL counts it.
int log2_floor(int n) { return static_cast<int>(std::bit_width(static_cast<unsigned>(n))) - 1; }

}  // namespace

Seconds NcclCells::hop(NcclLink link, NcclAlgorithm a, NcclProtocol p) const {
  return constants_.hop[static_cast<std::size_t>(link)][index(a)][index(p)];
}

Seconds NcclCells::in_node(NcclAlgorithm a, NcclProtocol p) const {
  return hop(graphs_.over_nvlink ? NcclLink::kNvlink : NcclLink::kPci, a, p);
}

Seconds NcclCells::between_nodes(NcclAlgorithm a, NcclProtocol p) const {
  const bool exposed = per_node_ == 1 && constants_.steps.lone_gpus_pay_tree;
  return hop(NcclLink::kNet, exposed ? kTree : a, p);
}

Seconds NcclCells::latency(Collective c, NcclAlgorithm a, NcclProtocol p) const {
  const NcclSteps& steps = constants_.steps;
  const Seconds base = constants_.base[index(a)][index(p)];
  const Seconds intra = in_node(a, p);
  const Seconds inter = between_nodes(a, p);
  const int others = per_node_ - 1;
  switch (a) {
    case kTree:
      return base + 2 * (others * intra + log2_floor(nodes_) * inter);
    case kRing:
      return is_pipeline(c) ? pipeline_latency(p) : ring_latency(c, p);
    case kCollnetDirect:
      return base + 2 * (std::min(1, others) * intra + others * constants_.collnet.serial) + inter;
    case kCollnetChain:
      return base + 2 * others * intra + inter;
    case kNvls:
      return base + intra + (nodes_ > 1 ? inter : Seconds());
    case kNvlsTree: {
      const int depth = steps.nvls_tree_is_linear ? nodes_ - 1 : log2_floor(nodes_);
      return base + intra + 2 * depth * inter;
    }
    case kPat:
      return base + log2_floor(nodes_) * inter * steps.pat_network_share +
             ranks_ * steps.pat_per_rank;
  }
  return {};
}

Seconds NcclCells::ring_latency(Collective c, NcclProtocol p) const {
  const NcclSteps& rule = constants_.steps;
  const bool all_reduce = c == Collective::kAllReduce;
  int network = 0;
  Seconds post;
  if (nodes_ > 1) {
    network =
        (all_reduce ? 2 : 1) * (nodes_ - 1) + (all_reduce ? rule.all_reduce_extra_network : 0);
    // A host that posts messages more slowly than the GPUs step sets the pace in the node too.
    post = (topology_.cpu == "amd" ? rule.post_amd : rule.post) *
           (p == kSimple ? rule.posts_simple : 1);
  }
  return constants_.base[index(kRing)][index(p)] +
         (ring_steps(c, ranks_) - network) * std::max(in_node(kRing, p), post) +
         network * between_nodes(kRing, p);
}

Seconds NcclCells::pipeline_latency(NcclProtocol p) const {
  const NcclLink slowest = nodes_ > 1            ? NcclLink::kNet
                           : graphs_.over_nvlink ? NcclLink::kNvlink
                                                 : NcclLink::kPci;
  const Seconds base = constants_.base[index(kRing)][index(p)];
  if (graphs_.same_ring) {
    return base + hop(slowest, kRing, p);
  }
  return base + ranks_ * hop(slowest, p == kSimple ? kTree : kRing, p);
}

}  // namespace fabricast
