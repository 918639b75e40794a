// Runs a list of cases: Google Benchmark drives, records come out.
#pragma once

#include "bench/backend.hpp"
#include "bench/control.hpp"
#include "bench/sampler.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

struct DriverOptions {
  StoppingRule rule;
  Seconds timeout{60.0};       // watchdog deadline of one collective
  std::string benchmark_json;  // stock Google Benchmark JSON goes here; "" for none
  std::optional<PlantedFlip> flip;
  Origin origin;  // copied into every record
};

/// "all_reduce/mpi/ring/float32/65536": the name of a case as a registered benchmark.
std::string benchmark_name(const Backend& backend, const Case& c);

/// Collective over all processes. Each case is a registered Google Benchmark with manual time: the
/// maximum over ranks, so that all ranks take the same decisions. `on_record` is called on process
/// 0 only, after each case, and may throw to end the run.
void drive(const std::vector<Case>& cases,
           Backend& backend,
           Control& control,
           const DriverOptions& options,
           const std::function<void(const Record&)>& on_record);

}  // namespace fabricast
