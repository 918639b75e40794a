#include "bench/backends/nccl_ranks.hpp"

#include "bench/backends/nccl_first_call.hpp"
#include "bench/backends/nccl_memory.hpp"
#include "bench/backends/together.hpp"
#include "bench/machine.hpp"
#include "bench/watchdog.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
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

void refuse_lacking(bool asked, std::string_view option, const std::string& why) {
  if (asked && !why.empty()) {
    throw Error(fmt::format("{}: {}", option, why), "", "leave the option out");
  }
}

std::string why_too_old(int since) {
  const int version = nccl_library().version;
  return version >= since ? ""
                          : fmt::format("NCCL {} has no such thing: install {} or newer",
                                        nccl_version_text(version),
                                        nccl_version_text(since));
}

void refuse_lacking_options(const GpuOptions& options) {
  const NcclLibrary& library = nccl_library();
  refuse_lacking(options.min_ctas > 0, "--min-ctas", why_lacking(library, "--min-ctas"));
  refuse_lacking(options.max_ctas > 0, "--max-ctas", why_lacking(library, "--max-ctas"));
  refuse_lacking(
      options.non_blocking, "--non-blocking", why_lacking(library, "non-blocking communicators"));
  refuse_lacking(!options.split.empty(), "--split", why_lacking(library, "split communicators"));
  refuse_lacking(options.cta_policy != CtaPolicy::kDefault,
                 "--cta-policy",
                 why_too_old(info(options.cta_policy).since));
  refuse_lacking(true,
                 fmt::format("--buffers {}", name(options.buffers)),
                 why_lacking(library, options.buffers));
}

void set_cta_policy(ncclConfig_t& config, CtaPolicy policy) {
  if (policy == CtaPolicy::kDefault) {
    return;
  }
#if NCCL_VERSION_CODE >= NCCL_VERSION(2, 27, 0)
  config.CTAPolicy = policy == CtaPolicy::kEfficiency ? 1 : 2;  // NCCL_CTA_POLICY_*
#else
  static_cast<void>(config);
  throw Error("this program was built with an nccl.h that has no CTA policies",
              "--cta-policy",
              "build it with NCCL 2.27 or newer");
#endif
}

// The plain call unless there is something to configure: it is the one that every version has.
ncclResult_t start_rank(const GpuOptions& options,
                        ncclComm_t* communicator,
                        int ranks,
                        const ncclUniqueId& id,
                        int rank) {
  const NcclApi& api = nccl();
  if (!options.configures()) {
    return api.ncclCommInitRank(communicator, ranks, id, rank);
  }
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  set_cta_policy(config, options.cta_policy);
  if (options.non_blocking) {
    config.blocking = 0;
  }
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
    : all_ranks_(control.processes() * static_cast<int>(devices.size())),
      ranks_(all_ranks_),
      local_(devices.size()),
      threads_(static_cast<int>(devices.size())) {
  const int first = control.process() * threads_.size();
  for (std::size_t i = 0; i < local_.size(); ++i) {
    local_[i].rank = first + static_cast<int>(i);
    local_[i].position = local_[i].rank;
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
  timed("init", [&] { join(id, options); });
  if (!options.split.empty()) {
    timed("split", [&] { split(parse_split(options.split)); });
  }
}

NcclRanks::~NcclRanks() {
  for (LocalRank& r : local_) {  // all of them before the first stream goes
    r.communicator = Communicator();
    r.parent = Communicator();
  }
}

void NcclRanks::open_devices() {
  on_every_rank([this](std::size_t index, const LocalRank& /*r*/) {
    LocalRank& r = local_[index];
    cudaDeviceProp properties{};
    CHECK_CUDA(cuda().cudaGetDeviceProperties(&properties, r.device));
    r.gpu = properties.name;
    r.total_bytes = properties.totalGlobalMem;
    r.architecture = 10 * properties.major + properties.minor;
    std::copy_n(properties.uuid.bytes, r.uuid.size(), r.uuid.begin());
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
    const ncclResult_t started =
        start_rank(options, &communicators[i], all_ranks_, id, local_[i].rank);
    if (is_failure(started)) {
      NcclFirstCall::check(started, "ncclCommInitRank");
    }
  }
  const ncclResult_t ended = api.ncclGroupEnd();
  if (is_failure(ended)) {
    NcclFirstCall::check(ended, "ncclCommInitRank");
  }
  for (std::size_t i = 0; i < local_.size(); ++i) {
    settle_nccl(communicators[i], ended, "ncclCommInitRank", __FILE__, __LINE__);
    local_[i].communicator = Communicator(communicators[i]);
  }
}

// From a thread each: every rank waits in this call for those that it shares a new one with.
void NcclRanks::split(const SplitRule& rule) {
  if (all_ranks_ % rule.number != 0) {
    throw Error(fmt::format("{} ranks do not split into equal communicators", all_ranks_),
                "--split",
                "a number that divides the number of ranks");
  }
  rule_ = rule;
  ranks_ = rule.kind == SplitRule::Kind::kConsecutive ? rule.number : all_ranks_ / rule.number;
  on_every_rank([&](std::size_t index, const LocalRank& /*r*/) {
    LocalRank& r = local_[index];
    const NcclApi& api = nccl();
    ncclComm_t part = nullptr;
    r.parent = std::move(r.communicator);
    SETTLE_NCCL(r.parent.get(),
                api.ncclCommSplit(r.parent.get(), rule.color(r.rank), r.rank, &part, nullptr));
    r.communicator = Communicator(part);
    r.position =
        rule.kind == SplitRule::Kind::kConsecutive ? r.rank % rule.number : r.rank / rule.number;
  });
}

int NcclRanks::ranks_per_node(int of_job) const {
  int count = 0;
  for (int rank = 0; rank < std::min(of_job, all_ranks_); ++rank) {
    count += !rule_ || rule_->color(rank) == rule_->color(0) ? 1 : 0;
  }
  return count;
}

template <typename Step>
void NcclRanks::timed(const char* what, const Step& step) {
  const auto start = std::chrono::steady_clock::now();
  step();
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  setup_.emplace(what, Seconds(spent.count()));
}

void NcclRanks::on_every_rank(const Job& job) { run(job, {}); }

void NcclRanks::refuse_aborted() const {
  if (local_.front().communicator.get() == nullptr) {
    throw Error("NCCL's communicators were aborted after an earlier error",
                "",
                "see the first error",
                ExitCode::kCutShort);
  }
}

void NcclRanks::collective(const Job& job) {
  refuse_aborted();
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
    abort_all();
    throw;
  }
}

std::vector<Seconds> NcclRanks::grouped(const Job& call) {
  using Clock = std::chrono::steady_clock;
  refuse_aborted();
  std::vector<Seconds> times(local_.size());
  try {
    const NcclApi& api = nccl();
    const auto start = Clock::now();
    CHECK_NCCL(api.ncclGroupStart());
    for (std::size_t i = 0; i < local_.size(); ++i) {
      CHECK_CUDA(cuda().cudaSetDevice(local_[i].device));
      call(i, local_[i]);
    }
    CHECK_NCCL(api.ncclGroupEnd());
    for (std::size_t i = 0; i < local_.size(); ++i) {
      wait(local_[i].stream.get(), local_[i].communicator.get());
      times[i] = Seconds(std::chrono::duration<double>(Clock::now() - start).count());
    }
  } catch (...) {
    abort_all();
    throw;
  }
  return times;
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

void NcclRanks::abort_all() {
  for (LocalRank& r : local_) {
    abort(r);
  }
}

void NcclRanks::abort(LocalRank& r) {
  for (Communicator* owned : {&r.communicator, &r.parent}) {
    if (ncclComm_t communicator = owned->release()) {
      static_cast<void>(nccl().ncclCommAbort(communicator));
    }
  }
}

}  // namespace fabricast
