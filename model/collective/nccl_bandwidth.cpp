// Algorithm bandwidth of NCCL's cells. A ring of R ranks carries each byte steps/R times, a tree
// once up and once down.
#include "model/collective/nccl_cells.hpp"
#include "model/collective/nccl_steps.hpp"

#include <algorithm>

namespace fabricast {

namespace {

using enum NcclAlgorithm;
using enum NcclProtocol;

}  // namespace

BytesPerSecond NcclCells::bandwidth(Collective c, NcclAlgorithm a, NcclProtocol p) const {
  switch (a) {
    case kTree:
      return tree_bandwidth(p);
    case kRing:
      return ring_bandwidth(c, p);
    case kCollnetDirect:
      return direct_bandwidth(c);
    case kCollnetChain:
      return 0.5 * graphs_.tree.channels * graphs_.tree.intra;
    case kNvls:
      return nvls_bandwidth(c);
    case kNvlsTree:
      return nvls_tree_bandwidth();
    case kPat:
      return constants_.shares.pat * graphs_.tree.channels * channel_rate(graphs_.tree);
  }
  return {};
}

BytesPerSecond NcclCells::channel_rate(const NcclGraph& graph) const {
  return nodes_ <= 2 ? graph.intra : graph.inter;
}

BytesPerSecond NcclCells::ll_cap() const {
  if (nodes_ == 1) {
    return constants_.caps.ll_one_node[column_];
  }
  const auto& caps = topology_.cpu == "amd" ? constants_.caps.ll_amd : constants_.caps.ll_intel;
  return caps[node_column_ - 1];
}

BytesPerSecond NcclCells::ring_bandwidth(Collective c, NcclProtocol p) const {
  const NcclShares& share = constants_.shares;
  const int channels = graphs_.ring.channels;
  BytesPerSecond bus = channels * channel_rate(graphs_.ring);
  if (p == kLl) {
    const bool sums = c == Collective::kAllReduce || c == Collective::kReduce;
    const bool full = nodes_ > 1 || sums;
    bus = std::min(ll_cap(), bus * (full ? share.ring_ll : share.ring_ll_one_node_no_sum));
  } else if (p == kLl128) {
    bus = std::min(bus * (per_node_ == 1 ? share.ring_ll128_lone_gpus : share.ring_ll128),
                   channels * constants_.caps.ring_ll128[column_][node_column_]);
  }
  return bus * (static_cast<double>(ranks_) / ring_steps(c, ranks_));
}

BytesPerSecond NcclCells::tree_bandwidth(NcclProtocol p) const {
  const NcclShares& share = constants_.shares;
  const NcclCaps& caps = constants_.caps;
  const int channels = graphs_.tree.channels;
  BytesPerSecond bus = std::min(channels * channel_rate(graphs_.tree) * share.tree,
                                channels * caps.tree[column_][node_column_]);
  if (p == kLl) {
    bus = std::min(bus * share.tree_ll, ll_cap());
  } else if (p == kLl128) {
    bus = std::min(bus * (nodes_ == 1 ? share.tree_ll128_one_node : share.tree_ll128),
                   channels * caps.tree_ll128[column_][node_column_]);
  }
  return 0.5 * bus * (graphs_.plain_tree ? share.plain_tree : 1.0);
}

BytesPerSecond NcclCells::direct_bandwidth(Collective c) const {
  const NcclGraph& direct = graphs_.direct;
  const NcclCollnet& collnet = constants_.collnet;
  if (c == Collective::kAllReduce) {
    // GPUs beyond the heads cost half of what they add.
    const double crowding = 0.5 * (static_cast<double>(per_node_) / direct.channels + 1);
    return 0.5 * direct.channels * direct.intra / crowding *
           constants_.shares.collnet_direct[column_];
  }
  if (collnet.gather == NcclCollnetGather::kInterpolated) {
    const double w = (per_node_ - 1) / 7.0;
    return per_node_ * direct.intra *
           (w * collnet.gather_eight_gpus + (1 - w) * collnet.gather_lone_gpus);
  }
  return per_node_ * std::min(direct.intra, direct.inter * collnet.gather_network);
}

BytesPerSecond NcclCells::nvls_bandwidth(Collective c) const {
  const NcclNvls& nvls = constants_.nvls;
  const NcclGraph& g = graphs_.nvls;
  if (nvls.form == NcclNvlsForm::kEfficiency) {
    return nvls_by_efficiency(c, false);
  }
  if (nvls.form == NcclNvlsForm::kTierRate) {
    return g.channels * channel_rate(g) * nvls.all_reduce;
  }
  if (c == Collective::kAllReduce) {
    return g.channels * std::min(g.intra, g.inter) * nvls.all_reduce;
  }
  const double others = nvls.gather_skips_own ? (per_node_ - 1.0) / per_node_ : 1.0;
  return g.channels * std::min(g.intra * others, g.inter * nvls.gather_network) * nvls.gather;
}

BytesPerSecond NcclCells::nvls_tree_bandwidth() const {
  const NcclNvls& nvls = constants_.nvls;
  const NcclGraph& g = graphs_.nvls;
  if (nvls.form == NcclNvlsForm::kEfficiency) {
    return nvls_by_efficiency(Collective::kAllReduce, true);
  }
  if (nvls.form == NcclNvlsForm::kTierRate) {
    return g.channels * channel_rate(g) * nvls.all_reduce_tree * (nodes_ / (2.0 * (nodes_ - 1)));
  }
  return g.channels * std::min(g.intra, nodes_ <= 2 ? g.inter : g.inter / 2) * nvls.all_reduce_tree;
}

BytesPerSecond NcclCells::nvls_by_efficiency(Collective c, bool tree) const {
  const NcclGraph& g = graphs_.nvls;
  const bool all_reduce = c == Collective::kAllReduce;
  // One channel is lost; an all-reduce sends and receives at once, a gather leaves out its own
  // part.
  const double use = constants_.nvls.efficiency[column_] * (g.channels - 1) / g.channels *
                     (all_reduce ? 2.0 : (per_node_ - 1.0) / per_node_);
  BytesPerSecond rate = std::min(g.intra * use, g.inter * (tree && nodes_ <= 2 ? 2 : 1));
  if (tree) {
    rate = std::min(rate, constants_.caps.nvls_tree[column_][node_column_]);
  }
  const double per_step = all_reduce ? ranks_ / (2.0 * (ranks_ - 1)) : 1.0;
  return g.channels * rate * per_step;
}

}  // namespace fabricast
