#include "bench/patterns/fsdp.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fabricast {

namespace {

/// The layers of one pass in order, each gathered `prefetch` layers before it is needed.
class Gathers {
 public:
  Gathers(ScheduleBuilder& builder, std::vector<std::uint64_t> shards, int prefetch)
      : builder_(builder),
        shards_(std::move(shards)),
        prefetch_(static_cast<std::size_t>(prefetch)) {}

  void need(std::size_t position) {
    while (started_.size() < std::min(position + 1 + prefetch_, shards_.size())) {
      started_.push_back(builder_.start(TransferKind::kAllGather, 0, shards_[started_.size()]));
    }
    builder_.wait(started_[position]);
  }

 private:
  ScheduleBuilder& builder_;
  std::vector<std::uint64_t> shards_;
  std::size_t prefetch_;
  std::vector<std::size_t> started_;
};

}  // namespace

std::string fsdp_settings(const TrainingSetup& setup) {
  if (setup.prefetch < 0) {
    throw Error(fmt::format("{} layers cannot be gathered ahead", setup.prefetch),
                "--prefetch",
                "0, 1, 2 ...");
  }
  return fmt::format("prefetch {}, layers gathered forward and again backward", setup.prefetch);
}

TrainingSchedule make_fsdp(const TrainingSetup& setup, int rank) {
  const ScaledModel model = scaled(setup);
  const auto ranks = static_cast<std::uint64_t>(setup.ranks);
  const auto shard = [&](std::uint64_t count) { return (count + ranks - 1) / ranks; };
  std::vector<std::uint64_t> shards;
  std::uint64_t in_layers = 0;
  for (std::uint64_t layer = 0; layer < model.layers; ++layer) {
    shards.push_back(shard(model.layer_count(layer)));
    in_layers += model.layer_count(layer);
  }
  // Embedding, last norm and output are one unit that stays whole from the first use to the last.
  const std::uint64_t root_shard = shard(model.parameters() - in_layers);
  const double root_flops = model.forward_flops(model.layers);

  ScheduleBuilder builder({
      {"data", 0, rank, setup.ranks}
  });
  const std::size_t root = builder.start(TransferKind::kAllGather, 0, root_shard);
  Gathers forward(builder, shards, setup.prefetch);
  for (std::size_t layer = 0; layer < shards.size(); ++layer) {
    forward.need(layer);
    builder.wait(root);
    builder.compute(model.forward_flops(layer));
  }
  builder.compute(3 * root_flops);  // forward, and at once backward
  std::reverse(shards.begin(), shards.end());
  Gathers backward(builder, shards, setup.prefetch);
  for (std::size_t position = 0; position < shards.size(); ++position) {
    backward.need(position);
    builder.compute(2 * model.forward_flops(shards.size() - 1 - position));
    builder.start(TransferKind::kReduceScatter, 0, shards[position]);
  }
  builder.start(TransferKind::kReduceScatter, 0, root_shard);
  return builder.finish();
}

}  // namespace fabricast
