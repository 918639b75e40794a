// What is left between the equations and measurements, seen as a random function.
#pragma once

#include "core/collective.hpp"
#include "core/units.hpp"

#include <Eigen/Core>
#include <vector>

namespace fabricast {

/// Where a residual was seen or is asked for.
struct ResidualPlace {
  Collective collective = Collective::kAllReduce;
  double nodes = 1;
  double per_node = 1;
  Bytes message;
};

struct Residual {
  ResidualPlace place;
  double log_error = 0;  // ln(measured / predicted)
  double log_sd = 0.05;  // of the measurement
};

/// The error of the equations on one system: a Gaussian process of mean zero over the logarithms of
/// message size and number of nodes. Its standard deviation depends on the message size; errors of
/// sizes, node counts and collectives close to each other are alike. Known residuals of the system
/// move the expectation near them, less and less further away.
class ResidualProcess {
 public:
  /// Standard deviation at each band of sizes (small, middle, large), from systems that a fit had
  /// not seen.
  struct Scale {
    double small = 0.25;
    double middle = 0.35;
    double large = 0.12;
    /// Constant within the bands, linear in ln(size) between their middles.
    [[nodiscard]] double at(Bytes message) const;
  };

  ResidualProcess() = default;
  /// `unseen`: of a system without residuals, on one node and on several apart; `seen`: of one
  /// whose own constants were fitted to `known`.
  ResidualProcess(const Scale& unseen, const Scale& seen, std::vector<Residual> known);

  struct Belief {
    double mean = 0;
    double sd = 0;
  };
  [[nodiscard]] Belief at(const ResidualPlace& place) const;
  [[nodiscard]] const Scale& unseen() const { return unseen_; }
  [[nodiscard]] const Scale& seen() const { return seen_; }
  [[nodiscard]] const std::vector<Residual>& known() const { return known_; }

 private:
  [[nodiscard]] double covariance(const ResidualPlace& a, const ResidualPlace& b) const;
  [[nodiscard]] double sd(const ResidualPlace& place) const;

  Scale unseen_;
  Scale seen_;
  bool knows_one_node_ = false;
  bool knows_several_ = false;
  std::vector<Residual> known_;
  Eigen::MatrixXd inverse_;   // of the covariance of what is known
  Eigen::VectorXd weighted_;  // inverse x residuals
};

}  // namespace fabricast
