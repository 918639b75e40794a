#include "model/suspects.hpp"

#include "model/collective/nccl_tuner.hpp"

#include <fmt/format.h>

namespace fabricast {

namespace {

// Without GPUDirect every byte crosses the host's memory and the PCIe switch twice. Assumed: a NIC
// then moves about half of its rate.
constexpr double kShareWithoutGpuDirect = 0.5;
// A PCIe slot of 16 lanes, for boxes whose file does not say: generation 4, what copies reach.
constexpr double kPcieGBps = 25;

Quantity<BytesPerSecond> scaled(Quantity<BytesPerSecond> q, double factor) {
  q.value *= factor;
  q.lo *= factor;
  q.hi *= factor;
  return q;
}

Cluster with_nics(Cluster cluster, int missing) {
  for (Pool& pool : cluster.pools) {
    pool.node.nics -= missing;
  }
  return cluster;
}

Cluster with_slow_nics(Cluster cluster, double factor) {
  for (Pool& pool : cluster.pools) {
    if (pool.node.nic) {
      pool.node.nic->rate = scaled(pool.node.nic->rate, factor);
      pool.node.nic->achieved = scaled(pool.node.nic->achieved, factor);
    }
  }
  return cluster;
}

Cluster over_sockets(Cluster cluster) {
  cluster.fabric->fabric_class = "tcp";
  return cluster;
}

Cluster over_pcie(Cluster cluster) {
  for (Pool& pool : cluster.pools) {
    const Fact* fact = find_fact(cluster, "pool." + pool.name + ".node.pcie_GBps");
    const double rate = fact != nullptr ? fact->quantity.value : kPcieGBps;
    auto& scaleup = pool.node.gpu.scaleup;
    scaleup = scaled(scaleup, gigabytes_per_second(rate) / scaleup.value);
    pool.scaleup.kind = "pcie";
    pool.scaleup.in_network_reduction = false;
  }
  return cluster;
}

std::string name_of(const std::string& algorithm, bool nvls_off, int nodes) {
  if (nvls_off) {
    return "NVLS off, " + algorithm + " ran";
  }
  return nodes == 2 && algorithm == "ring" ? "2-node effect, ring ran" : algorithm + " ran";
}

std::string text_of(const std::string& algorithm,
                    const std::string& expected,
                    bool nvls_off,
                    int nodes) {
  std::string text = fmt::format(
      "NCCL ran {} instead of {}: {}NCCL_ALGO, NCCL_PROTO or a tuner plugin "
      "(NCCL_DEBUG_SUBSYS=TUNING says what runs)",
      algorithm,
      expected,
      nvls_off ? "NCCL_NVLS_ENABLE=0, the fabric manager, a container without it; " : "");
  if (nodes == 2 && algorithm == "ring") {
    text +=
        "; on two nodes a tree sends each byte once over the network and a ring almost twice: more "
        "nodes show less of it";
  }
  return text;
}

}  // namespace

std::vector<Suspect> suspects(const Cluster& cluster,
                              const Question& question,
                              int nodes,
                              const std::string& expected) {
  std::vector<Suspect> list;
  const auto add = [&](std::string name, std::string text, Cluster changed) {
    list.push_back({std::move(name), std::move(text), std::move(changed), question});
  };
  const bool nvls = expected.starts_with("nvls");
  for (const auto& row : kNcclAlgorithms) {
    if (row.name == expected || row.name.starts_with("nvls")) {
      continue;
    }
    const std::string algorithm(row.name);
    const bool off = nvls && (algorithm == "ring" || algorithm == "tree");
    list.push_back({name_of(algorithm, off, nodes),
                    text_of(algorithm, expected, off, nodes),
                    cluster,
                    question});
    list.back().question.algorithm = algorithm;
  }
  const Pool& pool = cluster.pools.front();
  if (nodes == 1) {
    if (pool.scaleup.kind == "nvswitch" || pool.scaleup.kind == "mesh") {
      add("no NVLink between GPUs",
          "peer access is off or a link is down: nvidia-smi nvlink -s, nvidia-smi topo -m, "
          "NCCL_P2P_DISABLE, a container without the fabric manager",
          over_pcie(cluster));
    }
    return list;
  }
  // A transfer between two ranks uses one NIC: what is missing elsewhere does not show.
  const int nics = question.collective == Collective::kSendRecv ? 0 : pool.node.nics;
  for (int missing = 1; missing <= nics / 2; ++missing) {
    add(fmt::format("{} of {} NICs missing", missing, pool.node.nics),
        "NCCL does not use every NIC: NCCL_IB_HCA, ports that are down (ibstat), a rail without "
        "cable; NCCL_DEBUG=INFO lists those in use",
        with_nics(cluster, missing));
  }
  add("no GPUDirect RDMA",
      "bytes pass through the host's memory (assumed: half of the rate): nvidia-peermem or "
      "dma-buf, "
      "NCCL_NET_GDR_LEVEL, PCIe access control (ACS)",
      with_slow_nics(cluster, kShareWithoutGpuDirect));
  if (cluster.fabric && cluster.fabric->fabric_class != "tcp") {
    add("sockets instead of RDMA",
        "NCCL found no verbs or plugin and fell back to TCP: NCCL_DEBUG=INFO says NET/Socket",
        over_sockets(cluster));
  }
  return list;
}

}  // namespace fabricast
