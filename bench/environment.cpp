#include "bench/environment.hpp"

#include <array>
#include <cstdlib>

namespace fabricast {

namespace {

// NVIDIA/nccl: docs/userguide/source/env.rst. What changes which code runs, on what, over which
// links; no addresses, keys or paths.
constexpr std::array kNcclSettings{
    "NCCL_ALGO",
    "NCCL_PROTO",
    "NCCL_MIN_CTAS",
    "NCCL_MAX_CTAS",
    "NCCL_MIN_NCHANNELS",
    "NCCL_MAX_NCHANNELS",
    "NCCL_MIN_P2P_NCHANNELS",
    "NCCL_MAX_P2P_NCHANNELS",
    "NCCL_NCHANNELS_PER_NET_PEER",
    "NCCL_NTHREADS",
    "NCCL_BUFFSIZE",
    "NCCL_P2P_NET_CHUNKSIZE",
    "NCCL_CTA_POLICY",
    "NCCL_CGA_CLUSTER_SIZE",
    "NCCL_LAUNCH_ORDER_IMPLICIT",
    "NCCL_NVLS_ENABLE",
    "NCCL_NVLS_CHUNKSIZE",
    "NCCL_COLLNET_ENABLE",
    "NCCL_PAT_ENABLE",
    "NCCL_CUMEM_ENABLE",
    "NCCL_CUMEM_HOST_ENABLE",
    "NCCL_WIN_ENABLE",
    "NCCL_SYM_KERNEL",
    "NCCL_SYM_TMA_ENABLE",
    "NCCL_GRAPH_REGISTER",
    "NCCL_LOCAL_REGISTER",
    "NCCL_MNNVL_ENABLE",
    "NCCL_MULTI_RANK_GPU_ENABLE",
    "NCCL_P2P_DISABLE",
    "NCCL_P2P_LEVEL",
    "NCCL_P2P_DIRECT_DISABLE",
    "NCCL_SHM_DISABLE",
    "NCCL_PXN_DISABLE",
    "NCCL_CROSS_NIC",
    "NCCL_NET",
    "NCCL_NET_GDR_LEVEL",
    "NCCL_NET_GDR_READ",
    "NCCL_IB_DISABLE",
    "NCCL_IB_HCA",
    "NCCL_IB_TC",
    "NCCL_IB_SL",
    "NCCL_IB_QPS_PER_CONNECTION",
    "NCCL_IB_SPLIT_DATA_ON_QPS",
    "NCCL_IB_ADAPTIVE_ROUTING",
    "NCCL_SOCKET_NTHREADS",
    "NCCL_NSOCKS_PERTHREAD",
    "NCCL_IGNORE_CPU_AFFINITY",
    "NCCL_DEBUG",
    "CUDA_DEVICE_MAX_CONNECTIONS",
};

}  // namespace

std::map<std::string, std::string> recorded_environment(std::string_view backend) {
  std::map<std::string, std::string> found;
  if (backend != "nccl") {
    return found;
  }
  for (const char* setting : kNcclSettings) {
    if (const char* value = std::getenv(setting); value != nullptr) {
      found.emplace(setting, value);
    }
  }
  return found;
}

}  // namespace fabricast
