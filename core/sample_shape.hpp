// What a median hides: times that drift, fall into two groups, or differ between ranks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace fabricast {

/// A trend over the iterations.
struct Drift {
  double change = 0;  // of the last third's median against the first third's: 0.1 is 10 % slower
};
/// Found where Spearman's rank correlation of time and iteration is beyond four standard errors
/// (one false alarm in 16,000 rows of independent samples) and the change is at least 5 %. Needs 20
/// samples.
std::optional<Drift> find_drift(const std::vector<double>& samples);

/// Two groups of times with little between them.
struct TwoModes {
  double fast = 0;  // medians of the groups
  double slow = 0;
  double slow_share = 0;  // of the samples
};
/// The split of the logarithms that leaves the least variance within both parts (Otsu 1979), where
/// Ashman's D (Ashman, Bird and Zepf 1994) is at least 5, each part has a tenth of the samples, and
/// the medians differ by at least 10 %. One bell has a D of 2.7, a uniform distribution one of 3.5.
/// Needs 20 samples.
std::optional<TwoModes> find_two_modes(const std::vector<double>& samples);

/// The slowest rank by its own median.
struct Skew {
  std::size_t slowest_rank = 0;
  double excess = 0;  // over the median rank: 0.1 is 10 % slower
};
/// Nothing for fewer than two ranks.
std::optional<Skew> find_skew(const std::vector<double>& rank_medians);

/// Excess from which a rank is worth naming.
inline constexpr double kNotableSkew = 0.1;

/// One line for each of these that a reader must know of.
std::vector<std::string> describe_shape(const std::vector<double>& samples_us,
                                        const std::vector<double>& rank_medians_us);

}  // namespace fabricast
