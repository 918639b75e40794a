// Timing one case: warm up, sample until the median is known well enough, check every payload.
#pragma once

#include "bench/backend.hpp"
#include "bench/control.hpp"
#include "bench/watchdog.hpp"
#include "core/record.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace fabricast {

struct StoppingRule {
  int warmup = 3;
  int min_samples = 10;
  int max_samples = 2000;
  double precision = 0.02;  // half width of the median's 95 % interval, relative
  Seconds time_cap{1.0};    // for one case, filling and checking included
};

struct Samples {
  std::vector<double> slowest_us;             // per iteration, the maximum over all ranks
  std::vector<double> slowest_device_us;      // the same by the GPUs' clocks, or none
  double first_call_us = 0;                   // untimed or timed: the very first
  std::vector<std::vector<double>> local_us;  // per local rank, its own times
  std::uint64_t wrong_elements = 0;           // over all ranks and iterations
  StopReason stopped_by = StopReason::kPrecise;
};

/// For the proof that the check works: flips one bit of the received data of `process` between the
/// collective and the check of the first timed iteration.
struct PlantedFlip {
  int process = 0;
  std::uint64_t random = 0;
};

/// Collective over all processes of `control`: each takes the same number of samples, because every
/// decision rests on maxima over ranks. Throws Error if the counts differ after all.
Samples sample(Operation& operation,
               Control& control,
               const StoppingRule& rule,
               Watchdog& watchdog,
               const std::optional<PlantedFlip>& flip = std::nullopt);

/// The rule alone: whether these samples are enough, and why.
std::optional<StopReason> stop_reason(const std::vector<double>& samples,
                                      Seconds elapsed,
                                      const StoppingRule& rule);

}  // namespace fabricast
