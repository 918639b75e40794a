#include "model/collective/nccl_graphs.hpp"

#include "core/error.hpp"
#include "model/collective/nccl_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace fabricast {

namespace {

using Row = NcclSearchRow;

struct Node {
  double gpus;
  double nics;
  double nic_Gbps;
};

/// The row whose `field` is the least not below `value`, else the largest; others are dropped.
void keep_at_least(std::vector<Row>& rows, double Row::*field, double value) {
  double best = 0;
  for (const Row& row : rows) {
    const double x = row.*field;
    const bool nearer = x >= value ? best < value || x < best : x > best;
    best = nearer ? x : best;
  }
  std::erase_if(rows, [&](const Row& row) { return row.*field != best; });
}

void keep_nics(std::vector<Row>& rows, const Node& node) {
  const double gpus = rows.front().gpus;
  double best = 0;
  for (const Row& row : rows) {
    // One NIC per GPU is a kind of its own: there the search finds other trees.
    const bool fits = node.nics == node.gpus ? row.nics == gpus : row.nics <= node.nics;
    best = fits ? std::max(best, row.nics) : best;
  }
  best = best == 0 ? rows.front().nics : best;
  std::erase_if(rows, [&](const Row& row) { return row.nics != best; });
}

double network_GBps(const Row& row) {
  return row.nics * in_GBps(gigabits_per_second(row.nic_Gbps));
}

/// Channels go with the NICs, unless NVLink bounds them: then NICs may go until they bound.
double channel_share(const Row& row, const Node& node) {
  const double fewer = node.nics / row.nics;
  const double used = row.ring_channels * row.ring_GBps / network_GBps(row);
  const bool nvlink_bounds = used < 0.8;  // the search finds 0.9 to 1 of NICs that bound
  return nvlink_bounds ? std::min(1.0, fewer / used) : fewer;
}

/// A row's results, scaled to another node.
struct Scale {
  double channels;
  double rate;
  double network_GBps;  // of all channels
  double nvlink_GBps;

  void apply(double& n, double& intra, double& inter) const {
    if (n > 0) {
      n = std::max(1.0, std::round(n * channels));
      inter = std::min(inter * rate, network_GBps / n);
      intra = std::min(intra * rate, std::max(inter, nvlink_GBps / n));
    }
  }
};

Row scaled(Row row, const Node& node, BytesPerSecond nvlink) {
  const double slower = std::min(1.0, node.nic_Gbps / row.nic_Gbps);
  const Scale scale{channel_share(row, node),
                    slower,
                    network_GBps(row) * slower * node.nics / row.nics,
                    in_GBps(nvlink)};
  double tree_channels = row.ring_channels;
  double ring_inter = row.ring_GBps;
  scale.apply(tree_channels, row.tree_intra_GBps, row.tree_inter_GBps);
  scale.apply(row.ring_channels, row.ring_GBps, ring_inter);
  row.ring_GBps = std::min(row.ring_GBps, ring_inter);
  scale.apply(row.nvls_channels, row.nvls_intra_GBps, row.nvls_inter_GBps);
  scale.apply(row.direct_channels, row.direct_intra_GBps, row.direct_inter_GBps);
  return row;
}

/// The nearest row, scaled.
Row approximated(std::vector<Row> rows, Node node, BytesPerSecond nvlink) {
  if (node.nics > node.gpus) {
    node.nic_Gbps *= node.nics / node.gpus;
    node.nics = node.gpus;
  }
  keep_at_least(rows, &Row::gpus, node.gpus);
  keep_nics(rows, node);
  keep_at_least(rows, &Row::nic_Gbps, node.nic_Gbps);
  return scaled(rows.front(), node, nvlink);
}

NcclGraph graph(double channels, double intra_GBps, double inter_GBps) {
  return {static_cast<int>(channels),
          gigabytes_per_second(intra_GBps),
          gigabytes_per_second(inter_GBps)};
}

NcclGraphs graphs_of(const Row& row, bool nvswitch) {
  NcclGraphs g;
  g.ring = graph(row.ring_channels, row.ring_GBps, row.ring_GBps);
  g.tree = graph(row.ring_channels, row.tree_intra_GBps, row.tree_inter_GBps);
  if (nvswitch) {
    g.nvls = graph(row.nvls_channels, row.nvls_intra_GBps, row.nvls_inter_GBps);
    g.direct = graph(row.direct_channels, row.direct_intra_GBps, row.direct_inter_GBps);
  }
  g.plain_tree = row.plain_tree != 0;
  g.same_ring = row.same_ring != 0;
  g.ll128 = true;
  return g;
}

bool is_of(const Row& row, const Node& node) {
  return row.gpus == node.gpus && row.nics == node.nics &&
         std::abs(row.nic_Gbps - node.nic_Gbps) < 0.5;
}

NcclGraphs searched(NcclVersion version, const NcclTopology& t, NcclGeneration generation) {
  const bool several = t.nodes > 1;
  auto [rows, of_other_hosts] = nccl_search_rows({generation, t.cpu == "arm", several}, version);
  const Node node{static_cast<double>(t.gpus_per_node),
                  several ? static_cast<double>(t.nics_per_node) : 0,
                  several ? t.nic.si() * 8e-9 : 0};
  const auto exact =
      std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return is_of(row, node); });
  if (exact != rows.end()) {
    NcclGraphs graphs = graphs_of(*exact, t.nvswitch);
    graphs.approximated = of_other_hosts;
    return graphs;
  }
  if (!several) {
    keep_at_least(rows, &Row::gpus, node.gpus);
  }
  NcclGraphs graphs = graphs_of(
      several ? approximated(std::move(rows), node, nccl_nvlink_bound(generation)) : rows.front(),
      t.nvswitch);
  graphs.approximated = true;
  return graphs;
}

/// What the wiring of a box without NVLink gives is nearly always the link between its processors.
NcclGraphs through_sockets(const NcclTopology& t) {
  const BytesPerSecond intra = nccl_sockets_bound(t.cpu);
  const BytesPerSecond inter = t.nodes > 1 ? std::min(intra, t.nic * t.nics_per_node) : intra;
  NcclGraphs g;
  g.ring = {1, inter, inter};
  g.tree = {1, intra, inter};
  g.same_ring = true;
  g.approximated = true;
  return g;
}

void check_counts(const NcclTopology& t) {
  if (t.nodes < 1 || t.gpus_per_node < 1 || t.nodes > 100'000'000 / t.gpus_per_node) {
    throw Error(fmt::format("{} nodes of {} GPUs are not a communicator", t.nodes, t.gpus_per_node),
                "",
                "1 to 100 million ranks");
  }
  if (t.nodes > 1 && (t.nics_per_node < 1 || !(t.nic > BytesPerSecond(0)))) {
    throw Error(fmt::format("{} nodes without a NIC do not reach each other", t.nodes),
                "",
                "NICs per node and their rate");
  }
}

}  // namespace

NcclGraphs nccl_graphs(NcclVersion version, const NcclTopology& t, NcclGeneration generation) {
  check_counts(t);
  const bool nvlink = t.nvlink && t.architecture != "ada";
  NcclGraphs graphs =
      nvlink || t.gpus_per_node == 1 ? searched(version, t, generation) : through_sockets(t);
  graphs.over_nvlink = nvlink && t.gpus_per_node > 1;
  return graphs;
}

}  // namespace fabricast
