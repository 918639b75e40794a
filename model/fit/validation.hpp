// How well the model predicts published measurements that it has not seen.
#pragma once

#include "model/fit/model_error.hpp"
#include "model/fit/published.hpp"

#include <string>
#include <vector>

namespace fabricast {

struct Validation {
  /// Each group of systems left out, all their collectives together; the rest fitted; what was left
  /// out predicted.
  std::vector<JudgedPoint> cold;
  std::vector<JudgedPoint> cold_unwidened;  // the same with the intervals of the constants alone
  /// Then the system's own smallest numbers of nodes (at most two) fitted on top, and its larger
  /// ones predicted.
  std::vector<JudgedPoint> warm;
};
Validation validate(const std::vector<PublishedCurve>& curves);

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
