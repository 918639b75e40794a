#include "core/sample_shape.hpp"

#include "core/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fabricast {

namespace {

constexpr std::size_t kFewest = 20;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

// Ranks from 0, ties by their mean.
std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first;
    while (end < order.size() && values[order[end]] == values[order[first]]) {
      ++end;
    }
    for (std::size_t i = first; i < end; ++i) {
      ranks[order[i]] = static_cast<double>(first + end - 1) / 2;
    }
    first = end;
  }
  return ranks;
}

// Correlation of the values' ranks with their places.
double spearman(const std::vector<double>& values) {
  const std::vector<double> ranks = ranks_of(values);
  const double mean = static_cast<double>(values.size() - 1) / 2;
  double both = 0;
  double of_ranks = 0;
  double of_places = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const double place = static_cast<double>(i) - mean;
    both += place * (ranks[i] - mean);
    of_ranks += (ranks[i] - mean) * (ranks[i] - mean);
    of_places += place * place;
  }
  return of_ranks > 0 ? both / std::sqrt(of_ranks * of_places) : 0;
}

struct Moments {
  double n = 0;
  double sum = 0;
  double squares = 0;

  void add(double x, double sign = 1) {
    n += sign;
    sum += sign * x;
    squares += sign * x * x;
  }
  [[nodiscard]] double mean() const { return sum / n; }
  [[nodiscard]] double scatter() const { return std::max(0.0, squares - sum * sum / n); }
  [[nodiscard]] double variance() const { return scatter() / n; }
};

// Size of the lower part, and Ashman's D of the two.
struct Split {
  std::size_t lower = 0;
  double separation = 0;
};

Split best_split(const std::vector<double>& sorted_logs) {
  Moments low;
  Moments high;
  for (const double x : sorted_logs) {
    high.add(x - sorted_logs.front());  // from a near origin, for the squares' sake
  }
  Split best;
  double least = INFINITY;
  for (std::size_t i = 0; i + 1 < sorted_logs.size(); ++i) {
    const double x = sorted_logs[i] - sorted_logs.front();
    low.add(x);
    high.add(x, -1);
    if (low.scatter() + high.scatter() < least) {
      least = low.scatter() + high.scatter();
      const double spread = std::sqrt(low.variance() + high.variance());
      best = {i + 1, std::sqrt(2.0) * (high.mean() - low.mean()) / spread};
    }
  }
  return best;
}

}  // namespace

std::optional<Drift> find_drift(const std::vector<double>& samples) {
  constexpr double kStandardErrors = 4;
  constexpr double kLeastChange = 0.05;
  if (samples.size() < kFewest) {
    return std::nullopt;
  }
  const double standard_error = 1 / std::sqrt(static_cast<double>(samples.size() - 1));
  const auto third = static_cast<std::ptrdiff_t>(samples.size() / 3);
  const double before = median({samples.begin(), samples.begin() + third});
  const double change = median({samples.end() - third, samples.end()}) / before - 1;
  if (!(std::fabs(spearman(samples)) > kStandardErrors * standard_error) ||
      !(std::fabs(change) >= kLeastChange)) {
    return std::nullopt;
  }
  return Drift{change};
}

std::optional<TwoModes> find_two_modes(const std::vector<double>& samples) {
  constexpr double kLeastSeparation = 5;
  constexpr double kLeastShare = 0.1;
  constexpr double kLeastRatio = 1.1;
  if (samples.size() < kFewest || *std::min_element(samples.begin(), samples.end()) <= 0) {
    return std::nullopt;
  }
  std::vector<double> sorted = samples;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> logs;
  for (const double x : sorted) {
    logs.push_back(std::log(x));
  }
  const Split split = best_split(logs);
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(split.lower);
  const TwoModes modes{
      .fast = quantile({sorted.begin(), middle}, 0.5),
      .slow = quantile({middle, sorted.end()}, 0.5),
      .slow_share = 1 - static_cast<double>(split.lower) / static_cast<double>(samples.size())};
  const bool both_matter = modes.slow_share >= kLeastShare && modes.slow_share <= 1 - kLeastShare;
  return split.separation >= kLeastSeparation && both_matter &&
                 modes.slow >= kLeastRatio * modes.fast
             ? std::optional(modes)
             : std::nullopt;
}

std::optional<Skew> find_skew(const std::vector<double>& rank_medians) {
  if (rank_medians.size() < 2) {
    return std::nullopt;
  }
  const auto slowest = std::max_element(rank_medians.begin(), rank_medians.end());
  const double middle = median(rank_medians);
  return Skew{static_cast<std::size_t>(slowest - rank_medians.begin()),
              middle > 0 ? *slowest / middle - 1 : 0};
}

std::vector<std::string> describe_shape(const std::vector<double>& samples_us,
                                        const std::vector<double>& rank_medians_us) {
  std::vector<std::string> lines;
  if (const auto drift = find_drift(samples_us)) {
    lines.push_back(fmt::format("times drift: the last third is {:.0f} % {} than the first",
                                100 * std::fabs(drift->change),
                                drift->change > 0 ? "slower" : "faster"));
  }
  if (const auto modes = find_two_modes(samples_us)) {
    lines.push_back(
        fmt::format("two kinds of iterations: {:.0f} % near {:.4g} us, {:.0f} % near "
                    "{:.4g} us; the median tells of one of them",
                    100 * (1 - modes->slow_share),
                    modes->fast,
                    100 * modes->slow_share,
                    modes->slow));
  }
  if (const auto skew = find_skew(rank_medians_us); skew && skew->excess >= kNotableSkew) {
    lines.push_back(fmt::format("rank {} is the slowest: {:.0f} % above the median rank",
                                skew->slowest_rank,
                                100 * skew->excess));
  }
  return lines;
}

}  // namespace fabricast
