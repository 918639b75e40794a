#include "model/collective/setting.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace fabricast {

namespace {

/// GPUs that reach each other without a NIC: those of a box, or of a rack of trays.
int domain_gpus(const Pool& pool) { return std::max(pool.node.gpus, pool.scaleup.domain_gpus); }

BytesPerSecond nic_rate_per_gpu(const Node& node) {
  return node.nic ? node.nic->rate.value * (static_cast<double>(node.nics) / node.gpus)
                  : BytesPerSecond(0);
}

// A mixed cluster's collective moves at its slowest member: that pool stands for all.
const Pool& slowest_pool(const Cluster& cluster) {
  const auto speed = [](const Pool& p) {
    return std::tuple(nic_rate_per_gpu(p.node), p.node.gpu.scaleup.value, domain_gpus(p));
  };
  return *std::min_element(cluster.pools.begin(),
                           cluster.pools.end(),
                           [&](const Pool& a, const Pool& b) { return speed(a) < speed(b); });
}

bool is_mixed(const Cluster& cluster) {
  const auto kind = [](const Node& node) {
    return std::pair(node.gpu.name, node.nic ? node.nic->name : "");
  };
  return std::any_of(cluster.pools.begin(), cluster.pools.end(), [&](const Pool& pool) {
    return kind(pool.node) != kind(cluster.pools.front().node);
  });
}

std::string note_of_mixture(const Cluster& cluster, const Pool& slowest) {
  std::vector<std::string> others;
  for (const auto& pool : cluster.pools) {
    if (pool.name != slowest.name) {
      others.push_back(pool.name);
    }
  }
  return fmt::format(
      "{} is mixed: a collective over all of it moves at its slowest pool, {} ({}); {} could be "
      "faster "
      "alone",
      cluster.id,
      slowest.name,
      slowest.node.gpu.name,
      fmt::join(others, ", "));
}

/// Ranks in a scale-up domain.
int ranks_per_domain(const Pool& pool, int ranks, int ranks_per_node) {
  const int domain = domain_gpus(pool);
  if (ranks_per_node <= 0) {
    return std::min(ranks, domain);
  }
  const bool counts_a_tray = ranks_per_node <= pool.node.gpus;
  const int trays = domain / pool.node.gpus;
  return counts_a_tray ? std::clamp(ranks, ranks_per_node, ranks_per_node * trays) : ranks_per_node;
}

void refuse_what_does_not_fit(const Cluster& cluster, const Pool& pool, int ranks, int per_node) {
  const auto total = cluster.gpus_total.hi;
  if (ranks < 1 || ranks > total) {
    throw Error(
        fmt::format("{} ranks do not fit into {} with its {:.0f} GPUs", ranks, cluster.id, total),
        "--ranks",
        fmt::format("1 to {:.0f}, or a larger cluster (fabricast clusters list)", total));
  }
  if (per_node < 1 || per_node > domain_gpus(pool)) {
    throw Error(
        fmt::format(
            "{} ranks per node do not fit into nodes of {} GPUs", per_node, domain_gpus(pool)),
        "--ranks-per-node",
        fmt::format("1 to {}", domain_gpus(pool)));
  }
  if (ranks % per_node != 0) {
    throw Error(fmt::format("{} ranks do not divide into nodes of {}", ranks, per_node),
                "--ranks",
                fmt::format("{} or {} ranks, or another --ranks-per-node",
                            ranks / per_node * per_node,
                            (ranks / per_node + 1) * per_node));
  }
  if (ranks > per_node && !cluster.fabric) {
    throw Error(fmt::format("{} has no network between its nodes: {} ranks on {} nodes cannot meet",
                            cluster.id,
                            ranks,
                            ranks / per_node),
                "--ranks",
                fmt::format("at most {} ranks, or a cluster with a fabric", domain_gpus(pool)));
  }
}

std::vector<CrossedTier> crossed_tiers(const Fabric& fabric, const Pool& pool, int nodes) {
  std::vector<CrossedTier> tiers;
  for (std::size_t i = 0; i + 1 < fabric.tiers.size(); ++i) {
    const double group = fabric.tiers[i].group_gpus.value / domain_gpus(pool);
    if (group < nodes) {  // the communicator does not fit below: traffic leaves such groups
      tiers.push_back({fabric.tiers[i].name, fabric.tiers[i + 1].name, std::max(group, 1.0)});
    }
  }
  return tiers;
}

Quantity<double> in_GBps(const Quantity<BytesPerSecond>& q) {
  return {fabricast::in_GBps(q.value),
          fabricast::in_GBps(q.lo),
          fabricast::in_GBps(q.hi),
          q.provenance,
          q.source};
}

/// Of a GPU's links, those that lead to ranks of this communicator: without a switch each leads to
/// one other GPU.
double share_of_links(const Pool& pool, const Setting& setting) {
  const bool some = pool.scaleup.kind == "mesh" && setting.layout.per_node > 1;
  return some ? (setting.layout.per_node - 1.0) / (domain_gpus(pool) - 1) : 1;
}

Quantity<double> times(Quantity<double> q, double factor) {
  return {q.value * factor, q.lo * factor, q.hi * factor, q.provenance, q.source};
}

Quantity<double> in_us(const Quantity<Seconds>& q) {
  return {fabricast::in_us(q.value),
          fabricast::in_us(q.lo),
          fabricast::in_us(q.hi),
          q.provenance,
          q.source};
}

}  // namespace

Setting make_setting(const Cluster& cluster, int ranks, int ranks_per_node) {
  const Pool& pool = slowest_pool(cluster);
  const int per_node = ranks_per_domain(pool, ranks, ranks_per_node);
  refuse_what_does_not_fit(cluster, pool, ranks, per_node);
  Setting setting;
  setting.layout = {ranks, per_node};
  setting.nodes = ranks / per_node;
  setting.architecture = pool.node.gpu.architecture;
  setting.cpu = pool.node.cpu;
  setting.nvlink = pool.scaleup.kind != "pcie" && pool.scaleup.kind != "host-memory";
  setting.in_node_reduction = pool.scaleup.in_network_reduction;
  setting.fabric_class = "none";
  if (setting.nodes > 1) {
    setting.fabric_class = cluster.fabric->fabric_class;
    // Each rank uses the NICs on its own rail.
    setting.nics_per_node = std::max(1, pool.node.nics * per_node / pool.node.gpus);
    setting.protocols = cluster.fabric->nccl_protocols;
    setting.in_network_reduction = cluster.fabric->in_network_reduction;
    setting.tiers = crossed_tiers(*cluster.fabric, pool, setting.nodes);
  }
  if (is_mixed(cluster)) {
    setting.notes.push_back(note_of_mixture(cluster, pool));
  }
  return setting;
}

Inputs inputs_for(const Cluster& cluster, const Setting& setting, Inputs inputs) {
  const Pool& pool = slowest_pool(cluster);
  if (!setting.on_host()) {
    inputs.add("scale_up.rate_GBps",
               times(in_GBps(pool.node.gpu.scaleup), share_of_links(pool, setting)));
  }
  if (setting.nodes == 1) {
    return inputs;
  }
  inputs.add("nic.rate_GBps", in_GBps(pool.node.nic->rate));
  inputs.add("fabric.routing_efficiency", cluster.fabric->routing_efficiency);
  for (const auto& tier : cluster.fabric->tiers) {
    const std::string key = "fabric.tier[" + tier.name + "].";
    inputs.add(key + "oversub", tier.oversub);
    inputs.add(key + "switch_us", in_us(tier.switch_kind.latency));
    inputs.add(key + "cable_m", tier.cable_m);
    inputs.add(key + "delay_us_per_m", in_us(tier.delay_per_m));
  }
  return inputs;
}

}  // namespace fabricast
