// Penalised robust least squares on top of Eigen's Levenberg-Marquardt. Knows nothing of
// collectives.
#pragma once

#include <Eigen/Core>
#include <functional>

namespace fabricast {

struct RobustProblem {
  /// Standardised residuals (difference / its standard deviation) of the data for parameters theta.
  std::function<Eigen::VectorXd(const Eigen::VectorXd& theta)> residuals;
  Eigen::Index rows = 0;
  Eigen::VectorXd prior;     // where theta starts and is held to
  Eigen::VectorXd prior_sd;  // all positive
};

struct RobustSolution {
  Eigen::VectorXd theta;
  Eigen::MatrixXd
      covariance;  // Laplace: inverse of the penalised curvature, data rows widened by the misfit
  double misfit = 1;  // robust standard deviation of the standardised residuals; 1 is expected
  bool converged = false;
};

/// Pseudo-Huber loss (linear beyond 1.5 standard deviations), Gaussian prior.
RobustSolution solve(const RobustProblem& problem);

}  // namespace fabricast
