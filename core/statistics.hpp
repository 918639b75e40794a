// Order statistics of samples: no distribution is assumed.
#pragma once

#include <vector>

namespace fabricast {

/// Linear interpolation between order statistics (type 7, the default of R and NumPy).
/// `sorted` is ascending and not empty; 0 <= p <= 1.
double quantile(const std::vector<double>& sorted, double p);

/// Ranks (0-based, inclusive) of the order statistics that bound the median with at least the
/// confidence asked for: binomial, so valid for any distribution.
/// Source: Hoefler and Belli, "Scientific Benchmarking of Parallel Computing Systems", SC'15,
/// rule 5.
struct MedianInterval {
  int low = 0;
  int high = 0;
  bool reached = false;  // false: too few samples for the confidence; low..high is then min..max
};
MedianInterval median_interval(int n, double confidence);

struct Summary {
  int n = 0;
  double median = 0;
  double low = 0;  // 95 % interval of the median
  double high = 0;
  bool interval_reached = false;  // at least 6 samples
  double min = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;
};

/// All fields 0 for no samples.
Summary summarize(std::vector<double> samples);

}  // namespace fabricast
