#include "model/collective/candidate_set.hpp"

#include "model/collective/nccl_choice.hpp"
#include "model/collective/window_cost.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fabricast {

namespace {

// Estimates that differ by this factor's logarithm are told apart with odds of e to 1.
// Cross-validated on the published curves: 0.05 and 0.3 are both worse.
constexpr double kTemperature = 0.15;
constexpr double kNone = std::numeric_limits<double>::infinity();
// As NCCL on a box of eight; counts between nodes alone.
constexpr int kRcclChannels = 16;
constexpr std::string_view kSymmetric = "symmetric";

}  // namespace

CandidateSet::CandidateSet(const Setting& setting,
                           Collective collective,
                           const std::string& nccl_version,
                           const Inputs& inputs)
    : collective_(collective),
      candidates_(priceable(setting, collective)),
      team_{setting.layout.per_node,
            setting.architecture == "blackwell",
            symmetric_multicast(setting)} {
  std::vector<NcclCell> cells;
  if (!setting.on_host() && !setting.on_rccl()) {
    version_ = nccl_version.empty() ? std::string(kDefaultNcclVersion) : nccl_version;
    tuner_ = std::make_unique<NcclTuner>(version_, nccl_topology(setting, inputs));
    cells = tuner_->cells(collective);
  }
  std::erase_if(candidates_, [&](const Candidate& c) {
    return needs_windows(c.algorithm) &&
           window_obstacle(setting, collective, c.algorithm, version_).has_value();
  });
  const int usual = !cells.empty() ? cells.front().channels : setting.on_rccl() ? kRcclChannels : 1;
  for (Candidate& candidate : candidates_) {
    const auto cell = std::find_if(cells.begin(), cells.end(), [&](const NcclCell& c) {
      return name(c.algorithm) == candidate.algorithm && name(c.protocol) == candidate.protocol;
    });
    const bool known = cell != cells.end();
    cells_.push_back(known ? std::optional(*cell) : std::nullopt);
    // What NCCL does not have (hierarchical) is cut into as many channels as its first cell.
    candidate.channels = known ? cell->channels : usual;
    costs_.push_back(make_cost(setting, collective, candidate, inputs));
    const std::string bias = "selection." + candidate.algorithm + "_" + candidate.protocol;
    bias_.push_back(inputs.has(bias) ? std::optional(inputs.index(bias)) : std::nullopt);
  }
}

void CandidateSet::keep(const std::vector<std::size_t>& kept) {
  for (std::size_t to = 0; to < kept.size(); ++to) {
    const std::size_t from = kept[to];
    if (to != from) {
      candidates_[to] = std::move(candidates_[from]);
      costs_[to] = std::move(costs_[from]);
      cells_[to] = cells_[from];
      bias_[to] = bias_[from];
    }
  }
  candidates_.resize(kept.size());
  costs_.resize(kept.size());
  cells_.resize(kept.size());
  bias_.resize(kept.size());
}

bool CandidateSet::is_estimated(std::size_t i) const {
  return cells_[i].has_value() || candidates_[i].algorithm == kSymmetric;
}

void CandidateSet::keep_usual() {
  bool estimates = false;
  for (std::size_t i = 0; i < size(); ++i) {
    estimates = estimates || is_estimated(i);
  }
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < size(); ++i) {
    if (candidates_[i].unasked && (is_estimated(i) || !estimates)) {
      kept.push_back(i);
    }
  }
  keep(kept);
}

Prices CandidateSet::prices(const Inputs& inputs) const {
  Prices prices;
  prices.reserve(size());
  for (const auto& cost : costs_) {
    prices.push_back(cost->price(inputs));
  }
  return prices;
}

std::optional<Seconds> CandidateSet::nccl_estimate(std::size_t i, Bytes message) const {
  if (cells_[i]) {
    return tuner_->estimate(*cells_[i], collective_, message);
  }
  const auto kernel = symmetric_kernel(i, message);
  return kernel ? std::optional(kernel->time) : std::nullopt;
}

std::optional<SymmetricEstimate> CandidateSet::symmetric_kernel(std::size_t i,
                                                                Bytes message) const {
  return candidates_[i].algorithm == kSymmetric
             ? symmetric_estimate(team_, collective_, candidates_[i].protocol, message)
             : std::nullopt;
}

std::vector<double> CandidateSet::log_estimates(Bytes message) const {
  std::vector<double> symmetric;
  std::vector<double> others;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto kernel = symmetric_kernel(i, message);
    symmetric.push_back(kernel ? std::log(kernel->rank.si()) : kNone);
    others.push_back(cells_[i] ? std::log(tuner_->estimate(*cells_[i], collective_, message).si())
                               : kNone);
  }
  const bool taken =
      std::any_of(symmetric.begin(), symmetric.end(), [](double t) { return t < kNone; });
  return taken ? symmetric : others;
}

std::size_t CandidateSet::nccl_choice(const Prices& prices, Bytes message) const {
  const std::vector<double> estimates = log_estimates(message);
  const auto least = std::min_element(estimates.begin(), estimates.end());
  return *least == kNone ? fastest(prices, message)
                         : static_cast<std::size_t>(least - estimates.begin());
}

std::size_t CandidateSet::fastest(const Prices& prices, Bytes message) const {
  std::size_t best = 0;
  for (std::size_t i = 1; i < size(); ++i) {
    if (prices[i].at(message) < prices[best].at(message)) {
      best = i;
    }
  }
  return best;
}

void CandidateSet::weigh(const Inputs& inputs,
                         const Prices& prices,
                         const std::vector<double>& log_estimates,
                         Bytes message,
                         std::vector<double>& weights) const {
  weights.assign(size(), 0);
  double least = kNone;
  for (std::size_t i = 0; i < size(); ++i) {
    weights[i] = log_estimates[i] + (bias_[i] ? std::log(inputs.value(*bias_[i])) : 0);
    least = std::min(least, weights[i]);
  }
  if (least == kNone) {
    weights.assign(size(), 0);
    weights[fastest(prices, message)] = 1;
    return;
  }
  double sum = 0;
  for (double& w : weights) {
    w = std::exp((least - w) / kTemperature);
    sum += w;
  }
  for (double& w : weights) {
    w /= sum;
  }
}

double blended_log_time(const Prices& prices, const std::vector<double>& weights, Bytes message) {
  constexpr double kNegligible = 1e-6;
  double sum = 0;
  for (std::size_t i = 0; i < prices.size(); ++i) {
    if (weights[i] > kNegligible) {
      sum += weights[i] * std::log(prices[i].at(message).si());
    }
  }
  return sum;
}

}  // namespace fabricast
