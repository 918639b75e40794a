// How well the model predicts published measurements that it has not seen.
#pragma once

#include "model/fit/published.hpp"

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

/// Leaves each group of systems out, all their collectives together, fits the rest and predicts
/// what was left out.
std::vector<JudgedPoint> judge_cold(const std::vector<PublishedCurve>& curves);

/// Systems with several numbers of nodes: the smallest (at most two) stay in the fit, the larger
/// are predicted.
std::vector<JudgedPoint> judge_warm(const std::vector<PublishedCurve>& curves);

/// Fits everything and judges the same points: how closely the equations can follow.
std::vector<JudgedPoint> judge_fitted(const std::vector<PublishedCurve>& curves);

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
