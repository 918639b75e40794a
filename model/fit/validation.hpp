// How well the model predicts published measurements that it has not seen.
#pragma once

#include "model/fit/model_error.hpp"
#include "model/fit/published.hpp"

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
  /// Everything known: how closely the equations can follow.
  std::vector<JudgedPoint> fitted;
};
Validation validate(const std::vector<PublishedCurve>& curves);

}  // namespace fabricast
