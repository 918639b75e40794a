#include "model/fit/robust.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <unsupported/Eigen/NonLinearOptimization>
#include <vector>

namespace fabricast {

namespace {

constexpr double kLinearBeyond = 1.5;
constexpr double kD2 = kLinearBeyond * kLinearBeyond;

// sign(r) sqrt(2 d^2 (sqrt(1 + (r/d)^2) - 1)): its square is the pseudo-Huber loss, so that a plain
// least-squares solver minimises the robust one.
double robust(double r) {
  return std::copysign(std::sqrt(2 * kD2 * (std::sqrt(1 + r * r / kD2) - 1)), r);
}

// Its derivative: r / (sqrt(1 + (r/d)^2) robust(r)), which tends to 1 at 0.
double robust_slope(double r) {
  return std::abs(r) < 1e-6 ? 1 : r / (std::sqrt(1 + r * r / kD2) * robust(r));
}

// sign(z) sqrt(ln(1 + z^2)): its square is the loss of a Cauchy prior that is as curved at 0 as a
// Gaussian one.
double loose(double z) { return std::copysign(std::sqrt(std::log1p(z * z)), z); }

double loose_slope(double z) { return std::abs(z) < 1e-6 ? 1 : z / ((1 + z * z) * loose(z)); }

// The form that Eigen's solver asks for: data rows, then one row per parameter for its prior.
// The names of members and enumerators are Eigen's.
struct Functor {  // NOLINTBEGIN(readability-identifier-naming)
  using Scalar = double;
  using InputType = Eigen::VectorXd;
  using ValueType = Eigen::VectorXd;
  using JacobianType = Eigen::MatrixXd;
  enum { InputsAtCompileTime = Eigen::Dynamic, ValuesAtCompileTime = Eigen::Dynamic };
  // NOLINTEND(readability-identifier-naming)

  const RobustProblem* problem;
  Eigen::MatrixXd whitening;  // its last rows are those of what is loosely held

  [[nodiscard]] Eigen::Index rows() const { return problem->weights.size(); }
  [[nodiscard]] int inputs() const { return static_cast<int>(problem->prior.size()); }
  [[nodiscard]] int values() const { return static_cast<int>(rows()) + inputs(); }

  int operator()(const Eigen::VectorXd& theta, Eigen::VectorXd& out) const {
    out.head(rows()) =
        problem->residuals(theta).unaryExpr(&robust).cwiseProduct(problem->weights.cwiseSqrt());
    out.tail(inputs()) = whitening * (theta - problem->prior);
    out.tail(loosely_held()) = out.tail(loosely_held()).unaryExpr(&loose).eval();
    return 0;
  }

  int df(const Eigen::VectorXd& theta, Eigen::MatrixXd& out) const {
    const Eigen::VectorXd slopes = problem->residuals(theta)
                                       .unaryExpr(&robust_slope)
                                       .cwiseProduct(problem->weights.cwiseSqrt());
    out.topRows(rows()) = slopes.asDiagonal() * problem->jacobian(theta);
    out.bottomRows(inputs()) = whitening;
    const Eigen::VectorXd loose_slopes =
        (whitening.bottomRows(loosely_held()) * (theta - problem->prior)).unaryExpr(&loose_slope);
    out.bottomRows(loosely_held()) =
        loose_slopes.asDiagonal() * whitening.bottomRows(loosely_held());
    return 0;
  }

 private:
  [[nodiscard]] Eigen::Index loosely_held() const {
    return static_cast<Eigen::Index>(problem->loosely_held.size());
  }
};

// Inverse of the Cholesky factor of the prior covariance, with what is loosely held in the last
// rows: a row says how far its parameter lies from what those before it let expect.
Eigen::MatrixXd whitening(const RobustProblem& problem) {
  const auto& loose = problem.loosely_held;
  std::vector<Eigen::Index> order;
  for (Eigen::Index k = 0; k < problem.prior.size(); ++k) {
    if (std::find(loose.begin(), loose.end(), k) == loose.end()) {
      order.push_back(k);
    }
  }
  order.insert(order.end(), loose.begin(), loose.end());
  const auto n = problem.prior.size();
  const Eigen::MatrixXd covariance = problem.prior_covariance(order, order);
  const Eigen::MatrixXd reordered = Eigen::MatrixXd::Identity(n, n)(order, Eigen::all);
  return covariance.llt().matrixL().solve(reordered);
}

// 1.4826 x median absolute deviation: the standard deviation of a normal bulk, blind to outliers.
double robust_sd(const Eigen::VectorXd& residuals) {
  if (residuals.size() == 0) {
    return 1;  // no rows say nothing against what is expected
  }
  std::vector<double> sizes(residuals.data(), residuals.data() + residuals.size());
  for (double& r : sizes) {
    r = std::abs(r);
  }
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return 1.4826 * *middle;
}

}  // namespace

RobustSolution solve(const RobustProblem& problem, const Eigen::VectorXd& start) {
  const auto n = problem.prior.size();
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(n, n);
  Functor functor{&problem, whitening(problem)};
  Eigen::LevenbergMarquardt<Functor> solver(functor);
  solver.parameters.ftol = 1e-7;
  solver.parameters.xtol = 1e-7;
  RobustSolution solution{start, {}, 1, 0, false};
  const auto status = solver.minimize(solution.theta);
  solution.converged = status >= 1 && status <= 4;
  solution.cost = solver.fnorm * solver.fnorm;

  Eigen::MatrixXd jacobian(functor.values(), n);
  functor.df(solution.theta, jacobian);
  solution.misfit = robust_sd(problem.residuals(solution.theta));
  // Residuals larger than expected mean that the data say less than their errors claim; the prior
  // says what it says.
  jacobian.topRows(functor.rows()) /= std::max(1.0, solution.misfit);
  const Eigen::MatrixXd curvature = jacobian.transpose() * jacobian;
  solution.covariance = curvature.ldlt().solve(identity);
  return solution;
}

}  // namespace fabricast
