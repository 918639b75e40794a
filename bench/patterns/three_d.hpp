// Tensor, pipeline and data parallelism at once, each on its own communicators.
#pragma once

#include "bench/patterns/schedule.hpp"
#include "bench/patterns/setup.hpp"

#include <string>

namespace fabricast {

struct Grid {
  int tensor = 1;
  int pipeline = 1;
  int data = 1;
};

/// What the setup asks for; where it leaves the choice, 2 where that divides. Throws Error when
/// tensor x pipeline does not divide the ranks.
Grid grid_of(const TrainingSetup& setup);

/// A rank's three groups in this order. Neighbouring ranks share tensors, then data; stages are
/// farthest apart, as they exchange least.
enum GridGroup : std::size_t { kTensorGroup, kDataGroup, kPipelineGroup };
std::vector<Group> grid_groups(const Grid& grid, int rank);

/// Throws Error as grid_of, and as the tensor-parallel and pipeline patterns do.
std::string three_d_settings(const TrainingSetup& setup);
TrainingSchedule make_three_d(const TrainingSetup& setup, int rank);

}  // namespace fabricast
