// Options of measurements that take their sizes from a model: --pattern and --compute.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace fabricast {

struct ModelOptions {
  std::string workload;              // "": the measurement's own
  std::string scale;                 // "1/1000", "0.001"; "": the measurement's own
  std::uint64_t tokens = 0;          // 0: the measurement's own
  std::vector<int> tensor_parallel;  // none: the measurement's own
};

/// They are refused where neither --pattern nor --compute is given.
void add_model_options(CLI::App& app, ModelOptions& options);

/// 0 < scale <= 1 of "1/1000" or "0.001". Throws Error for anything else.
double parse_scale(const std::string& text);

}  // namespace fabricast
