#include "model/robust_fit.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <unsupported/Eigen/NonLinearOptimization>
#include <unsupported/Eigen/NumericalDiff>
#include <vector>

namespace fabricast {

namespace {

constexpr double kLinearBeyond = 1.5;

// sign(r) sqrt(2 d^2 (sqrt(1 + (r/d)^2) - 1)): its square is the pseudo-Huber loss, so that a plain
// least-squares solver minimises the robust one.
double robust(double r) {
  const double d2 = kLinearBeyond * kLinearBeyond;
  return std::copysign(std::sqrt(2 * d2 * (std::sqrt(1 + r * r / d2) - 1)), r);
}

// The form that Eigen's solver asks for: data rows, then one row per parameter for its prior.
struct Functor {
  using Scalar = double;
  using InputType = Eigen::VectorXd;
  using ValueType = Eigen::VectorXd;
  using JacobianType = Eigen::MatrixXd;
  enum { InputsAtCompileTime = Eigen::Dynamic, ValuesAtCompileTime = Eigen::Dynamic };

  const RobustProblem* problem;

  [[nodiscard]] int inputs() const { return static_cast<int>(problem->prior.size()); }
  [[nodiscard]] int values() const { return static_cast<int>(problem->rows) + inputs(); }

  int operator()(const Eigen::VectorXd& theta, Eigen::VectorXd& out) const {
    out.head(problem->rows) = problem->residuals(theta).unaryExpr(&robust);
    out.tail(inputs()) = (theta - problem->prior).cwiseQuotient(problem->prior_sd);
    return 0;
  }
};

// 1.4826 x median absolute deviation: the standard deviation of a normal bulk, blind to outliers.
double robust_sd(const Eigen::VectorXd& residuals) {
  std::vector<double> sizes(residuals.data(), residuals.data() + residuals.size());
  for (double& r : sizes) {
    r = std::abs(r);
  }
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return 1.4826 * *middle;
}

}  // namespace

RobustSolution solve(const RobustProblem& problem) {
  using Differentiated = Eigen::NumericalDiff<Functor, Eigen::Central>;
  Differentiated functor(Functor{&problem}, 1e-6);
  Eigen::LevenbergMarquardt<Differentiated> solver(functor);
  RobustSolution solution{problem.prior, {}, 1, false};
  const auto status = solver.minimize(solution.theta);
  solution.converged = status >= 1 && status <= 4;

  Eigen::MatrixXd jacobian(functor.values(), functor.inputs());
  functor.df(solution.theta, jacobian);
  solution.misfit = robust_sd(problem.residuals(solution.theta));
  // Residuals larger than expected mean that the data say less than their errors claim; the prior
  // says what it says.
  jacobian.topRows(problem.rows) /= std::max(1.0, solution.misfit);
  const Eigen::MatrixXd curvature = jacobian.transpose() * jacobian;
  solution.covariance =
      curvature.ldlt().solve(Eigen::MatrixXd::Identity(functor.inputs(), functor.inputs()));
  return solution;
}

}  // namespace fabricast
