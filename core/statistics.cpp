#include "core/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace fabricast {

double quantile(const std::vector<double>& sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) {
    return sorted.back();
  }
  const double fraction = position - static_cast<double>(below);
  return sorted[below] + fraction * (sorted[below + 1] - sorted[below]);
}

MedianInterval median_interval(int n, double confidence) {
  if (n <= 0) {
    return {};
  }
  // P(fewer than k of n samples lie below the median) = sum of binomials; take k as large as the
  // tails allow. Logarithms keep 0.5^n representable for any n.
  const double tail_allowed = (1 - confidence) / 2;
  double tail = 0;
  int k = 0;
  for (; k < n / 2; ++k) {
    const double log_term =
        std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) - n * std::log(2.0);
    if (tail + std::exp(log_term) > tail_allowed) {
      break;
    }
    tail += std::exp(log_term);
  }
  if (k == 0) {
    return {0, n - 1, false};
  }
  return {k - 1, n - k, true};
}

Summary summarize(std::vector<double> samples) {
  if (samples.empty()) {
    return {};
  }
  std::sort(samples.begin(), samples.end());
  const int n = static_cast<int>(samples.size());
  const MedianInterval interval = median_interval(n, 0.95);
  return {
      .n = n,
      .median = quantile(samples, 0.5),
      .low = samples[static_cast<std::size_t>(interval.low)],
      .high = samples[static_cast<std::size_t>(interval.high)],
      .interval_reached = interval.reached,
      .min = samples.front(),
      .p95 = quantile(samples, 0.95),
      .p99 = quantile(samples, 0.99),
      .max = samples.back(),
  };
}

}  // namespace fabricast
