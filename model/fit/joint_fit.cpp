#include "model/fit/joint_fit.hpp"

#include "model/collective/uncertainty.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace fabricast {

namespace {

// Of the standard deviation before: more information came from before than from the rows.
constexpr double kMostlyPrior = 0.71;

// Times the prior of a threshold: further starts.
constexpr std::array kOtherThresholds{1.0 / 64, 1.0 / 8, 8.0, 64.0};

bool is_effect(const std::string& input) { return input.starts_with("system."); }

}  // namespace

bool is_threshold(std::string_view input) { return input.ends_with(".long_message_B"); }

JointFit::JointFit(std::vector<MeasuredCurve> curves, const Inputs& priors, Starts starts)
    : priors_(priors), starts_(starts) {
  for (MeasuredCurve& curve : curves) {
    curves_.emplace_back(std::move(curve), priors_);
  }
  choose_parameters();
}

// Which inputs matter to which curve is found by trying: the cost equations know, nobody else has
// to.
void JointFit::choose_parameters() {
  std::map<std::pair<std::size_t, std::string>, std::size_t> known;
  // What was fitted together before moves together, even where no curve of today sees it.
  for (const auto& name : priors_.joint().names) {
    known.try_emplace({priors_.index(name), ""}, parameters_.size());
    parameters_.push_back({priors_.index(name), ""});
  }
  reacts_to_.resize(curves_.size());
  std::vector<double> base;
  std::vector<double> moved;
  for (std::size_t c = 0; c < curves_.size(); ++c) {
    CurveModel& curve = curves_[c];
    base.resize(curve.size());
    moved.resize(curve.size());
    curve.log_times(base.data());
    for (std::size_t i = 0; i < priors_.size(); ++i) {
      const Input& input = priors_.at(i);
      if (log_sd(input.quantity) == 0) {
        continue;
      }
      const double best = curve.inputs().value(i);
      curve.inputs().set_value(i, best * 1.5);
      curve.log_times(moved.data());
      curve.inputs().set_value(i, best);
      if (moved == base) {
        continue;
      }
      const std::string system = is_effect(input.name) ? curve.curve().system : "";
      const auto [at, is_new] = known.try_emplace({i, system}, parameters_.size());
      if (is_new) {
        parameters_.push_back({i, system});
      }
      reacts_to_[c].push_back(at->second);
    }
  }
}

void JointFit::apply(const Eigen::VectorXd& theta) {
  for (std::size_t c = 0; c < curves_.size(); ++c) {
    for (const std::size_t k : reacts_to_[c]) {
      curves_[c].inputs().set_value(parameters_[k].input,
                                    std::exp(theta(static_cast<Eigen::Index>(k))));
    }
  }
}

void JointFit::set_prior(RobustProblem& problem) const {
  const auto n = static_cast<Eigen::Index>(parameters_.size());
  problem.prior.resize(n);
  problem.prior_covariance = Eigen::MatrixXd::Zero(n, n);
  std::map<std::string, Eigen::Index> fitted_before;
  const auto& joint = priors_.joint();
  for (std::size_t k = 0; k < joint.names.size(); ++k) {
    fitted_before[joint.names[k]] = static_cast<Eigen::Index>(k);
  }
  std::vector<Eigen::Index> place(parameters_.size(), -1);
  for (Eigen::Index k = 0; k < n; ++k) {
    const Parameter& parameter = parameters_[static_cast<std::size_t>(k)];
    const Input& input = priors_.at(parameter.input);
    problem.prior(k) = std::log(input.quantity.value);
    const auto found = fitted_before.find(input.name);
    if (found != fitted_before.end()) {
      place[static_cast<std::size_t>(k)] = found->second;
    } else {
      const double sd = log_sd(input.quantity);
      problem.prior_covariance(k, k) = sd * sd;
    }
  }
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index k = 0; k < n; ++k) {
      const Eigen::Index a = place[static_cast<std::size_t>(i)];
      const Eigen::Index b = place[static_cast<std::size_t>(k)];
      if (a >= 0 && b >= 0) {
        problem.prior_covariance(i, k) = joint.covariance(a, b);
      }
    }
  }
}

Eigen::VectorXd JointFit::residuals(const std::vector<Block>& blocks, Eigen::Index rows) {
  Eigen::VectorXd all(rows);
  std::vector<double> times;
  for (const Block& block : blocks) {
    const CurveModel& curve = curves_[block.curve];
    times.resize(curve.size());
    curve.log_times(times.data());
    Eigen::Index row = block.first_row;
    for (const std::size_t p : block.points) {
      const MeasuredPoint& point = curve.curve().points[p];
      all(row++) = (times[p] - point.log_time) / point.log_sd;
    }
  }
  return all;
}

Eigen::MatrixXd JointFit::jacobian(const std::vector<Block>& blocks, Eigen::Index rows) {
  constexpr double kStep = 1e-4;
  Eigen::MatrixXd all = Eigen::MatrixXd::Zero(rows, static_cast<Eigen::Index>(parameters_.size()));
  std::vector<double> up;
  std::vector<double> down;
  for (const Block& block : blocks) {
    CurveModel& curve = curves_[block.curve];
    up.resize(curve.size());
    down.resize(curve.size());
    for (const std::size_t k : reacts_to_[block.curve]) {
      const std::size_t i = parameters_[k].input;
      const double value = curve.inputs().value(i);
      curve.inputs().set_value(i, value * std::exp(kStep));
      curve.log_times(up.data());
      curve.inputs().set_value(i, value * std::exp(-kStep));
      curve.log_times(down.data());
      curve.inputs().set_value(i, value);
      Eigen::Index row = block.first_row;
      for (const std::size_t p : block.points) {
        all(row++, static_cast<Eigen::Index>(k)) =
            (up[p] - down[p]) / (2 * kStep) / curve.curve().points[p].log_sd;
      }
    }
  }
  return all;
}

void JointFit::solve() {
  std::vector<std::vector<bool>> all;
  for (const CurveModel& curve : curves_) {
    all.emplace_back(curve.size(), true);
  }
  solve(all);
}

std::vector<JointFit::Block> JointFit::blocks(
    const std::vector<std::vector<bool>>& takes_part) const {
  std::vector<Block> list;
  Eigen::Index rows = 0;
  for (std::size_t c = 0; c < curves_.size(); ++c) {
    Block block{c, {}, rows};
    for (std::size_t p = 0; p < curves_[c].size(); ++p) {
      if (takes_part[c][p]) {
        block.points.push_back(p);
      }
    }
    rows += static_cast<Eigen::Index>(block.points.size());
    if (!block.points.empty()) {
      list.push_back(std::move(block));
    }
  }
  return list;
}

RobustProblem JointFit::problem(const std::vector<Block>& blocks) {
  RobustProblem problem;
  set_prior(problem);
  problem.loosely_held = effects_of_several_systems();
  const auto thresholds = searched_thresholds();
  problem.loosely_held.insert(problem.loosely_held.end(), thresholds.begin(), thresholds.end());
  std::vector<double> weights;
  for (const Block& block : blocks) {
    for (const std::size_t p : block.points) {
      weights.push_back(curves_[block.curve].curve().points[p].weight);
    }
  }
  const auto rows = static_cast<Eigen::Index>(weights.size());
  problem.weights = Eigen::Map<Eigen::VectorXd>(weights.data(), rows);
  problem.residuals = [this, &blocks, rows](const Eigen::VectorXd& theta) {
    apply(theta);
    return residuals(blocks, rows);
  };
  problem.jacobian = [this, &blocks, rows](const Eigen::VectorXd& theta) {
    apply(theta);
    return jacobian(blocks, rows);
  };
  return problem;
}

std::vector<Eigen::Index> JointFit::effects_of_several_systems() const {
  std::set<std::string> systems;
  std::vector<Eigen::Index> list;
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    if (const std::string& system = parameters_[k].system; !system.empty()) {
      systems.insert(system);
      list.push_back(static_cast<Eigen::Index>(k));
    }
  }
  return systems.size() > 1 ? list : std::vector<Eigen::Index>{};
}

std::vector<Eigen::Index> JointFit::searched_thresholds() const {
  std::vector<Eigen::Index> list;
  for (std::size_t k = 0; k < parameters_.size() && starts_ == Starts::kThresholds; ++k) {
    const bool matters = std::any_of(reacts_to_.begin(), reacts_to_.end(), [k](const auto& of) {
      return std::find(of.begin(), of.end(), k) != of.end();
    });
    if (matters && is_threshold(priors_.at(parameters_[k].input).name)) {
      list.push_back(static_cast<Eigen::Index>(k));
    }
  }
  return list;
}

void JointFit::solve(const std::vector<std::vector<bool>>& takes_part) {
  const std::vector<Block> taking_part = blocks(takes_part);
  const RobustProblem robust = problem(taking_part);
  solution_ = fabricast::solve(robust, robust.prior);
  for (const Eigen::Index threshold : searched_thresholds()) {
    for (const double factor : kOtherThresholds) {
      Eigen::VectorXd start = robust.prior;
      start(threshold) += std::log(factor);
      RobustSolution other = fabricast::solve(robust, start);
      if (other.cost < solution_.cost) {
        solution_ = std::move(other);
      }
    }
  }
  apply(solution_.theta);
}

Inputs JointFit::constants(const std::string& system,
                           Provenance provenance,
                           const std::string& source) const {
  std::vector<Eigen::Index> kept;
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    if (parameters_[k].system.empty() || parameters_[k].system == system) {
      kept.push_back(static_cast<Eigen::Index>(k));
    }
  }
  Inputs constants = priors_;
  Inputs::Joint joint;
  const auto n = static_cast<Eigen::Index>(kept.size());
  joint.covariance.resize(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index at = kept[static_cast<std::size_t>(i)];
    const Input& input = priors_.at(parameters_[static_cast<std::size_t>(at)].input);
    const double value = std::exp(solution_.theta(at));
    const double factor = std::exp(kSdsOf90Percent * std::sqrt(solution_.covariance(at, at)));
    joint.names.push_back(input.name);
    for (Eigen::Index k = 0; k < n; ++k) {
      joint.covariance(i, k) = solution_.covariance(at, kept[static_cast<std::size_t>(k)]);
    }
    Quantity<double> fitted{value, value / factor, value * factor, provenance, source};
    // What says more than the rows did is where the number comes from.
    const double sd = std::sqrt(solution_.covariance(at, at));
    if (sd > kMostlyPrior * log_sd(input.quantity)) {
      fitted.provenance = input.quantity.provenance;
      fitted.source = input.quantity.source;
    }
    constants.add(input.name, std::move(fitted));
  }
  constants.set_joint(std::move(joint));
  return constants;
}

}  // namespace fabricast
