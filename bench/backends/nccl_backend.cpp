#include "bench/backends/nccl_backend.hpp"

#include "bench/backends/device_buffer.hpp"
#include "bench/backends/gpu.hpp"
#include "bench/backends/nccl_collectives.hpp"
#include "bench/backends/rank_threads.hpp"
#include "bench/launcher.hpp"
#include "bench/machine.hpp"
#include "core/error.hpp"
#include "core/size.hpp"
#include "kernels/pattern_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <thread>

namespace fabricast {

namespace {

constexpr std::string_view kLibrary = "library";

// Left free on each GPU: NCCL allocates its own buffers in its first calls (4 MiB and more per
// connection and channel). Assumed, not measured.
constexpr std::uint64_t kReserve = 1ULL << 30;

// Runs a step on every process and lets all fail when one fails: the others would wait for it for ever
// in the next collective call.
template <typename Step>
void together(Control& control, const Step& step) {
  std::exception_ptr error;
  try {
    step();
  } catch (...) {
    error = std::current_exception();
  }
  const bool failed = control.max(error ? 1 : 0) > 0;
  if (error) {
    std::rethrow_exception(error);
  }
  if (failed) {
    throw Error("another process could not use its GPUs", "host " + host_name(), "see its message");
  }
}

// A launcher either shows all GPUs to every process of a host or gives each process its own. The
// GPUs' identities tell which: process 0 compares what processes of one host see.
bool processes_see_own_gpus(Control& control, const std::string& visible_ids) {
  const auto number = [](const std::string& text) {  // exact in a double
    return static_cast<double>(std::hash<std::string>{}(text) >> 12);
  };
  const std::vector<double> all = control.gather({number(host_name()), number(visible_ids)});
  std::map<double, double> seen_on;
  char own = 0;
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
    own = seen_on.emplace(all[i], all[i + 1]).first->second == all[i + 1] ? own : 1;
  }
  control.broadcast(&own, sizeof own);
  return own != 0;
}

std::string identity(int device) {
  cudaDeviceProp properties{};
  CHECK_CUDA(cudaGetDeviceProperties(&properties, device));
  return {properties.uuid.bytes, sizeof properties.uuid.bytes};
}

// A GPU of this process with its place in the job.
struct LocalRank {
  int rank = 0;
  int device = 0;
  std::string gpu;
  std::uint64_t free_bytes = 0;
  Stream stream;
  Communicator communicator;  // empty once it was aborted
};

class NcclBackend final : public Backend {
 public:
  using Job = std::function<void(std::size_t index, LocalRank& r)>;

  NcclBackend(Control& control, int gpus_per_process)
      : control_(control), devices_(find_devices(control, gpus_per_process)), threads_(local_ranks()) {
    together(control_, [&] {
      open_devices();
      if (control_.is_root()) {
        CHECK_NCCL(api_.ncclGetUniqueId(&id_));
      }
    });
    measure_machine();
    control_.broadcast(&id_, sizeof id_);
    join_communicator();
  }

  [[nodiscard]] std::string name() const override { return "nccl"; }
  [[nodiscard]] int ranks() const override { return control_.processes() * local_ranks(); }
  [[nodiscard]] int local_ranks() const override { return static_cast<int>(devices_.size()); }
  [[nodiscard]] int ranks_per_node() const override { return ranks_per_node_; }
  [[nodiscard]] int processors() const override { return ranks_per_node_; }  // GPUs
  [[nodiscard]] bool oversubscribed() const override { return oversubscribed_; }

  [[nodiscard]] std::string machine() const override {
    std::map<std::string, int> gpus;
    for (const LocalRank& r : local_) {
      ++gpus[r.gpu];
    }
    if (gpus.size() == 1) {  // the other processes of the node are taken to be alike
      return fmt::format("{} x {}", ranks_per_node_, gpus.begin()->first);
    }
    std::string text;
    for (const auto& [gpu, count] : gpus) {
      text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", count, gpu);
    }
    return text;
  }

  [[nodiscard]] std::map<std::string, std::string> versions() const override {
    int runtime = 0;
    CHECK_CUDA(cudaRuntimeGetVersion(&runtime));
    return {{"cuda_driver", driver_text()},
            {"cuda_runtime", cuda_version_text(runtime)},
            {"nccl", nccl_version_text(nccl_library().version)}};
  }

  [[nodiscard]] std::vector<Offer> offers() const override {
    std::vector<Offer> list;
    for (const NcclCollective& row : nccl_collectives()) {
      list.push_back({row.collective, {std::string(kLibrary)}});
    }
    return list;
  }

  [[nodiscard]] std::string why_not(const Case& c) const override {
    if (find_nccl(c.collective) == nullptr) {
      return fmt::format("NCCL offers no {}", fabricast::name(c.collective));
    }
    if (c.algorithm != kLibrary) {
      return fmt::format("NCCL chooses its algorithm itself: \"{}\", not \"{}\"", kLibrary, c.algorithm);
    }
    if (buffer_bytes(c) + kReserve > smallest_gpu_) {
      return fmt::format("needs {} of buffers on each GPU, the smallest has {}",
                         format_size(buffer_bytes(c)), format_size(smallest_gpu_));
    }
    return "";
  }

  [[nodiscard]] std::uint64_t buffer_bytes(const Case& c) const override {
    const Extents root = extents(c.collective, 0, ranks(), c.count);  // the root has the most
    return device_buffer_bytes(root.send, c.type) + device_buffer_bytes(root.receive, c.type);
  }

  [[nodiscard]] std::unique_ptr<Operation> prepare(const Case& c) override;

  [[nodiscard]] std::vector<std::string> warnings() const override {
    std::vector<std::string> list;
    if (ranks() == 1) {
      list.emplace_back(
          "one rank: nothing crosses a link; the time is launch and copy cost, so no bus bandwidth is "
          "given");
    }
    if (uneven_nodes_) {
      list.emplace_back("nodes hold different numbers of GPUs: the largest is reported");
    }
    if (oversubscribed_) {
      list.push_back(fmt::format(
          "oversubscribed: fewer processors than GPUs for the threads that wait for them (this process: "
          "{} GPUs, {} processors); start with mpirun --bind-to none",
          local_ranks(), usable_processors()));
    }
    return list;
  }

  /// On every local rank at once, its GPU current. Errors name the rank.
  void on_every_rank(const Job& job) { run(job, {}); }

  /// The same for jobs that call NCCL. After an error the communicators are gone and every further call
  /// throws: nothing is known about what the other ranks have done.
  void collective(const Job& job) {
    if (local_.front().communicator.get() == nullptr) {
      throw Error("NCCL's communicators were aborted by an earlier error", "", "see the first error",
                  ExitCode::kCutShort);
    }
    try {
      // NCCL frees the communicators of a process with the last one that is aborted. The rank that
      // failed is not stuck, so its own is still there while the stuck ones leave.
      run(job, [this](const std::vector<int>& stuck) {
        for (const int index : stuck) {
          abort(local_[static_cast<std::size_t>(index)]);
        }
      });
    } catch (...) {
      std::for_each(local_.begin(), local_.end(), [this](LocalRank& r) { abort(r); });
      throw;
    }
  }

  /// For jobs: every rank has come here.
  void meet() { threads_.meet(); }

  /// For jobs: until the stream is empty. An error of NCCL's own threads or of another rank ends it.
  void wait(const LocalRank& r, ncclComm_t communicator) {
    constexpr unsigned kPollsPerLook = 64;
    cudaError_t status = cudaErrorNotReady;
    for (unsigned polls = 1; (status = cudaStreamQuery(r.stream.get())) == cudaErrorNotReady; ++polls) {
      if (polls % kPollsPerLook == 0) {
        threads_.check_others();
        ncclResult_t result = ncclSuccess;
        CHECK_NCCL(api_.ncclCommGetAsyncError(communicator, &result));
        check_nccl(result, "NCCL in the background", __FILE__, __LINE__);
        std::this_thread::yield();
      }
    }
    check_cuda(status, "a collective on the GPU", __FILE__, __LINE__);
    static_cast<void>(cudaGetLastError());  // "not ready" must not look like a later call's error
  }

  [[nodiscard]] const NcclApi& api() const { return api_; }

 private:
  static std::vector<int> find_devices(Control& control, int gpus_per_process) {
    const GpuInventory inventory = inspect_gpus();
    std::string ids;
    together(control, [&] {
      if (!inventory.usable()) {
        throw Error(inventory.why_none, "host " + host_name(), "");
      }
      for (int device = 0; device < inventory.count; ++device) {
        ids += identity(device);
      }
    });
    const bool own = processes_see_own_gpus(control, ids);
    std::vector<int> devices;
    together(control, [&] {
      devices = choose_devices({.visible = inventory.count,
                                .sharers = own ? 1 : control.local_processes(),
                                .index = own ? 0 : control.local_process(),
                                .gpus_per_process = gpus_per_process});
    });
    const auto mine = static_cast<double>(devices.size());
    const double most = control.max(mine);
    const double fewest = control.min(mine);
    if (most != fewest) {
      throw Error(fmt::format("processes would hold between {} and {} GPUs", fewest, most), "",
                  "a number of GPUs per process that every host has");
    }
    return devices;
  }

  void open_devices() {
    local_.resize(devices_.size());
    on_every_rank([this](std::size_t index, LocalRank& r) {
      cudaDeviceProp properties{};
      CHECK_CUDA(cudaGetDeviceProperties(&properties, devices_[index]));
      std::size_t free = 0;
      std::size_t total = 0;
      CHECK_CUDA(cudaMemGetInfo(&free, &total));
      r.gpu = properties.name;
      r.total_bytes = total;
      r.stream = make_stream();
    });
  }

  void measure_machine() {
    const double on_node = control_.local_processes() * local_ranks();
    ranks_per_node_ = static_cast<int>(control_.max(on_node));
    uneven_nodes_ = control_.min(on_node) != on_node || control_.max(on_node) != on_node;
  }

  // In one group, so that NCCL ends the other ranks of this process when one fails; it would leave
  // them waiting in separate calls.
  void join_communicator() {
    std::vector<ncclComm_t> communicators(local_.size(), nullptr);
    CHECK_NCCL(api_.ncclGroupStart());
    for (std::size_t i = 0; i < local_.size(); ++i) {
      CHECK_CUDA(cudaSetDevice(local_[i].device));
      CHECK_NCCL(api_.ncclCommInitRank(&communicators[i], ranks(), id_, local_[i].rank));
    }
    CHECK_NCCL(api_.ncclGroupEnd());
    for (std::size_t i = 0; i < local_.size(); ++i) {
      local_[i].communicator = Communicator(communicators[i]);
    }
  }

  void run(const Job& job, const RankThreads::Release& release) {}
  void abort(LocalRank& r) {
    if (ncclComm_t communicator = r.communicator.release()) {
      static_cast<void>(api_.ncclCommAbort(communicator));
    }
  }
  Control& control_;
  const NcclApi& api_ = nccl();
};
}
}
