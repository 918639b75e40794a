// The training patterns that can be measured.
#pragma once

#include "bench/patterns/schedule.hpp"
#include "bench/patterns/setup.hpp"

#include <span>
#include <string>
#include <string_view>

namespace fabricast {

struct TrainingPattern {
  std::string_view name;
  std::string_view meaning;
  std::string_view workload;  // unless the user names one
  std::string_view remark;    // what the reader of its times must know, or ""
  /// What it runs with, in words. Throws Error when the setup does not fit the number of ranks or
  /// the workload.
  std::string (*settings)(const TrainingSetup& setup);
  /// For a setup that `settings` has accepted.
  TrainingSchedule (*make)(const TrainingSetup& setup, int rank);
};

std::span<const TrainingPattern> training_patterns();

/// Throws Error with the names that exist.
const TrainingPattern& find_training_pattern(std::string_view name);

}  // namespace fabricast
