// How well the model predicts published measurements that it has not seen.
#pragma once

#include "model/fit/joint_fit.hpp"
#include "model/fit/published.hpp"
#include "model/fit/residual_process.hpp"

#include <map>
#include <string>
#include <vector>

namespace fabricast {

/// A published point and what was forecast for it, all as ln(seconds).
struct JudgedPoint {
  const MeasuredCurve* curve;
  Bytes message;
  double measured = 0;
  double predicted = 0;
  double low = 0;  // 90 % interval
  double high = 0;
};

struct Validation {
  /// Each group of systems left out, all their collectives together; the rest fitted; what was left
  /// out predicted.
  std::vector<JudgedPoint> cold;
  /// Then the system's own smallest numbers of nodes (at most two) fitted on top, and its larger
  /// ones predicted.
  std::vector<JudgedPoint> warm;
};
Validation validate(const std::vector<PublishedCurve>& curves);

/// Fits everything and judges the same points: how closely the equations can follow.
std::vector<JudgedPoint> judge_fitted(const std::vector<PublishedCurve>& curves);

/// The equations' own error on systems that a fit has not seen: what widens the intervals of the
/// constants so that nine in ten of these points are covered, systems counting alike.
ResidualProcess::Scale model_error(const std::vector<const JudgedPoint*>& points);

/// What a fit leaves unexplained, by system.
std::map<std::string, std::vector<Residual>> residuals(const JointFit& fit);
/// Its size: the 90th percentile of each band as that of a normal distribution.
ResidualProcess::Scale remaining_error(
    const std::map<std::string, std::vector<Residual>>& by_system);

struct ErrorScore {
  int points = 0;
  double median = 0;  // of |ln(predicted / measured)|
  double p90 = 0;
  double coverage = 0;  // share inside the interval
};
ErrorScore score(const std::vector<const JudgedPoint*>& points);
/// Median over systems of each system's median and 90th percentile.
ErrorScore score_by_system(const std::vector<const JudgedPoint*>& points);

}  // namespace fabricast
