// The published measurements that ship with the program: results/published/.
#pragma once

#include "model/fit/curve.hpp"

#include <string>
#include <vector>

namespace fabricast {

struct PublishedCurve {
  MeasuredCurve measured;     // repeats and variants of a configuration reduced to their median
  std::string left_out_with;  // systems of one name here are left out of a fit together
  std::vector<std::string> sources;
};

/// Every curve, in the order of the file. Curves of one system, communicator, NCCL version and
/// algorithm are one, whose points are medians; a cell (system, collective, communicator, band of
/// sizes) weighs as at most six points, however many it has.
std::vector<PublishedCurve> published_curves();

}  // namespace fabricast
