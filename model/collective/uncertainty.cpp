#include "model/collective/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace fabricast {

namespace {

constexpr double kSdsOf90Percent = 1.6449;

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

// Change of ln(time) when one input takes another value. Evaluated on a copy that is put back.
class Trial {
 public:
  Trial(const Cost& cost, const Inputs& inputs, Bytes message)
      : cost_(cost), inputs_(inputs), message_(message), base_(log_time()) {}

  double change(std::size_t i, double value) {
    const double best = inputs_.value(i);
    inputs_.set_value(i, value);
    const double change = log_time() - base_;
    inputs_.set_value(i, best);
    return change;
  }

 private:
  [[nodiscard]] double log_time() const { return std::log(cost_.total(inputs_, message_).si()); }

  const Cost& cost_;
  Inputs inputs_;
  Bytes message_;
  double base_;
};

// The fitted inputs: variance g' C g of ln(time), split over them by g_i (C g)_i.
void add_joint(const Inputs& inputs, Trial& trial, Accumulator& sum) {
  const auto& joint = inputs.joint();
  const auto n = static_cast<Eigen::Index>(joint.names.size());
  Eigen::VectorXd gradient(n);
  for (Eigen::Index k = 0; k < n; ++k) {
    const std::size_t i = inputs.index(joint.names[static_cast<std::size_t>(k)]);
    const double sd = std::sqrt(joint.covariance(k, k));
    const double step = std::max(sd, 1e-6);
    const double v = inputs.value(i);
    gradient(k) =
        (trial.change(i, v * std::exp(step)) - trial.change(i, v * std::exp(-step))) / (2 * step);
  }
  const Eigen::VectorXd weighted = joint.covariance * gradient;
  for (Eigen::Index k = 0; k < n; ++k) {
    const double part = std::max(0.0, gradient(k) * weighted(k));
    const double width = kSdsOf90Percent * std::sqrt(part);
    const Input& input = inputs.at(inputs.index(joint.names[static_cast<std::size_t>(k)]));
    sum.add(input.name, -width, width, input.quantity.provenance, input.quantity.source);
  }
}

}  // namespace

Spread spread(const Cost& cost,
              const Inputs& inputs,
              Bytes message,
              const std::vector<ExtraUncertainty>& extras) {
  Trial trial(cost, inputs, message);
  Accumulator sum;
  const std::unordered_set<std::string> fitted(inputs.joint().names.begin(),
                                               inputs.joint().names.end());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& [name, q] = inputs.at(i);
    if (q.lo < q.hi && !fitted.contains(name)) {
      sum.add(name, trial.change(i, q.lo), trial.change(i, q.hi), q.provenance, q.source);
    }
  }
  if (!fitted.empty()) {
    add_joint(inputs, trial, sum);
  }
  for (const auto& extra : extras) {
    sum.add(extra.name, -extra.log_width, extra.log_width, extra.provenance, extra.source);
  }
  return sum.result();
}

}  // namespace fabricast
