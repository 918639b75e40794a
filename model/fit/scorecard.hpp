// Errors of judged forecasts, by parts of the data and beside the baselines.
#pragma once

#include "model/fit/model_error.hpp"

#include <string>
#include <vector>

namespace fabricast {

struct ErrorScore {
  int points = 0;
  double median = 0;  // of |ln(predicted / measured)|
  double p90 = 0;
  double coverage = 0;  // share inside the 90 % interval
};

/// One line of the scorecard: a part of the points.
struct ScoreLine {
  std::string part;  // "several nodes, by system", "> 16 MiB"...
  ErrorScore model;
  ErrorScore floor;  // of the best curve through the measurements: their own scatter
  /// By kBaselines, over the points that each has an answer for; points is 0 for none.
  std::vector<ErrorScore> baselines;
};

/// Lines of points on several nodes (all-to-all and send/receive apart), then of one node. "By
/// system": the median over the systems of each one's median, 90th percentile and coverage.
std::vector<ScoreLine> scorecard(const std::vector<JudgedPoint>& points);

/// Coverage and errors of each system, in the order of its name.
std::vector<ScoreLine> scorecard_by_system(const std::vector<JudgedPoint>& points);

}  // namespace fabricast
