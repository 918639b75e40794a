// Penalised robust least squares on top of Eigen's Levenberg-Marquardt. Knows nothing of
// collectives.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

namespace fabricast {

struct RobustProblem {
  /// Standardised residuals (difference / its standard deviation) of the data for parameters theta.
  std::function<Eigen::VectorXd(const Eigen::VectorXd& theta)> residuals;
  /// Their derivatives, one column per parameter.
  std::function<Eigen::MatrixXd(const Eigen::VectorXd& theta)> jacobian;
  Eigen::VectorXd weights;           // of each row's loss; 1 counts in full
  Eigen::VectorXd prior;             // where theta starts and is held to
  Eigen::MatrixXd prior_covariance;  // positive definite
  /// Parameters that may lie anywhere: their prior has the tails of a Cauchy distribution. They are
  /// not correlated with others a priori. Empty: none.
  std::vector<bool> heavy_tailed;
};

struct RobustSolution {
  Eigen::VectorXd theta;
  Eigen::MatrixXd
      covariance;  // Laplace: inverse of the penalised curvature, data rows widened by the misfit
  double misfit = 1;  // robust standard deviation of the standardised residuals; 1 is expected
  bool converged = false;
};

/// Pseudo-Huber loss (linear beyond 1.5 standard deviations), Gaussian prior but where it is
/// heavy-tailed.
RobustSolution solve(const RobustProblem& problem);

}  // namespace fabricast
