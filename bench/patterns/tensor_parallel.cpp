#include "bench/patterns/tensor_parallel.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

namespace fabricast {

namespace {

std::uint64_t share(std::uint64_t count, int ranks) {
  const auto n = static_cast<std::uint64_t>(ranks);
  return (count + n - 1) / n;
}

}  // namespace

double SplitLayer::flops(const ScheduleBuilder& builder,
                         std::uint64_t layer,
                         TensorRole role) const {
  return model_.forward_flops(layer, role) / builder.group(group_).ranks;
}

std::size_t SplitLayer::start_sum(ScheduleBuilder& builder) const {
  const int ranks = builder.group(group_).ranks;
  return sequence_parallel_
             ? builder.start(
                   TransferKind::kReduceScatter, group_, share(model_.activation(), ranks))
             : builder.start(TransferKind::kAllReduce, group_, model_.activation());
}

void SplitLayer::gather(ScheduleBuilder& builder) const {
  if (sequence_parallel_) {
    const int ranks = builder.group(group_).ranks;
    builder.wait(
        builder.start(TransferKind::kAllGather, group_, share(model_.activation(), ranks)));
  }
}

void SplitLayer::forward(ScheduleBuilder& builder, std::uint64_t layer) const {
  for (const TensorRole role : {TensorRole::kAttention, TensorRole::kFeedForward}) {
    gather(builder);
    builder.compute(flops(builder, layer, role));
    builder.wait(start_sum(builder));
  }
}

void SplitLayer::backward(ScheduleBuilder& builder, std::uint64_t layer) const {
  for (const TensorRole role : {TensorRole::kFeedForward, TensorRole::kAttention}) {
    gather(builder);
    builder.compute(flops(builder, layer, role));
    const std::size_t sum = start_sum(builder);
    builder.compute(flops(builder, layer, role));
    builder.wait(sum);
  }
}

void refuse_split_heads(std::uint64_t heads, int ranks) {
  if (heads % static_cast<std::uint64_t>(ranks) != 0) {
    throw Error(fmt::format("{} heads do not divide over {} ranks", heads, ranks),
                "",
                "tensor parallelism over a number of ranks that divides the heads");
  }
}

std::string tensor_parallel_settings(const TrainingSetup& setup) {
  refuse_split_heads(setup.workload.heads, setup.ranks);
  return setup.sequence_parallel
             ? "all-gather before and reduce-scatter after attention and feed-forward"
             : "all-reduce after attention and after feed-forward";
}

TrainingSchedule make_tensor_parallel(const TrainingSetup& setup, int rank) {
  const ScaledModel model = scaled(setup);
  ScheduleBuilder builder({
      {"tensor", 0, rank, setup.ranks}
  });
  const SplitLayer split(model, setup.sequence_parallel, 0);
  for (std::uint64_t layer = 0; layer < model.layers; ++layer) {
    split.forward(builder, layer);
  }
  for (std::uint64_t layer = model.layers; layer-- > 0;) {
    split.backward(builder, layer);
  }
  return builder.finish();
}

}  // namespace fabricast
