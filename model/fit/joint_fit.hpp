// One fit to the curves of one or several systems: constants that all share, and effects of each
// system.
#pragma once

#include "model/fit/curve.hpp"
#include "model/fit/robust.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fabricast {

/// Whether an input is a message size at which messages become slower by a step.
bool is_threshold(std::string_view input);

/// Where the search for the best constants starts: at the priors, or also with each threshold far
/// from its prior. A step that lies elsewhere than assumed is a valley of its own, which a search
/// from the prior alone may not find. Thresholds that are searched for are held to their priors
/// loosely, since a system's own may be set to anything.
enum class Starts { kPriors, kThresholds };

class JointFit {
 public:
  /// Inputs of `priors` that have a range and that some curve reacts to are fitted: in logarithm,
  /// held to their values by their ranges, or by the covariance of those that were fitted before.
  /// Inputs named "system." are fitted for each system apart; where there are several, loosely, so
  /// that an odd system does not drag what all share.
  /// Several starts take as many times as long.
  JointFit(std::vector<MeasuredCurve> curves,
           const Inputs& priors,
           Starts starts = Starts::kPriors);

  /// Fits the points for which `takes_part` (one flag per point of each curve, in order) holds.
  void solve(const std::vector<std::vector<bool>>& takes_part);
  void solve();

  [[nodiscard]] const std::vector<CurveModel>& curves() const { return curves_; }
  [[nodiscard]] bool converged() const { return solution_.converged; }
  [[nodiscard]] std::size_t parameters() const { return parameters_.size(); }

  /// The priors with what was fitted in its place, and the covariance; effects of systems are at
  /// their priors ("") or those of one system.
  [[nodiscard]] Inputs constants(const std::string& system,
                                 Provenance provenance,
                                 const std::string& source) const;

 private:
  struct Parameter {
    std::size_t input;
    std::string system;  // "": shared by all
  };
  struct Block {  // the rows of a curve that take part
    std::size_t curve;
    std::vector<std::size_t> points;
    Eigen::Index first_row;
  };

  void choose_parameters();
  [[nodiscard]] std::vector<Block> blocks(const std::vector<std::vector<bool>>& takes_part) const;
  /// Refers to the blocks.
  [[nodiscard]] RobustProblem problem(const std::vector<Block>& blocks);
  [[nodiscard]] std::vector<Eigen::Index> effects_of_several_systems() const;
  /// None unless thresholds are searched for.
  [[nodiscard]] std::vector<Eigen::Index> searched_thresholds() const;
  void apply(const Eigen::VectorXd& theta);
  void set_prior(RobustProblem& problem) const;
  [[nodiscard]] Eigen::VectorXd residuals(const std::vector<Block>& blocks, Eigen::Index rows);
  [[nodiscard]] Eigen::MatrixXd jacobian(const std::vector<Block>& blocks, Eigen::Index rows);

  Inputs priors_;
  Starts starts_;
  std::vector<CurveModel> curves_;
  std::vector<Parameter> parameters_;
  std::vector<std::vector<std::size_t>> reacts_to_;  // parameters by curve
  RobustSolution solution_;
};

}  // namespace fabricast
