#include "model/fit/residual_process.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

namespace fabricast {

namespace {

// Distances in ln over which errors become unlike by a factor of e.
constexpr double kLengthOfSizes = 1.5;  // two octaves
constexpr double kLengthOfNodes = 2.0;  // half is left at four times the nodes
constexpr double kLengthOfPerNode = 2.0;
constexpr double kOtherCollective = 0.3;
// One node and several share little: other links, other algorithms.
constexpr double kOneNodeAgainstSeveral = 0.3;

double log_distance(double a, double b) { return std::abs(std::log(a / b)); }

}  // namespace

ResidualProcess::ResidualProcess(const Scale& unseen,
                                 const Scale& seen,
                                 std::vector<Residual> known)
    : unseen_(unseen), seen_(seen), known_(std::move(known)) {
  for (const Residual& r : known_) {
    (r.place.nodes == 1 ? knows_one_node_ : knows_several_) = true;
  }
  const auto n = static_cast<Eigen::Index>(known_.size());
  Eigen::MatrixXd all(n, n);
  Eigen::VectorXd residuals(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Residual& a = known_[static_cast<std::size_t>(i)];
    residuals(i) = a.log_error;
    for (Eigen::Index k = 0; k <= i; ++k) {
      all(i, k) = covariance(a.place, known_[static_cast<std::size_t>(k)].place);
      all(k, i) = all(i, k);
    }
    all(i, i) += a.log_sd * a.log_sd;
  }
  inverse_ = all.llt().solve(Eigen::MatrixXd::Identity(n, n));
  weighted_ = inverse_ * residuals;
}

double ResidualProcess::Scale::at(Bytes message) const {
  const double octaves = std::log2(std::max(1.0, message.si()));
  const auto between = [&](double from, double to, double a, double b) {
    return std::lerp(a, b, std::clamp((octaves - from) / (to - from), 0.0, 1.0));
  };
  return octaves < 20 ? between(14, 18, small, middle) : between(22, 26, middle, large);
}

double ResidualProcess::sd(const ResidualPlace& place) const {
  const bool is_known = place.nodes == 1 ? knows_one_node_ : knows_several_;
  return (is_known ? seen_ : unseen_).at(place.message);
}

double ResidualProcess::covariance(const ResidualPlace& a, const ResidualPlace& b) const {
  double alike = std::exp(-log_distance(a.message.si(), b.message.si()) / kLengthOfSizes -
                          log_distance(a.nodes, b.nodes) / kLengthOfNodes -
                          log_distance(a.per_node, b.per_node) / kLengthOfPerNode);
  if (a.collective != b.collective) {
    alike *= kOtherCollective;
  }
  if ((a.nodes == 1) != (b.nodes == 1)) {
    alike *= kOneNodeAgainstSeveral;
  }
  return alike * sd(a) * sd(b);
}

ResidualProcess::Belief ResidualProcess::at(const ResidualPlace& place) const {
  const double own = sd(place);
  if (known_.empty()) {
    return {0, own};
  }
  Eigen::VectorXd shared(static_cast<Eigen::Index>(known_.size()));
  for (std::size_t i = 0; i < known_.size(); ++i) {
    shared(static_cast<Eigen::Index>(i)) = covariance(place, known_[i].place);
  }
  const double explained = shared.dot(inverse_ * shared);
  return {shared.dot(weighted_), std::sqrt(std::max(0.0, own * own - explained))};
}

}  // namespace fabricast
