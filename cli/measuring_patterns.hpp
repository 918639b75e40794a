// Training patterns from options to records: `measure --pattern`.
#pragma once

#include "cli/measuring.hpp"
#include "cli/model_options.hpp"
#include "core/training_record.hpp"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace fabricast {

struct PatternOptions {
  std::vector<std::string> patterns;  // names, or "all"; none: collectives are measured
  std::uint64_t bucket_bytes = 25ULL << 20;
  int prefetch = 1;
  bool sequence_parallel = false;
  double skew = 1;
  std::uint64_t seed = 1;
  int microbatches = 8;
  int pipeline_parallel = 0;
};

/// The options of --pattern, and what cannot be given together with it.
void add_pattern_options(CLI::App& app, PatternOptions& options);

struct PatternResult {
  bool root = true;  // only process 0 has the records
  std::vector<TrainingRecord> records;
  std::vector<std::string> skipped;  // of --pattern all: what does not fit the job
  std::uint64_t wrong_elements = 0;
};

/// As measure() in cli/measuring.hpp. Of `measure` the job, the rule, the budget, the types and the
/// files count.
PatternResult measure_patterns(const MeasureOptions& measure,
                               const ModelOptions& model,
                               const PatternOptions& options);

}  // namespace fabricast
