#include "model/collective/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace fabricast {

namespace {

class Accumulator {
 public:
  void add(const std::string& name,
           double down,
           double up,
           Provenance provenance,
           const std::string& source) {
    const double low = std::min({down, up, 0.0});
    const double high = std::max({down, up, 0.0});
    low_ += low * low;
    high_ += high * high;
    const double weight = low * low + high * high;
    if (weight > 0) {
      drivers_.push_back({name, weight, provenance, source});
    }
  }

  [[nodiscard]] Spread result() {
    std::sort(drivers_.begin(), drivers_.end(), [](const Driver& a, const Driver& b) {
      return a.share != b.share ? a.share > b.share : a.input < b.input;
    });
    const double total = low_ + high_;
    Spread spread{-std::sqrt(low_), std::sqrt(high_), {}};
    for (Driver& driver : drivers_) {
      driver.share /= total;
      if (driver.share >= 0.01) {
        spread.drivers.push_back(driver);
      }
    }
    return spread;
  }

 private:
  double low_ = 0;
  double high_ = 0;
  std::vector<Driver> drivers_;
};

}  // namespace

Outlook::Outlook(const CandidateSet& candidates, const Inputs& inputs, Selection selection)
    : candidates_(candidates),
      inputs_(inputs),
      selection_(selection),
      prices_(candidates.prices(inputs)) {
  const auto& joint = inputs_.joint();
  const std::unordered_set<std::string> fitted(joint.names.begin(), joint.names.end());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const auto& [name, q] = inputs_.at(i);
    if (q.lo < q.hi && !fitted.contains(name)) {
      try_values(i, q.lo, q.hi, ranges_);
    }
  }
  for (std::size_t k = 0; k < joint.names.size(); ++k) {
    const auto at = static_cast<Eigen::Index>(k);
    const std::size_t i = inputs_.index(joint.names[k]);
    const double factor = std::exp(std::sqrt(joint.covariance(at, at)));
    try_values(i, inputs_.value(i) / factor, inputs_.value(i) * factor, joint_);
  }
}

void Outlook::try_values(std::size_t input, double down, double up, std::vector<Trial>& trials) {
  const double best = inputs_.value(input);
  Trial trial{input, down, up, {}, {}};
  inputs_.set_value(input, down);
  trial.down_prices = candidates_.prices(inputs_);
  inputs_.set_value(input, up);
  trial.up_prices = candidates_.prices(inputs_);
  inputs_.set_value(input, best);
  trials.push_back(std::move(trial));
}

double Outlook::log_time(const Inputs& inputs,
                         const Prices& prices,
                         const std::vector<double>& log_estimates,
                         Bytes message) const {
  if (selection_ == Selection::kFastest) {
    return std::log(prices[candidates_.fastest(prices, message)].at(message).si());
  }
  thread_local std::vector<double> weights;
  candidates_.weigh(inputs, prices, log_estimates, message, weights);
  return blended_log_time(prices, weights, message);
}

Outlook::Estimate Outlook::estimate(Bytes message) const {
  Estimate estimate;
  if (selection_ == Selection::kFastest) {
    estimate.weights.assign(candidates_.size(), 0);
    estimate.weights[candidates_.fastest(prices_, message)] = 1;
  } else {
    candidates_.weigh(
        inputs_, prices_, candidates_.log_estimates(message), message, estimate.weights);
  }
  estimate.time = Seconds(std::exp(blended_log_time(prices_, estimate.weights, message)));
  return estimate;
}

Spread Outlook::spread(Bytes message, const std::vector<ExtraUncertainty>& extras) const {
  const std::vector<double> estimates = candidates_.log_estimates(message);
  const double base = log_time(inputs_, prices_, estimates, message);
  Inputs trial_inputs = inputs_;
  const auto change = [&](const Trial& trial, double value, const Prices& prices) {
    trial_inputs.set_value(trial.input, value);
    const double moved = log_time(trial_inputs, prices, estimates, message) - base;
    trial_inputs.set_value(trial.input, inputs_.value(trial.input));
    return moved;
  };
  Accumulator sum;
  for (const Trial& trial : ranges_) {
    const auto& [name, q] = inputs_.at(trial.input);
    sum.add(name,
            change(trial, trial.down, trial.down_prices),
            change(trial, trial.up, trial.up_prices),
            q.provenance,
            q.source);
  }
  // The fitted inputs: variance g' C g of ln(time), split over them by g_i (C g)_i.
  const Eigen::MatrixXd& covariance = inputs_.joint().covariance;
  Eigen::VectorXd gradient(static_cast<Eigen::Index>(joint_.size()));
  for (std::size_t k = 0; k < joint_.size(); ++k) {
    const Trial& trial = joint_[k];
    gradient(static_cast<Eigen::Index>(k)) =
        (change(trial, trial.up, trial.up_prices) - change(trial, trial.down, trial.down_prices)) /
        std::log(trial.up / trial.down);
  }
  const Eigen::VectorXd weighted = covariance * gradient;
  for (std::size_t k = 0; k < joint_.size(); ++k) {
    const auto at = static_cast<Eigen::Index>(k);
    const double width = kSdsOf90Percent * std::sqrt(std::max(0.0, gradient(at) * weighted(at)));
    const auto& [name, q] = inputs_.at(joint_[k].input);
    sum.add(name, -width, width, q.provenance, q.source);
  }
  for (const auto& extra : extras) {
    sum.add(extra.name, -extra.log_width, extra.log_width, extra.provenance, extra.source);
  }
  return sum.result();
}

}  // namespace fabricast
