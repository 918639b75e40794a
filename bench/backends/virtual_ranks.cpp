#include "bench/backends/virtual_ranks.hpp"

#include "bench/backends/nccl_api.hpp"
#include "bench/machine.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace fabricast {

namespace {

constexpr int kFirstThatSharesGpus = NCCL_VERSION(2, 30, 0);
constexpr int kFewBlocks = 2;  // per rank and collective

void set_unless_set(const char* variable, const std::string& value) {
  setenv(variable, value.c_str(), 0);
}

}  // namespace

void prepare_virtual_ranks(Control& control, GpuOptions& options, int ranks_of_process) {
  if (options.ranks_per_gpu <= 1) {
    return;
  }
  const int version = nccl_library().version;
  if (version >= kFirstThatSharesGpus) {
    set_unless_set("NCCL_MULTI_RANK_GPU_ENABLE", "1");
  } else if (ranks_of_process > 1) {
    throw Error(
        fmt::format("NCCL {} takes one rank of a process per GPU", nccl_version_text(version)),
        "--ranks-per-gpu",
        fmt::format("mpirun -np {}, one process for each rank; or NCCL 2.30 or newer",
                    ranks_of_process));
  } else {
    set_unless_set("NCCL_HOSTID", fmt::format("{}-{}", host_name(), control.local_process()));
  }
  set_unless_set("NCCL_NVLS_ENABLE", "0");
  set_unless_set("NCCL_NET_GDR_LEVEL", "LOC");
  if (options.max_ctas == 0) {
    options.max_ctas = std::max(kFewBlocks, options.min_ctas);
  }
}

}  // namespace fabricast
