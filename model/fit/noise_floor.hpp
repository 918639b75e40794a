// What no forecast can do better than: the scatter of the measurements themselves.
#pragma once

#include "model/fit/model_error.hpp"

#include <vector>

namespace fabricast {

/// The non-decreasing sequence with the least sum of |value - sample|: one value for each group of
/// samples, groups in order. Pool adjacent violators, with medians.
std::vector<double> best_rising_curve(const std::vector<std::vector<double>>& samples);

/// Sets `floor` of each point: ln(seconds) on the best curve through all points of its system,
/// collective and communicator on which more bytes are never faster. Software versions and repeats
/// share a curve, since a forecast knows little of what sets them apart.
void set_noise_floor(std::vector<JudgedPoint>& points);

}  // namespace fabricast
