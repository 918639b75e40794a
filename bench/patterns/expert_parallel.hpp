// Expert parallelism: tokens travel to the ranks that own their experts, and back.
#pragma once

#include "bench/patterns/schedule.hpp"
#include "bench/patterns/setup.hpp"

#include <string>

namespace fabricast {

/// Throws Error for a workload without experts, and for experts that do not divide over the ranks.
std::string expert_parallel_settings(const TrainingSetup& setup);

/// Tokens come in two halves, so that attention and experts of one half run while the other one
/// travels. Every layer routes anew.
TrainingSchedule make_expert_parallel(const TrainingSetup& setup, int rank);

}  // namespace fabricast
