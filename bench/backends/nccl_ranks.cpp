#include "bench/backends/nccl_ranks.hpp"

#include "bench/backends/together.hpp"
#include "bench/machine.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <thread>

namespace fabricast {

NcclRanks::NcclRanks(Control& control, const std::vector<int>& devices)
    : ranks_(control.processes() * static_cast<int>(devices.size())),
      local_(devices.size()),
      threads_(static_cast<int>(devices.size())) {
  const int first = control.process() * threads_.size();
  for (std::size_t i = 0; i < local_.size(); ++i) {
    local_[i].rank = first + static_cast<int>(i);
    local_[i].device = devices[i];
  }
  ncclUniqueId id{};
  together(control, [&] {
    open_devices();
    if (control.is_root()) {
      const NcclApi& api = nccl();
      CHECK_NCCL(api.ncclGetUniqueId(&id));
    }
  });
  control.broadcast(&id, sizeof id);
  join(id);
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
    CHECK_CUDA(cudaGetDeviceProperties(&properties, r.device));
    r.gpu = properties.name;
    r.total_bytes = properties.totalGlobalMem;
    r.stream = make_stream();
  });
}

// One group for the ranks of this process: when one of them fails, NCCL ends the others, which
// would wait for it for ever in calls of their own (NVIDIA/nccl: src/group.cc, asyncJobLaunch).
void NcclRanks::join(const ncclUniqueId& id) {
  const NcclApi& api = nccl();
  std::vector<ncclComm_t> communicators(local_.size(), nullptr);
  CHECK_NCCL(api.ncclGroupStart());
  for (std::size_t i = 0; i < local_.size(); ++i) {
    CHECK_CUDA(cudaSetDevice(local_[i].device));
    CHECK_NCCL(api.ncclCommInitRank(&communicators[i], ranks_, id, local_[i].rank));
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
          CHECK_CUDA(cudaSetDevice(r.device));
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
  cudaError_t status = cudaErrorNotReady;
  for (unsigned polls = 1; (status = cudaStreamQuery(stream)) == cudaErrorNotReady; ++polls) {
    if (polls % kPollsPerLook == 0) {
      threads_.check_others();
      ncclResult_t background = ncclSuccess;
      CHECK_NCCL(api.ncclCommGetAsyncError(communicator, &background));
      check_nccl(background, "NCCL in the background", __FILE__, __LINE__);
      std::this_thread::yield();
    }
  }
  check_cuda(status, "the collective on the GPU", __FILE__, __LINE__);
  static_cast<void>(cudaGetLastError());  // a "not ready" must not show up as a later call's error
}

void NcclRanks::abort(LocalRank& r) {
  if (ncclComm_t communicator = r.communicator.release()) {
    static_cast<void>(nccl().ncclCommAbort(communicator));
  }
}

}  // namespace fabricast
