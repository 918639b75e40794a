// From a setting to what NCCL's own cost model needs to know of it.
#pragma once

#include "model/collective/nccl_tuner.hpp"
#include "model/collective/setting.hpp"
#include "model/inputs.hpp"

namespace fabricast {

inline NcclTopology nccl_topology(const Setting& setting, const Inputs& inputs) {
  return {.architecture = setting.architecture,
          .cpu = setting.cpu,
          .nodes = setting.nodes,
          .gpus_per_node = setting.layout.per_node,
          .nic = gigabytes_per_second(setting.nodes > 1 ? inputs["nic.rate_GBps"] : 0.0),
          .nics_per_node = setting.nics_per_node,
          .nvswitch = setting.in_node_reduction,
          .sharp = setting.in_network_reduction,
          .protocols = setting.protocols,
          .nvlink = setting.nvlink};
}

}  // namespace fabricast
