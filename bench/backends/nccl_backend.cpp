#include "bench/backends/device_choice.hpp"
#include "bench/backends/gpu.hpp"
#include "bench/backends/nccl_collectives.hpp"
#include "bench/backends/nccl_first_call.hpp"
#include "bench/backends/nccl_ranks.hpp"
#include "bench/backends/rank_buffers.hpp"
#include "bench/backends/together.hpp"
#include "bench/launcher.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace fabricast {

namespace {

constexpr std::string_view kLibrary = "library";

// Of a GPU's memory; the rest is for NCCL's own buffers, which it allocates in its first calls, and
// for contexts. Assumed, not measured.
constexpr double kUsableShare = 0.8;

std::string gibibytes(double bytes) { return fmt::format("{:.1f} GiB", bytes / (1ULL << 30)); }

class NcclOperation final : public Operation {
 public:
  NcclOperation(NcclRanks& ranks, const Case& c)
      : ranks_(ranks),
        case_(c),
        row_(*find_nccl(c.collective)),
        pattern_(c.type, ranks.ranks(), c.op),
        buffers_(ranks.local().size()),
        first_call_(c.count > 0 && ranks.ranks() > 1) {
    ranks_.on_every_rank([this](std::size_t i, const LocalRank& r) {
      buffers_[i] = RankBuffers(case_, pattern_, r.rank, ranks_.ranks(), r.stream.get());
    });
  }

  void fill(std::uint64_t iteration) override {
    ranks_.on_every_rank([&](std::size_t i, const LocalRank& r) {
      buffers_[i].fill(pattern_, iteration);
      CHECK_CUDA(cuda().cudaStreamSynchronize(r.stream.get()));
    });
  }

  std::vector<Seconds> run() override {
    using Clock = std::chrono::steady_clock;
    std::vector<Seconds> times(buffers_.size());
    const NcclFirstCall::Watch watch(first_call_);
    ranks_.collective([&](std::size_t i, const LocalRank& r) {
      const NcclCall call = call_of(i, r);
      ranks_.meet();
      const auto start = Clock::now();
      first_call_.check(row_.call(call), name(case_.collective));
      ranks_.wait(call.stream, call.communicator);
      times[i] = Seconds(std::chrono::duration<double>(Clock::now() - start).count());
    });
    return times;
  }

  std::uint64_t wrong_elements(std::uint64_t iteration) override {
    std::vector<std::uint64_t> wrong(buffers_.size());
    ranks_.on_every_rank([&](std::size_t i, const LocalRank& /*r*/) {
      wrong[i] = buffers_[i].wrong_elements(pattern_, iteration);
    });
    return std::accumulate(wrong.begin(), wrong.end(), std::uint64_t{0});
  }

  [[nodiscard]] std::optional<Chosen> chosen() const override { return first_call_.chosen(); }

  void flip_bit(std::uint64_t random) override {
    std::vector<std::size_t> holders;  // local ranks that receive something
    for (std::size_t i = 0; i < buffers_.size(); ++i) {
      if (buffers_[i].received_bytes() > 0) {
        holders.push_back(i);
      }
    }
    if (holders.empty()) {
      return;
    }
    const std::size_t chosen = holders[random % holders.size()];
    ranks_.on_every_rank([&](std::size_t i, const LocalRank& /*r*/) {
      if (i == chosen) {
        buffers_[i].flip(random / holders.size() % (buffers_[i].received_bytes() * 8));
      }
    });
  }

 private:
  [[nodiscard]] NcclCall call_of(std::size_t i, const LocalRank& r) const {
    return {.api = nccl(),
            .send = buffers_[i].send(),
            .receive = buffers_[i].receive(),
            .count = case_.count,
            .type = nccl_type(case_.type).type,
            .op = nccl_op(case_.op),
            .element_bytes = static_cast<std::size_t>(info(case_.type).bytes),
            .rank = r.rank,
            .ranks = ranks_.ranks(),
            .communicator = r.communicator.get(),
            .stream = r.stream.get()};
  }

  NcclRanks& ranks_;
  Case case_;
  const NcclCollective& row_;
  Pattern pattern_;
  std::vector<RankBuffers> buffers_;
  NcclFirstCall first_call_;
};

class NcclBackend final : public Backend {
 public:
  NcclBackend(Control& control, const GpuOptions& options)
      : control_(control),
        options_(options),
        ranks_(control, find_devices(control, options.gpus_per_process), options) {
    std::uint64_t smallest = ~0ULL;
    for (const LocalRank& r : ranks_.local()) {
      smallest = std::min(smallest, r.total_bytes);
    }
    smallest_gpu_ = control.min(static_cast<double>(smallest));
    const double on_node = control.local_processes() * local_ranks();
    ranks_per_node_ = static_cast<int>(control.max(on_node));
    uneven_nodes_ = control.min(on_node) != ranks_per_node_;
    oversubscribed_ = control.max(usable_processors() < local_ranks() ? 1 : 0) > 0;
  }

  [[nodiscard]] std::string name() const override { return "nccl"; }
  [[nodiscard]] int ranks() const override { return ranks_.ranks(); }
  [[nodiscard]] int local_ranks() const override { return static_cast<int>(ranks_.local().size()); }
  [[nodiscard]] int ranks_per_node() const override { return ranks_per_node_; }
  [[nodiscard]] int processors() const override { return ranks_per_node_; }  // GPUs
  [[nodiscard]] bool oversubscribed() const override { return oversubscribed_; }

  /// "8 x NVIDIA H100 80GB HBM3". Other processes of a node are taken to hold the same GPUs.
  [[nodiscard]] std::string machine() const override {
    std::map<std::string, int> gpus;
    for (const LocalRank& r : ranks_.local()) {
      gpus[r.gpu] += ranks_per_node_ / local_ranks();
    }
    std::string text;
    for (const auto& [gpu, count] : gpus) {
      text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", count, gpu);
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
    if (static_cast<double>(buffer_bytes(c)) > kUsableShare * smallest_gpu_) {
      return fmt::format("needs {} of buffers on each GPU, {:.0f} % of the smallest are {}",
                         gibibytes(static_cast<double>(buffer_bytes(c))),
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
    return least * static_cast<std::uint64_t>(ranks_per_node_);
  }

  [[nodiscard]] std::uint64_t buffer_bytes(const Case& c) const override {
    return rank_buffer_bytes(c, 0, ranks());  // no rank has more than the root
  }

  [[nodiscard]] std::unique_ptr<Operation> prepare(const Case& c) override {
    if (const std::string reason = why_not(c); !reason.empty()) {
      throw Error(reason, "", "");
    }
    std::unique_ptr<Operation> operation;
    together(control_, [&] { operation = std::make_unique<NcclOperation>(ranks_, c); });
    return operation;
  }

  [[nodiscard]] std::vector<std::string> warnings() const override {
    std::vector<std::string> list;
    if (const std::string& file = cuda_library().file; !file.empty()) {
      list.push_back("not measured on GPUs: " + file + " stands in for CUDA");
    }
    if (options_.min_ctas > 0 || options_.max_ctas > 0) {
      list.push_back(
          fmt::format("NCCL was given {} to {} thread blocks per collective (0: its choice)",
                      options_.min_ctas,
                      options_.max_ctas));
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
    if (oversubscribed_) {
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
  Control& control_;
  GpuOptions options_;
  NcclRanks ranks_;
  double smallest_gpu_ = 0;  // bytes, over the whole job
  int ranks_per_node_ = 0;
  bool uneven_nodes_ = false;
  bool oversubscribed_ = false;
};

}  // namespace

std::unique_ptr<Backend> make_nccl_backend(Control& control, const GpuOptions& options) {
  return std::make_unique<NcclBackend>(control, options);
}

}  // namespace fabricast
