#include "bench/patterns/expert_parallel.hpp"

#include "bench/patterns/router.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fabricast {

namespace {

constexpr std::uint64_t kHalves = 2;

/// One half's tokens in one layer.
struct Half {
  std::vector<std::uint64_t> traffic;  // elements, to the experts
  double attention_flops = 0;
  double expert_flops = 0;  // of the tokens that this rank receives
};

class ExpertLayers {
 public:
  ExpertLayers(const TrainingSetup& setup, int rank)
      : setup_(setup), model_(scaled(setup)), rank_(static_cast<std::size_t>(rank)) {}

  [[nodiscard]] std::uint64_t layers() const { return model_.layers; }

  /// `passes`: products of the size of the forward pass's.
  void add(ScheduleBuilder& builder, std::uint64_t layer, double passes) const {
    const std::array halves{half_of(layer, 0), half_of(layer, 1)};
    std::array<std::size_t, kHalves> there{};
    for (std::size_t h = 0; h < kHalves; ++h) {
      builder.compute(passes * halves[h].attention_flops);
      there[h] = builder.start_all_to_all(0, halves[h].traffic);
    }
    std::array<std::size_t, kHalves> back{};
    for (std::size_t h = 0; h < kHalves; ++h) {
      builder.wait(there[h]);
      builder.compute(passes * halves[h].expert_flops);
      back[h] = builder.start_all_to_all(0, transposed(halves[h].traffic, setup_.ranks));
    }
    for (const std::size_t transfer : back) {
      builder.wait(transfer);
    }
  }

 private:
  [[nodiscard]] Half half_of(std::uint64_t layer, std::uint64_t which) const {
    const std::uint64_t tokens = std::max<std::uint64_t>(1, model_.tokens / kHalves);
    Half half;
    half.traffic = route_tokens({.ranks = setup_.ranks,
                                 .experts = setup_.workload.experts,
                                 .experts_per_token = setup_.workload.experts_per_token,
                                 .tokens = tokens,
                                 .skew = setup_.skew,
                                 .seed = setup_.seed + layer * kHalves + which});
    std::uint64_t received = 0;
    for (std::size_t source = 0; source < static_cast<std::size_t>(setup_.ranks); ++source) {
      received += half.traffic[source * static_cast<std::size_t>(setup_.ranks) + rank_];
    }
    const auto visits = static_cast<double>(tokens * setup_.workload.experts_per_token);
    half.attention_flops = model_.forward_flops(layer, TensorRole::kAttention) / kHalves;
    half.expert_flops = model_.forward_flops(layer, TensorRole::kFeedForward) / kHalves *
                        static_cast<double>(received) / visits;
    for (auto& count : half.traffic) {
      count *= model_.hidden;
    }
    return half;
  }

  const TrainingSetup& setup_;
  ScaledModel model_;
  std::size_t rank_;
};

}  // namespace

std::string expert_parallel_settings(const TrainingSetup& setup) {
  const Workload& w = setup.workload;
  if (w.experts == 0) {
    throw Error(fmt::format("{} has no experts", w.id), "--workload", "--workload grok-1");
  }
  if (w.experts % static_cast<std::uint64_t>(setup.ranks) != 0) {
    throw Error(
        fmt::format("{} experts of {} do not divide over {} ranks", w.experts, w.id, setup.ranks),
        "",
        "a number of ranks that divides the experts");
  }
  return fmt::format("{} experts, {} per token, popularity of the k-th k^-{:g}, seed {}",
                     w.experts,
                     w.experts_per_token,
                     setup.skew,
                     setup.seed);
}

TrainingSchedule make_expert_parallel(const TrainingSetup& setup, int rank) {
  const ExpertLayers layers(setup, rank);
  ScheduleBuilder builder({
      {"expert", 0, rank, setup.ranks}
  });
  for (std::uint64_t layer = 0; layer < layers.layers(); ++layer) {
    layers.add(builder, layer, 1);
  }
  for (std::uint64_t layer = layers.layers(); layer-- > 0;) {
    layers.add(builder, layer, 2);
  }
  return builder.finish();
}

}  // namespace fabricast
