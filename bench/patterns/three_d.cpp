#include "bench/patterns/three_d.hpp"

#include "bench/patterns/ddp.hpp"
#include "bench/patterns/pipeline.hpp"
#include "bench/patterns/tensor_parallel.hpp"
#include "core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fabricast {

namespace {

int chosen(int asked, int ranks) { return asked > 0 ? asked : ranks % 2 == 0 ? 2 : 1; }

/// A bucket of gradients, and the layer whose backward pass completes it.
struct GradientBucket {
  std::uint64_t count = 0;
  std::uint64_t last_layer = 0;
};

/// What a stage holds of the model, split over the tensor group.
std::vector<GradientBucket> gradient_buckets(const TrainingSetup& setup,
                                             const ScaledModel& model,
                                             const LayerRange& layers,
                                             int tensor_ranks) {
  const auto split = static_cast<std::uint64_t>(tensor_ranks);
  std::vector<ScaledTensor> mine;
  std::vector<std::uint64_t> bytes;
  for (auto t = model.tensors.rbegin(); t != model.tensors.rend(); ++t) {
    const bool here = t->layer >= layers.first && t->layer < layers.end;
    const bool behind = t->layer == model.layers && layers.end == model.layers;
    if (here || behind) {
      mine.push_back(*t);
      mine.back().count = (t->count + split - 1) / split;
      bytes.push_back(mine.back().count * static_cast<std::uint64_t>(info(setup.type).bytes));
    }
  }
  std::vector<GradientBucket> buckets;
  for (const auto& members : fill_buckets(bytes, bucket_limits(setup))) {
    GradientBucket bucket;
    for (const std::size_t i : members) {
      bucket.count += mine[i].count;
      bucket.last_layer = std::min(mine[i].layer, model.layers - 1);
    }
    buckets.push_back(bucket);
  }
  return buckets;
}

}  // namespace

Grid grid_of(const TrainingSetup& setup) {
  Grid grid;
  grid.tensor = chosen(setup.tensor_parallel, setup.ranks);
  grid.pipeline = chosen(setup.pipeline_parallel, setup.ranks / std::max(1, grid.tensor));
  const int both = grid.tensor * grid.pipeline;
  if (setup.ranks % both != 0) {
    throw Error(fmt::format("{} ranks do not divide into tensor {} x pipeline {}",
                            setup.ranks,
                            grid.tensor,
                            grid.pipeline),
                "--tp, --pp",
                fmt::format("--tp and --pp whose product divides {}", setup.ranks));
  }
  grid.data = setup.ranks / both;
  return grid;
}

std::vector<Group> grid_groups(const Grid& grid, int rank) {
  const int tensor = rank % grid.tensor;
  const int data = rank / grid.tensor % grid.data;
  const int stage = rank / (grid.tensor * grid.data);
  return {
      {"tensor",   stage * grid.data + data,     tensor, grid.tensor  },
      {"data",     stage * grid.tensor + tensor, data,   grid.data    },
      {"pipeline", data * grid.tensor + tensor,  stage,  grid.pipeline}
  };
}

std::string three_d_settings(const TrainingSetup& setup) {
  const Grid grid = grid_of(setup);
  refuse_split_heads(setup.workload.heads, grid.tensor);
  refuse_pipeline(setup, grid.pipeline);
  return fmt::format(
      "tensor {} x pipeline {} x data {}, {} micro-batches, buckets of {} MiB before "
      "scaling",
      grid.tensor,
      grid.pipeline,
      grid.data,
      setup.microbatches,
      static_cast<double>(setup.bucket_bytes) / (1 << 20));
}

TrainingSchedule make_three_d(const TrainingSetup& setup, int rank) {
  const ScaledModel model = scaled(setup);
  const Grid grid = grid_of(setup);
  ScheduleBuilder builder(grid_groups(grid, rank));
  const int stage = builder.group(kPipelineGroup).rank;
  const LayerRange layers = layers_of_stage(model.layers, stage, grid.pipeline);
  const SplitLayer split(model, setup.sequence_parallel, kTensorGroup);
  const auto buckets = gradient_buckets(setup, model, layers, grid.tensor);

  const auto forward = [&] {
    for (std::uint64_t layer = layers.first; layer < layers.end; ++layer) {
      split.forward(builder, layer);
    }
  };
  // Gradients add up over the micro-batches: only those of the last one are final.
  const auto backward = [&](bool last) {
    std::size_t next = 0;
    for (std::uint64_t layer = layers.end; layer-- > layers.first;) {
      split.backward(builder, layer);
      for (; last && next < buckets.size() && buckets[next].last_layer >= layer; ++next) {
        builder.start(TransferKind::kAllReduce, kDataGroup, buckets[next].count);
      }
    }
  };
  add_pipeline(builder,
               kPipelineGroup,
               setup.microbatches,
               model.activation(),
               [&](const PipelineTurn& turn) {
                 if (turn.forward) {
                   forward();
                 } else {
                   backward(turn.microbatch + 1 == setup.microbatches);
                 }
               });
  return builder.finish();
}

}  // namespace fabricast
