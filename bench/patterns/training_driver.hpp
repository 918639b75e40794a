// Measures a training pattern: communication alone, computation alone, both.
#pragma once

#include "bench/backend.hpp"
#include "bench/control.hpp"
#include "bench/patterns/pattern_table.hpp"
#include "bench/sampler.hpp"
#include "core/training_record.hpp"

#include <optional>

namespace fabricast {

struct TrainingOptions {
  StoppingRule rule;                     // of each of the three parts
  Seconds timeout{60.0};                 // watchdog deadline of one step
  std::optional<PlantedFlip> flip = {};  // in the part that has both
  Origin origin = {};                    // copied into the record
};

/// Collective over all processes; every one of them gets the record. Throws Error when the setup
/// does not fit the ranks, the backend runs no patterns, or the buffers do not fit into memory.
TrainingRecord measure_training(const TrainingPattern& pattern,
                                const TrainingSetup& setup,
                                Backend& backend,
                                Control& control,
                                const TrainingOptions& options);

}  // namespace fabricast
