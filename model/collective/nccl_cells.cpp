#include "model/collective/nccl_cells.hpp"

#include "model/collective/nccl_steps.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace fabricast {

namespace {

using enum NcclAlgorithm;
using enum NcclProtocol;

}  // namespace

bool nccl_estimates(Collective c) {
  return c == Collective::kAllReduce || is_gather(c) || is_pipeline(c);
}

NcclCells::NcclCells(const NcclConstants& constants,
                     const NcclGraphs& graphs,
                     const NcclTopology& topology,
                     NcclGeneration generation)
    : constants_(constants),
      graphs_(graphs),
      topology_(topology),
      generation_(generation),
      column_(static_cast<std::size_t>(generation)),
      node_column_(static_cast<std::size_t>(std::min(topology.nodes, 3) - 1)),
      nodes_(topology.nodes),
      per_node_(topology.gpus_per_node),
      ranks_(topology.nodes * topology.gpus_per_node) {}

std::vector<NcclCell> NcclCells::all(Collective c) const {
  std::vector<NcclCell> cells;
  if (!nccl_estimates(c)) {
    return cells;
  }
  for (const auto& a : kNcclAlgorithms) {
    for (const auto& p : kNcclProtocols) {
      if (has(c, a.id, p.id)) {
        cells.push_back(
            {a.id, p.id, latency(c, a.id, p.id), bandwidth(c, a.id, p.id), channels_of(a.id)});
      }
    }
  }
  return cells;
}

bool NcclCells::has(Collective c, NcclAlgorithm a, NcclProtocol p) const {
  if (a != kTree && a != kRing && p != kSimple) {
    return false;
  }
  if (p == kLl128 && !has_ll128()) {
    return false;
  }
  const auto& allowed = topology_.protocols;
  if (std::find(allowed.begin(), allowed.end(), name(p)) == allowed.end()) {
    return false;
  }
  const bool all_reduce = c == Collective::kAllReduce;
  switch (a) {
    case kTree:
      return all_reduce;
    case kRing:
      return true;
    case kCollnetDirect:
      return has_direct(c);
    case kCollnetChain:
      return all_reduce && has_chain();
    case kNvls:
      return has_nvls(c);
    case kNvlsTree:
      return all_reduce && nodes_ > 1 && has_nvls();
    case kPat:
      return is_gather(c) && per_node_ == 1 && constants_.shares.pat > 0;
  }
  return false;
}

bool NcclCells::has_ll128() const {
  const bool behind_host = topology_.cpu == "arm" && nodes_ > 1;
  return graphs_.ll128 && (!behind_host || constants_.channels.ll128_behind_host);
}

bool NcclCells::has_nvls() const {
  const int least = constants_.nvls.form == NcclNvlsForm::kEfficiency ? 2 : 1;
  return graphs_.nvls.channels >= least && per_node_ >= constants_.nvls.least_gpus;
}

bool NcclCells::has_nvls(Collective c) const {
  const NcclNvls& nvls = constants_.nvls;
  const bool network = nodes_ == 1 || topology_.sharp;
  if (c == Collective::kAllReduce) {
    return network && has_nvls();
  }
  const bool across =
      nodes_ == 1 || (nvls.gather_across_nodes && topology_.nics_per_node >= per_node_);
  return is_gather(c) && network && across && nvls.gather > 0 &&
         per_node_ <= nvls.gather_most_gpus && has_nvls();
}

bool NcclCells::has_direct(Collective c) const {
  const NcclCollnet& collnet = constants_.collnet;
  const bool gathers = is_gather(c) && collnet.gather != NcclCollnetGather::kNone &&
                       topology_.nics_per_node >= per_node_;
  return topology_.sharp && nodes_ > 1 && graphs_.direct.channels > 0 &&
         per_node_ <= collnet.direct_most_gpus && (c == Collective::kAllReduce || gathers);
}

bool NcclCells::has_chain() const {
  return topology_.sharp && nodes_ > 1 && per_node_ <= constants_.collnet.chain_most_gpus;
}

int NcclCells::nvls_channels() const {
  const double channels = constants_.nvls.channels[column_][nodes_ > 1 ? 1 : 0];
  return has_nvls() ? static_cast<int>(channels) : 0;
}

// NCCL opens each channel of its search twice.
int NcclCells::channels() const {
  const NcclChannels& rule = constants_.channels;
  int n = std::min(rule.most, 2 * graphs_.ring.channels);
  if (has_chain() && graphs_.tree.intra > graphs_.tree.inter && per_node_ > 1) {
    n = std::min(rule.most, n + n / 2);
  }
  if (generation_ >= NcclGeneration::kHopper && nodes_ > 1 && n < rule.doubled_below &&
      graphs_.ring.intra > rule.doubled_above) {
    n *= 2;
  }
  return rule.raised_to_nvls ? std::max(n, nvls_channels()) : n;
}

int NcclCells::channels_of(NcclAlgorithm a) const {
  if (a == kNvls && nodes_ > 1) {
    return std::min(nvls_channels(), channels());
  }
  return a == kNvls || a == kNvlsTree ? nvls_channels() : channels();
}

double NcclCells::correction(const NcclCell& cell, Bytes message) const {
  const double units = message.si() / 64;
  const auto power =
      units < 1 ? 0U : std::bit_width(static_cast<std::uint64_t>(std::min(units, 1e18)));
  const auto factor = [&](const auto& list) {
    return power > 0 && power <= list.size() ? list[power - 1] : 1.0;
  };
  if (cell.algorithm == kTree) {
    return factor(constants_.correction.tree[index(cell.protocol)]);
  }
  const bool nvls_tree = cell.algorithm == kNvlsTree && generation_ == NcclGeneration::kBlackwell;
  return nvls_tree && topology_.cpu != "arm" ? factor(constants_.correction.nvls_tree) : 1.0;
}

Seconds NcclCells::estimate(const NcclCell& cell, Collective c, Bytes message) const {
  if (c != Collective::kAllReduce) {
    return cell.latency + message / cell.bandwidth;
  }
  const bool plateau = cell.algorithm == kRing && cell.protocol == kSimple && nodes_ > 1 &&
                       message.si() >= 64.0 * channels() * ranks_;
  return cell.latency * (plateau ? constants_.steps.ring_plateau[column_] : 1.0) +
         message / (cell.bandwidth * correction(cell, message));
}

}  // namespace fabricast
