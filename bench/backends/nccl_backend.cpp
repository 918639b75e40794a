#include "bench/backends/device_choice.hpp"
#include "bench/backends/gpu.hpp"
#include "bench/backends/nccl_collectives.hpp"
#include "bench/backends/nccl_operation.hpp"
#include "bench/backends/nccl_ranks.hpp"
#include "bench/backends/nccl_schedule.hpp"
#include "bench/backends/nvml.hpp"
#include "bench/backends/rank_buffers.hpp"
#include "bench/backends/together.hpp"
#include "bench/backends/virtual_ranks.hpp"
#include "bench/launcher.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fabricast {

namespace {

constexpr std::string_view kLibrary = "library";

// Of a GPU's memory; the rest is for NCCL's own buffers, which it allocates in its first calls, and
// for contexts. Assumed, not measured.
constexpr double kUsableShare = 0.8;

std::string gibibytes(double bytes) { return fmt::format("{:.1f} GiB", bytes / (1ULL << 30)); }

class NcclBackend final : public Backend {
 public:
  NcclBackend(Control& control, const std::vector<int>& devices, const GpuOptions& options)
      : control_(control),
        options_(options),
        ranks_(control, devices, options),
        nvml_(uuids(ranks_.local())) {
    std::uint64_t smallest = ~0ULL;
    for (const LocalRank& r : ranks_.local()) {
      smallest = std::min(smallest, r.total_bytes);
    }
    smallest_gpu_ = control.min(static_cast<double>(smallest));
    const double on_node = control.local_processes() * local_ranks();
    node_ranks_ = static_cast<int>(control.max(on_node));
    uneven_nodes_ = control.min(on_node) != node_ranks_;
    for (const auto& [what, took] : ranks_.setup()) {
      setup_us_.emplace(what, control.max(in_us(took)));
    }
    oldest_ = control.min(oldest_architecture());
    short_of_processors_ = control.max(usable_processors() < local_ranks() ? 1 : 0) > 0;
  }

  [[nodiscard]] std::string name() const override { return "nccl"; }
  [[nodiscard]] int ranks() const override { return ranks_.ranks(); }
  [[nodiscard]] int local_ranks() const override { return static_cast<int>(ranks_.local().size()); }
  [[nodiscard]] int ranks_per_node() const override { return ranks_.ranks_per_node(node_ranks_); }
  [[nodiscard]] int processors() const override {  // GPUs
    return node_ranks_ / options_.ranks_per_gpu;
  }
  [[nodiscard]] bool oversubscribed() const override {
    return short_of_processors_ || options_.ranks_per_gpu > 1;
  }

  /// "8 x NVIDIA H100 80GB HBM3". Other processes of a node are taken to hold the same GPUs.
  [[nodiscard]] std::string machine() const override {
    std::map<std::string, int> gpus;
    for (const LocalRank& r : ranks_.local()) {
      gpus[r.gpu] += node_ranks_ / local_ranks();
    }
    std::string text;
    for (const auto& [gpu, count] : gpus) {
      text +=
          fmt::format("{}{} x {}", text.empty() ? "" : ", ", count / options_.ranks_per_gpu, gpu);
    }
    return text;
  }

  [[nodiscard]] std::map<std::string, std::string> versions() const override {
    const GpuInventory inventory = inspect_gpus();
    return {
        {"cuda_driver",  inventory.driver },
        {"cuda_runtime", inventory.runtime},
        {"nccl",         inventory.nccl   }
    };
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
      return fmt::format("the NCCL backend has no {}", fabricast::name(c.collective));
    }
    if (c.algorithm != kLibrary) {
      return fmt::format(
          "NCCL chooses its algorithm itself: ask for {}, not {}", kLibrary, c.algorithm);
    }
    if (const int since = nccl_type(c.type).since; nccl_library().version < since) {
      return fmt::format(
          "{} needs NCCL {} or newer", fabricast::name(c.type), nccl_version_text(since));
    }
    if (std::string lacking = why_lacking(nccl_library(), fabricast::name(c.collective));
        !lacking.empty()) {
      return lacking;
    }
    if (info(c.collective).reduces) {
      if (std::string reason = why_no_reduction(c); !reason.empty()) {
        return reason;
      }
    }
    const double needed = static_cast<double>(buffer_bytes(c)) * options_.ranks_per_gpu;
    if (needed > kUsableShare * smallest_gpu_) {
      return fmt::format("needs {} of buffers on each GPU, {:.0f} % of the smallest are {}",
                         gibibytes(needed),
                         100 * kUsableShare,
                         gibibytes(kUsableShare * smallest_gpu_));
    }
    return "";
  }

  /// What the fullest GPU of this process has left, times the GPUs of the host.
  [[nodiscard]] std::uint64_t available_memory() const override {
    std::size_t least = ~std::size_t{0};
    for (const LocalRank& r : ranks_.local()) {
      std::size_t free = 0;
      std::size_t total = 0;
      CHECK_CUDA(cuda().cudaSetDevice(r.device));
      CHECK_CUDA(cuda().cudaMemGetInfo(&free, &total));
      least = std::min(least, free);
    }
    return least * static_cast<std::uint64_t>(processors());
  }

  [[nodiscard]] std::uint64_t buffer_bytes(const Case& c) const override {
    return rank_buffer_bytes(c, 0, ranks());  // no rank has more than the root
  }

  [[nodiscard]] std::unique_ptr<Operation> prepare(const Case& c) override {
    if (const std::string reason = why_not(c); !reason.empty()) {
      throw Error(reason, "", "");
    }
    std::unique_ptr<Operation> operation;
    together(control_, [&] {
      auto made = std::make_unique<NcclOperation>(ranks_, c, options_);
      windows_taken_ = made->windows_taken();
      operation = std::move(made);
    });
    return operation;
  }

  [[nodiscard]] std::string why_no_schedules() const override {
    const bool of_one_collective = options_.graph || options_.one_thread ||
                                   options_.buffers != BufferKind::kPlain ||
                                   !options_.split.empty();
    return of_one_collective
               ? "training patterns form their own communicators, buffers and streams: leave "
                 "--graph, --issue, --buffers and --split out"
               : why_no_nccl_schedules();
  }

  [[nodiscard]] std::unique_ptr<ScheduleOperation> prepare_schedule(
      const MakeTrainingSchedule& make, DataType type, SchedulePart part) override {
    std::unique_ptr<ScheduleOperation> made;
    together(control_, [&] { made = make_nccl_schedule(ranks_, make, type, part); });
    return made;
  }

  [[nodiscard]] std::map<std::string, std::string> settings() const override {
    return settings_of(options_);
  }
  [[nodiscard]] std::map<std::string, double> setup_us() const override { return setup_us_; }

  [[nodiscard]] GpuState gpu_state() override { return nvml_.look(control_); }

  [[nodiscard]] std::vector<std::string> warnings() const override {
    std::vector<std::string> list;
    if (const std::string& file = cuda_library().file; !file.empty()) {
      list.push_back("not measured on GPUs: " + file + " stands in for CUDA");
    }
    if (options_.ranks_per_gpu > 1) {
      list.push_back(fmt::format("virtual ranks: plumbing, not bandwidth ({} ranks share each GPU)",
                                 options_.ranks_per_gpu));
    }
    if (!windows_taken_) {
      list.emplace_back("NCCL accepted the windows without using them");
    }
    if (ranks() == 1) {
      list.emplace_back(
          "one rank: nothing crosses a link; the time is launch and copy cost, so no bus bandwidth "
          "is "
          "given");
    }
    if (uneven_nodes_) {
      list.emplace_back(
          "the nodes hold different numbers of ranks: the largest number is recorded");
    }
    if (short_of_processors_) {
      list.push_back(
          fmt::format("oversubscribed: a process has fewer processors than GPUs ({} and {} here), "
                      "so times include "
                      "waiting for a processor; mpirun --bind-to none gives it all",
                      usable_processors(),
                      local_ranks()));
    }
    return list;
  }

 private:
  static std::vector<GpuUuid> uuids(const std::vector<LocalRank>& ranks) {
    std::vector<GpuUuid> list;
    for (const LocalRank& r : ranks) {
      list.push_back(r.uuid);
    }
    return list;
  }

  // Compute capability x 10, of this process.
  [[nodiscard]] double oldest_architecture() const {
    int oldest = ranks_.local().front().architecture;
    for (const LocalRank& r : ranks_.local()) {
      oldest = std::min(oldest, r.architecture);
    }
    return oldest;
  }

  [[nodiscard]] std::string why_no_reduction(const Case& c) const {
    constexpr int kHopper = 90;
    const bool small = c.type == DataType::kFloat8E4M3 || c.type == DataType::kFloat8E5M2;
    if (small && oldest_ < kHopper) {
      return fmt::format("NCCL adds {} on GPUs of compute capability 9.0 and newer, not on {:.1f}",
                         fabricast::name(c.type),
                         oldest_ / 10);
    }
    return c.op == ReduceOp::kPreMulSum ? why_lacking(nccl_library(), "scaled sums") : "";
  }

  Control& control_;
  GpuOptions options_;
  NcclRanks ranks_;
  Nvml nvml_;
  double smallest_gpu_ = 0;  // bytes, over the whole job
  double oldest_ = 0;        // compute capability x 10, over the whole job
  int node_ranks_ = 0;       // ranks of the job on the fullest node
  std::map<std::string, double> setup_us_;
  bool windows_taken_ = true;
  bool uneven_nodes_ = false;
  bool short_of_processors_ = false;
};

}  // namespace

std::unique_ptr<Backend> make_nccl_backend(Control& control, const GpuOptions& options) {
  const std::vector<int> devices =
      find_devices(control, options.gpus_per_process, options.ranks_per_gpu);
  GpuOptions prepared = options;
  prepare_virtual_ranks(control, prepared, static_cast<int>(devices.size()));
  return std::make_unique<NcclBackend>(control, devices, prepared);
}

}  // namespace fabricast
