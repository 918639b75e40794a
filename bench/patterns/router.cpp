#include "bench/patterns/router.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <random>

namespace fabricast {

namespace {

// std::*_distribution differ between standard libraries; the engine does not.
double uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

std::vector<double> popularity(const Routing& r, std::mt19937_64& random) {
  std::vector<double> weights(r.experts);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    weights[k] = std::pow(static_cast<double>(k + 1), -r.skew);
  }
  for (std::size_t k = weights.size(); k-- > 1;) {
    std::swap(weights[k], weights[random() % (k + 1)]);
  }
  return weights;
}

/// Index of a weight, chosen in proportion.
std::size_t draw(const std::vector<double>& weights, std::mt19937_64& random) {
  double left = uniform(random) * std::accumulate(weights.begin(), weights.end(), 0.0);
  std::size_t at = 0;
  while (at + 1 < weights.size() && left >= weights[at]) {
    left -= weights[at++];
  }
  return at;
}

}  // namespace

std::vector<std::uint64_t> route_tokens(const Routing& r) {
  const auto ranks = static_cast<std::size_t>(r.ranks);
  const std::size_t experts_per_rank = r.experts / ranks;
  std::mt19937_64 random(r.seed);
  const std::vector<double> weights = popularity(r, random);
  std::vector<std::uint64_t> traffic(ranks * ranks, 0);
  for (std::size_t source = 0; source < ranks; ++source) {
    for (std::uint64_t token = 0; token < r.tokens; ++token) {
      std::vector<double> left = weights;
      for (std::uint64_t visit = 0; visit < r.experts_per_token; ++visit) {
        const std::size_t expert = draw(left, random);
        left[expert] = 0;
        ++traffic[source * ranks + expert / experts_per_rank];
      }
    }
  }
  return traffic;
}

std::vector<std::uint64_t> transposed(const std::vector<std::uint64_t>& traffic, int ranks) {
  const auto n = static_cast<std::size_t>(ranks);
  std::vector<std::uint64_t> back(traffic.size());
  for (std::size_t s = 0; s < n; ++s) {
    for (std::size_t d = 0; d < n; ++d) {
      back[d * n + s] = traffic[s * n + d];
    }
  }
  return back;
}

}  // namespace fabricast
