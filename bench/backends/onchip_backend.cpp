#include "bench/backends/cuda.hpp"
#include "bench/backends/gpu.hpp"
#include "bench/backends/onchip.hpp"
#include "bench/backends/rank_buffers.hpp"
#include "bench/machine.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace fabricast {

namespace {

// A channel with less to do than this spends its time on flags. Assumed, not measured.
constexpr std::uint64_t kLeastShare = 16ULL << 10;

// Of the GPU's memory; the rest is for workspaces and the context.
constexpr double kUsableShare = 0.8;

// An algorithm with a protocol: "ring_ll128".
struct Variant {
  const OnchipAlgorithmInfo& algorithm;
  const OnchipProtocolInfo& protocol;

  [[nodiscard]] std::string name() const {
    return fmt::format("{}_{}", algorithm.name, protocol.name);
  }
};

std::vector<Variant> variants_of(Collective collective) {
  std::vector<Variant> list;
  for (const auto& algorithm : kOnchipAlgorithms) {
    for (const auto& protocol : kOnchipProtocols) {
      if (algorithm.collective == collective) {
        list.push_back({algorithm, protocol});
      }
    }
  }
  return list;
}

std::optional<Variant> find_variant(const Case& c) {
  for (const Variant& v : variants_of(c.collective)) {
    if (v.name() == c.algorithm) {
      return v;
    }
  }
  return std::nullopt;
}

// Channels for this message: as many as the GPU holds, fewer where their shares would be small.
OnchipPlan plan_for(const Case& c, const Variant& v, int ranks) {
  int most = 0;
  CHECK_CUDA(cuda().onchip_channels(v.protocol.id, c.type, ranks, &most));
  if (most == 0) {
    throw Error(fmt::format("the blocks of {} ranks do not fit on this GPU at once", ranks),
                v.name(),
                "fewer ranks: --ranks");
  }
  const auto width = static_cast<std::uint64_t>(info(c.type).bytes);
  const auto useful =
      static_cast<int>(std::min<std::uint64_t>(c.count * width / kLeastShare + 1, kMaxChannels));
  return make_onchip_plan(
      v.algorithm.id, v.protocol.id, ranks, std::min(most, useful), c.count, width);
}

class OnchipOperation final : public Operation {
 public:
  OnchipOperation(const Case& c, const OnchipPlan& plan)
      : case_(c),
        pattern_(c.type, plan.ranks),
        workspace_(allocate_device_memory(onchip_workspace_bytes(plan))) {
    call_.plan = plan;
    call_.workspace = static_cast<std::byte*>(workspace_.get());
    for (int rank = 0; rank < plan.ranks; ++rank) {
      buffers_.emplace_back(c, pattern_, rank, plan.ranks, stream_.get());
      call_.send[rank] = buffers_.back().send();
      call_.receive[rank] = buffers_.back().receive();
    }
    CHECK_CUDA(
        cuda().cudaMemsetAsync(workspace_.get(), 0, onchip_workspace_bytes(plan), stream_.get()));
    CHECK_CUDA(cuda().cudaStreamSynchronize(stream_.get()));
  }

  void fill(std::uint64_t iteration) override {
    for (const RankBuffers& b : buffers_) {
      b.fill(pattern_, iteration);
    }
    CHECK_CUDA(cuda().cudaStreamSynchronize(stream_.get()));
  }

  std::vector<RankTime> run() override {
    CHECK_CUDA(cuda().cudaEventRecord(start_.get(), stream_.get()));
    CHECK_CUDA(cuda().launch_onchip(call_, case_.type, stream_.get()));
    CHECK_CUDA(cuda().cudaEventRecord(stop_.get(), stream_.get()));
    CHECK_CUDA(cuda().cudaEventSynchronize(stop_.get()));
    float ms = 0;
    CHECK_CUDA(cuda().cudaEventElapsedTime(&ms, start_.get(), stop_.get()));
    return std::vector<RankTime>(buffers_.size(), {Seconds(ms * 1e-3)});
  }

  std::uint64_t wrong_elements(std::uint64_t iteration) override {
    std::uint64_t wrong = 0;
    for (const RankBuffers& b : buffers_) {
      wrong += b.wrong_elements(pattern_, iteration);
    }
    return wrong;
  }

  void flip_bit(std::uint64_t random) override {
    const RankBuffers& chosen = buffers_[random % buffers_.size()];
    if (chosen.received_bytes() > 0) {  // all receive the same
      chosen.flip(random / buffers_.size() % (chosen.received_bytes() * 8));
    }
  }

 private:
  Case case_;
  Pattern pattern_;
  Stream stream_ = make_stream();
  Event start_ = make_event();
  Event stop_ = make_event();
  DeviceMemory workspace_;
  std::vector<RankBuffers> buffers_;
  OnchipCall call_;
};

class OnchipBackend final : public Backend {
 public:
  explicit OnchipBackend(int ranks) : ranks_(ranks) {
    const GpuInventory found = inspect_gpus();
    if (found.count == 0) {
      throw Error(found.why_none, "host " + host_name(), "");
    }
    CHECK_CUDA(cuda().cudaSetDevice(0));
    gpu_ = found.names.front();
    versions_ = {
        {"cuda_driver",  found.driver },
        {"cuda_runtime", found.runtime}
    };
  }

  [[nodiscard]] std::string name() const override { return "onchip"; }
  [[nodiscard]] int ranks() const override { return ranks_; }
  [[nodiscard]] int local_ranks() const override { return ranks_; }
  [[nodiscard]] int ranks_per_node() const override { return ranks_; }
  [[nodiscard]] std::string machine() const override { return "1 x " + gpu_; }
  [[nodiscard]] int processors() const override { return 1; }  // GPUs
  /// Which keeps these rows out of fits: the ranks share one GPU.
  [[nodiscard]] bool oversubscribed() const override { return ranks_ > 1; }
  [[nodiscard]] std::map<std::string, std::string> versions() const override { return versions_; }

  [[nodiscard]] std::vector<Offer> offers() const override {
    std::vector<Offer> list;
    for (const auto& collective : kCollectives) {
      Offer offer{collective.id, {}};
      for (const Variant& v : variants_of(collective.id)) {
        offer.algorithms.push_back(v.name());
      }
      if (!offer.algorithms.empty()) {
        list.push_back(std::move(offer));
      }
    }
    return list;
  }

  [[nodiscard]] std::string why_not(const Case& c) const override {
    if (!find_variant(c)) {
      return "the onchip backend has no such algorithm";
    }
    if (c.in_place) {
      return "the kernels do not run in place";
    }
    if (!with_element(c.type, [](auto) {}) || c.op != ReduceOp::kSum) {
      return fmt::format(
          "the kernels have no {} of {}", fabricast::name(c.op), fabricast::name(c.type));
    }
    std::size_t free = 0;
    std::size_t total = 0;
    CHECK_CUDA(cuda().cudaMemGetInfo(&free, &total));
    const double asked = static_cast<double>(buffer_bytes(c)) * ranks_;
    if (asked > kUsableShare * static_cast<double>(total)) {
      return fmt::format("{} ranks need {:.1f} GB of buffers, {:.0f} % of the GPU are {:.1f} GB",
                         ranks_,
                         asked * 1e-9,
                         100 * kUsableShare,
                         kUsableShare * static_cast<double>(total) * 1e-9);
    }
    return "";
  }

  [[nodiscard]] std::uint64_t available_memory() const override {
    std::size_t free = 0;
    std::size_t total = 0;
    CHECK_CUDA(cuda().cudaMemGetInfo(&free, &total));
    return free;
  }

  [[nodiscard]] std::uint64_t buffer_bytes(const Case& c) const override {
    return rank_buffer_bytes(c, 0, ranks_);
  }

  [[nodiscard]] std::unique_ptr<Operation> prepare(const Case& c) override {
    if (const std::string reason = why_not(c); !reason.empty()) {
      throw Error(reason, "", "");
    }
    return std::make_unique<OnchipOperation>(c, plan_for(c, *find_variant(c), ranks_));
  }

  [[nodiscard]] std::vector<std::string> warnings() const override {
    return {
        fmt::format("on-chip: {} virtual ranks on one GPU, nothing crosses a link; one launch is "
                    "timed by events for all ranks",
                    ranks_)};
  }

 private:
  int ranks_;
  std::string gpu_;
  std::map<std::string, std::string> versions_;
};

}  // namespace

std::unique_ptr<Backend> make_onchip_backend(int ranks) {
  if (ranks < 1 || ranks > kMaxVirtualRanks) {
    throw Error(fmt::format("{} virtual ranks", ranks),
                "--ranks",
                fmt::format("1 to {}", kMaxVirtualRanks));
  }
  return std::make_unique<OnchipBackend>(ranks);
}

}  // namespace fabricast
