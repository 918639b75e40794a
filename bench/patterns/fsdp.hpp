// Data parallelism with split parameters: each layer is gathered before it is used, forward and
// backward, and its gradients are reduced to their owners.
#pragma once

#include "bench/patterns/schedule.hpp"
#include "bench/patterns/setup.hpp"

#include <string>

namespace fabricast {

/// Throws Error for a prefetch depth below 0.
std::string fsdp_settings(const TrainingSetup& setup);
TrainingSchedule make_fsdp(const TrainingSetup& setup, int rank);

}  // namespace fabricast
