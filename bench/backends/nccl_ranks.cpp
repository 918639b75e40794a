#include "bench/backends/nccl_ranks.hpp"

#include "bench/backends/together.hpp"
#include "bench/machine.hpp"
#include "bench/watchdog.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <thread>

namespace fabricast {

namespace {

// NCCL refuses a mixture too, but in words of its own, and only after a start that may take
// minutes.
void refuse_mixed_versions(Control& control) {
  const double mine = nccl_library().version;
  const double oldest = control.min(mine);
  const double newest = control.max(mine);
  if (oldest != newest) {
    throw Error(fmt::format("the processes found different versions of NCCL, {} to {}",
                            nccl_version_text(static_cast<int>(oldest)),
                            nccl_version_text(static_cast<int>(newest))),
                "host " + host_name(),
                "the same libnccl on every host, or its path in FABRICAST_NCCL_LIBRARY");
  }
}

void refuse_lacking_options(const GpuOptions& options) {
  struct Asked {
    std::string_view option;
    int value;
  };
  for (const auto& [option, value] : {
           Asked{"--min-ctas", options.min_ctas},
           Asked{"--max-ctas", options.max_ctas}
  }) {
    if (const std::string why = why_lacking(nccl_library(), option); value > 0 && !why.empty()) {
      throw Error(fmt::format("{}: {}", option, why), "", "leave the option out");
    }
  }
}

// The plain call unless there is something to configure: it is the one that every version has.
ncclResult_t start_rank(const GpuOptions& options,
                        ncclComm_t* communicator,
                        int ranks,
                        const ncclUniqueId& id,
                        int rank) {
  const NcclApi& api = nccl();
  if (options.min_ctas == 0 && options.max_ctas == 0) {
    return api.ncclCommInitRank(communicator, ranks, id, rank);
  }
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  if (options.min_ctas > 0) {
    config.minCTAs = options.min_ctas;
  }
  if (options.max_ctas > 0) {
    config.maxCTAs = options.max_ctas;
  }
  return api.ncclCommInitRankConfig(communicator, ranks, id, rank, &config);
}

}  // namespace

NcclRanks::NcclRanks(Control& control, const std::vector<int>& devices, const GpuOptions& options)
    : ranks_(control.processes() * static_cast<int>(devices.size())),
      local_(devices.size()),
      threads_(static_cast<int>(devices.size())) {
  const int first = control.process() * threads_.size();
  for (std::size_t i = 0; i < local_.size(); ++i) {
    local_[i].rank = first + static_cast<int>(i);
    local_[i].device = devices[i];
  }
  refuse_mixed_versions(control);
  refuse_lacking_options(options);
  ncclUniqueId id{};
  together(control, [&] {
    open_devices();
    if (control.is_root()) {
      const NcclApi& api = nccl();
      CHECK_NCCL(api.ncclGetUniqueId(&id));
    }
  });
  control.broadcast(&id, sizeof id);
  Watchdog watchdog(
      options.timeout,
      fmt::format("process {} of {} on {}", control.process(), control.processes(), host_name()));
  watchdog.describe("NCCL's start");
  watchdog.arm();
  join(id, options);
}

NcclRanks::~NcclRanks() {
  for (LocalRank& r : local_) {  // all of them before the first stream goes
    r.communicator = Communicator();
  }
}

void NcclRanks::open_devices() {
  on_every_rank([this](std::size_t index, const LocalRank& /*r*/) {
    LocalRank& r = local_[index];
    cudaDeviceProp properties{};
    CHECK_CUDA(cuda().cudaGetDeviceProperties(&properties, r.device));
    r.gpu = properties.name;
    r.total_bytes = properties.totalGlobalMem;
    r.stream = make_stream();
  });
}

// One group for the ranks of this process: when one of them fails, NCCL ends the others, which
// would wait for it for ever in calls of their own (NVIDIA/nccl: src/group.cc, asyncJobLaunch).
void NcclRanks::join(const ncclUniqueId& id, const GpuOptions& options) {
  const NcclApi& api = nccl();
  std::vector<ncclComm_t> communicators(local_.size(), nullptr);
  CHECK_NCCL(api.ncclGroupStart());
  for (std::size_t i = 0; i < local_.size(); ++i) {
    CHECK_CUDA(cuda().cudaSetDevice(local_[i].device));
    check_nccl(start_rank(options, &communicators[i], ranks_, id, local_[i].rank),
               "ncclCommInitRank",
               __FILE__,
               __LINE__);
  }
  check_nccl(api.ncclGroupEnd(), "ncclCommInitRank", __FILE__, __LINE__);
  for (std::size_t i = 0; i < local_.size(); ++i) {
    local_[i].communicator = Communicator(communicators[i]);
  }
}

void NcclRanks::on_every_rank(const Job& job) { run(job, {}); }

void NcclRanks::collective(const Job& job) {
  if (local_.front().communicator.get() == nullptr) {
    throw Error("NCCL's communicators were aborted after an earlier error",
                "",
                "see the first error",
                ExitCode::kCutShort);
  }
  try {
    // NCCL frees the communicators of a process when the last of them is aborted (src/init.cc,
    // commReclaim). The rank that failed is not among the stuck: its own keeps theirs valid until
    // they have returned.
    run(job, [this](const std::vector<int>& stuck) {
      for (const int index : stuck) {
        abort(local_[static_cast<std::size_t>(index)]);
      }
    });
  } catch (...) {
    for (LocalRank& r : local_) {
      abort(r);
    }
    throw;
  }
}

void NcclRanks::run(const Job& job, const RankThreads::Release& release) {
  threads_.run(
      [&](int index) {
        const LocalRank& r = local_[static_cast<std::size_t>(index)];
        try {
          CHECK_CUDA(cuda().cudaSetDevice(r.device));
          job(static_cast<std::size_t>(index), r);
        } catch (const Error& error) {
          throw Error(
              fmt::format(
                  "rank {} (GPU {} of {}): {}", r.rank, r.device, host_name(), error.what()),
              "",
              "",
              error.exit_code());
        }
      },
      release);
}

void NcclRanks::wait(cudaStream_t stream, ncclComm_t communicator) const {
  constexpr unsigned kPollsPerLook = 64;
  const NcclApi& api = nccl();
  const CudaApi& gpu = cuda();
  cudaError_t status = cudaErrorNotReady;
  for (unsigned polls = 1; (status = gpu.cudaStreamQuery(stream)) == cudaErrorNotReady; ++polls) {
    if (polls % kPollsPerLook == 0) {
      threads_.check_others();
      ncclResult_t background = ncclSuccess;
      CHECK_NCCL(api.ncclCommGetAsyncError(communicator, &background));
      check_nccl(background, "NCCL in the background", __FILE__, __LINE__);
      std::this_thread::yield();
    }
  }
  check_cuda(status, "the collective on the GPU", __FILE__, __LINE__);
  static_cast<void>(
      gpu.cudaGetLastError());  // a "not ready" must not show up as a later call's error
}

void NcclRanks::abort(LocalRank& r) {
  if (ncclComm_t communicator = r.communicator.release()) {
    static_cast<void>(nccl().ncclCommAbort(communicator));
  }
}

}  // namespace fabricast
