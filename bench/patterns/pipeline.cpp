#include "bench/patterns/pipeline.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fabricast {

namespace {

/// The messages of one stage.
class StageMessages {
 public:
  StageMessages(ScheduleBuilder& builder, std::size_t group, int microbatches, std::uint64_t count)
      : builder_(builder), group_(group), microbatches_(microbatches), count_(count) {}

  /// The activations or gradients that a turn begins with.
  [[nodiscard]] std::size_t receive(const PipelineTurn& turn) const {
    return message(TransferKind::kReceive, turn, turn.forward ? -1 : 1);
  }
  void send(const PipelineTurn& turn) const {
    message(TransferKind::kSend, turn, turn.forward ? 1 : -1);
  }

 private:
  std::size_t message(TransferKind kind, const PipelineTurn& turn, int neighbour) const {
    const Group& stages = builder_.group(group_);
    const int peer = stages.rank + neighbour;
    if (peer < 0 || peer >= stages.ranks) {
      return ScheduleBuilder::kNothing;  // the ends of the pipeline
    }
    // One number for both ends: the boundary, the micro-batch, the direction.
    const int boundary = std::min(stages.rank, peer);
    const int id = (boundary * microbatches_ + turn.microbatch) * 2 + (turn.forward ? 0 : 1);
    return builder_.start_message(kind, group_, count_, peer, static_cast<std::uint64_t>(id));
  }

  ScheduleBuilder& builder_;
  std::size_t group_;
  int microbatches_;
  std::uint64_t count_;
};

}  // namespace

std::vector<PipelineTurn> one_forward_one_backward(int stage, int stages, int microbatches) {
  const int ahead = std::min(stages - stage - 1, microbatches);
  std::vector<PipelineTurn> turns;
  for (int i = 0; i < ahead; ++i) {
    turns.push_back({true, i});
  }
  for (int i = ahead; i < microbatches; ++i) {
    turns.push_back({true, i});
    turns.push_back({false, i - ahead});
  }
  for (int i = microbatches - ahead; i < microbatches; ++i) {
    turns.push_back({false, i});
  }
  return turns;
}

LayerRange layers_of_stage(std::uint64_t layers, int stage, int stages) {
  const auto s = static_cast<std::uint64_t>(stage);
  const auto n = static_cast<std::uint64_t>(stages);
  return {layers * s / n, layers * (s + 1) / n};
}

void add_pipeline(ScheduleBuilder& builder,
                  std::size_t group,
                  int microbatches,
                  std::uint64_t count,
                  const std::function<void(const PipelineTurn&)>& run) {
  const Group& stages = builder.group(group);
  const auto turns = one_forward_one_backward(stages.rank, stages.ranks, microbatches);
  const StageMessages messages(builder, group, microbatches, count);
  std::size_t received = messages.receive(turns.front());
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const std::size_t next =
        i + 1 < turns.size() ? messages.receive(turns[i + 1]) : ScheduleBuilder::kNothing;
    builder.wait(received);
    run(turns[i]);
    messages.send(turns[i]);
    received = next;
  }
}

void refuse_pipeline(const TrainingSetup& setup, int stages) {
  if (static_cast<std::uint64_t>(stages) > setup.workload.layers) {
    throw Error(fmt::format("{} stages are more than the {} layers of {}",
                            stages,
                            setup.workload.layers,
                            setup.workload.id),
                "",
                "fewer ranks, or a deeper --workload");
  }
  if (setup.microbatches < 1) {
    throw Error("a pipeline needs at least one micro-batch", "--microbatches", "1, 2, 4 ...");
  }
}

std::string pipeline_settings(const TrainingSetup& setup) {
  refuse_pipeline(setup, setup.ranks);
  return fmt::format(
      "{} stages, {} micro-batches, one forward, one backward", setup.ranks, setup.microbatches);
}

TrainingSchedule make_pipeline(const TrainingSetup& setup, int rank) {
  const ScaledModel model = scaled(setup);
  const LayerRange mine = layers_of_stage(model.layers, rank, setup.ranks);
  double flops = rank + 1 == setup.ranks ? model.forward_flops(model.layers) : 0;
  for (std::uint64_t layer = mine.first; layer < mine.end; ++layer) {
    flops += model.forward_flops(layer);
  }
  ScheduleBuilder builder({
      {"pipeline", 0, rank, setup.ranks}
  });
  add_pipeline(builder, 0, setup.microbatches, model.activation(), [&](const PipelineTurn& turn) {
    builder.compute(turn.forward ? flops : 2 * flops);
  });
  return builder.finish();
}

}  // namespace fabricast
