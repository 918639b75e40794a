#include "bench/sampler.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace fabricast {

namespace {

using Clock = std::chrono::steady_clock;

Seconds since(Clock::time_point start) {
  return Seconds(std::chrono::duration<double>(Clock::now() - start).count());
}

double slowest_host(const std::vector<RankTime>& ranks) {
  double slowest = 0;
  for (const RankTime& r : ranks) {
    slowest = std::max(slowest, r.host.si());
  }
  return slowest;
}

// Negative without a GPU's clock.
double slowest_device(const std::vector<RankTime>& ranks) {
  double slowest = -1;
  for (const RankTime& r : ranks) {
    slowest = std::max(slowest, r.device ? r.device->si() : -1);
  }
  return slowest;
}

// Sorting all samples after each one would cost more than small collectives take: look at 10, 12,
// 15, ... samples, 20 % apart.
int next_look(int samples, const StoppingRule& rule) {
  return std::min(rule.max_samples, std::max(samples + 1, samples * 6 / 5));
}

void refuse_unequal_counts(Control& control, std::size_t samples) {
  const auto mine = static_cast<double>(samples);
  if (control.max(mine) != control.min(mine)) {
    throw Error("the ranks made different numbers of iterations",
                "",
                "report this: the stopping rule must take the same decision everywhere",
                ExitCode::kCutShort);
  }
}

}  // namespace

std::optional<StopReason> stop_reason(const std::vector<double>& samples,
                                      Seconds elapsed,
                                      const StoppingRule& rule) {
  const int n = static_cast<int>(samples.size());
  if (n >= rule.min_samples) {
    const Summary s = summarize(samples);
    if (s.interval_reached && (s.high - s.low) / 2 <= rule.precision * s.median) {
      return StopReason::kPrecise;
    }
  }
  if (n >= rule.max_samples) {
    return StopReason::kSampleCap;
  }
  return elapsed > rule.time_cap ? std::optional(StopReason::kTimeCap) : std::nullopt;
}

Samples sample(Operation& operation,
               Control& control,
               const StoppingRule& rule,
               Watchdog& watchdog,
               const std::optional<PlantedFlip>& flip) {
  Samples samples;
  const Clock::time_point start = Clock::now();
  int look_at = std::min(rule.min_samples, rule.max_samples);
  for (int iteration = -rule.warmup;; ++iteration) {
    // The pattern differs between neighbouring iterations, so that a stale result is a wrong one.
    const auto pattern = static_cast<unsigned>(iteration + rule.warmup);
    operation.fill(pattern);
    watchdog.arm();
    control.barrier();
    const std::vector<RankTime> local = operation.run();
    std::array agreed{slowest_host(local), slowest_device(local), since(start).si()};
    control.max_each(agreed);
    watchdog.disarm();

    if (pattern == 0) {
      samples.first_call_us = agreed[0] * 1e6;
    }
    const bool timed = iteration >= 0;
    if (flip && iteration == 0 && flip->process == control.process()) {
      operation.flip_bit(flip->random);
    }
    samples.wrong_elements += operation.wrong_elements(pattern);
    const Seconds elapsed(agreed[2]);
    if (!timed) {
      // A first call opens connections; warm-up that eats half the time is cut, on all ranks alike.
      if (elapsed > rule.time_cap * 0.5) {
        iteration = -1;
      }
      continue;
    }
    samples.slowest_us.push_back(agreed[0] * 1e6);
    if (agreed[1] >= 0) {
      samples.slowest_device_us.push_back(agreed[1] * 1e6);
    }
    samples.local_us.resize(local.size());
    for (std::size_t r = 0; r < local.size(); ++r) {
      samples.local_us[r].push_back(in_us(local[r].host));
    }
    const int n = static_cast<int>(samples.slowest_us.size());
    if (n < look_at && elapsed <= rule.time_cap) {
      continue;
    }
    look_at = next_look(n, rule);
    if (const auto reason = stop_reason(samples.slowest_us, elapsed, rule)) {
      samples.stopped_by = *reason;
      break;
    }
  }
  refuse_unequal_counts(control, samples.slowest_us.size());
  samples.wrong_elements = control.sum(samples.wrong_elements);
  return samples;
}

}  // namespace fabricast
