// How wrong the equations are: from forecasts of what a fit had not seen, and from what it left.
#pragma once

#include "model/fit/baselines.hpp"
#include "model/fit/joint_fit.hpp"
#include "model/fit/residual_process.hpp"

#include <array>
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
  std::array<double, kBaselines.size()> baselines{};  // NaN where one has no answer
  double floor = 0;  // of the best curve through the measurements (noise_floor.hpp)
};

/// Adds an error of the equations, as a standard deviation of ln(time), to the interval.
void widen(JudgedPoint& p, double sd);

/// The same curves, their points as unsure as the equations are there: what a fit to one system
/// should make of its rows.
std::vector<MeasuredCurve> as_unsure_as_equations(std::vector<MeasuredCurve> curves,
                                                  const ResidualProcess::Scale& error);

/// Where a curve's point lies for the residual process.
ResidualPlace place(const MeasuredCurve& curve, Bytes message);

/// The equations' own error on systems that a fit has not seen: what widens the intervals of the
/// constants so that nine in ten of these points are covered, systems counting alike.
ResidualProcess::Scale model_error(const std::vector<JudgedPoint>& points);

/// What a fit leaves unexplained, by system.
std::map<std::string, std::vector<Residual>> residuals(const JointFit& fit);
/// Its size: the 90th percentile of each band as that of a normal distribution, widened since the
/// rows were fitted.
ResidualProcess::Scale remaining_error(
    const std::map<std::string, std::vector<Residual>>& by_system);

/// The larger of both, band by band: a small sample must not look surer than others of its kind.
ResidualProcess::Scale larger(const ResidualProcess::Scale& a, const ResidualProcess::Scale& b);

}  // namespace fabricast
