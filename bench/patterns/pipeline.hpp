// Pipeline parallelism: the layers are split into stages, micro-batches pass through them.
#pragma once

#include "bench/patterns/schedule.hpp"
#include "bench/patterns/setup.hpp"

#include <functional>
#include <string>
#include <vector>

namespace fabricast {

/// One micro-batch on one stage.
struct PipelineTurn {
  bool forward = true;
  int microbatch = 0;
};

/// One forward, one backward (1F1B): a stage first runs as many forwards as there are stages behind
/// it, then alternates, then drains. So a stage keeps at most stages - stage activations.
std::vector<PipelineTurn> one_forward_one_backward(int stage, int stages, int microbatches);

/// First and one behind the last layer of a stage; they differ by at most one layer in size.
struct LayerRange {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};
LayerRange layers_of_stage(std::uint64_t layers, int stage, int stages);

/// The turns of this rank's stage, with messages of `count` elements between stages; the ranks of
/// `group` are the stages. Each receive is posted one turn ahead. `run` adds a turn's computation.
void add_pipeline(ScheduleBuilder& builder,
                  std::size_t group,
                  int microbatches,
                  std::uint64_t count,
                  const std::function<void(const PipelineTurn&)>& run);

/// Throws Error where there are more stages than layers, or no micro-batch.
std::string pipeline_settings(const TrainingSetup& setup);
TrainingSchedule make_pipeline(const TrainingSetup& setup, int rank);

/// As pipeline_settings, for any number of stages.
void refuse_pipeline(const TrainingSetup& setup, int stages);

}  // namespace fabricast
