// What a layer computes, from options to records: `measure --compute`.
#pragma once

#include "cli/measuring.hpp"
#include "cli/model_options.hpp"
#include "core/compute_record.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace fabricast {

/// The option --compute, and what cannot be given together with it.
void add_compute_option(CLI::App& app, bool& compute);

struct ComputeResult {
  bool root = true;  // there is one process
  std::vector<ComputeRecord> records;
  std::vector<std::string> skipped;  // what this device or the model's shapes cannot, with reasons
  std::uint64_t wrong_elements = 0;
};

/// As measure() in cli/measuring.hpp, in one process. Of `measure` the backend, the rule, the
/// budget, the types and the files count.
ComputeResult measure_computations(const MeasureOptions& measure, const ModelOptions& model);

}  // namespace fabricast
