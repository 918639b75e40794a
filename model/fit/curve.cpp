#include "model/fit/curve.hpp"

#include "core/error.hpp"

#include <fmt/format.h>

#include <cmath>

namespace fabricast {

CurveModel::CurveModel(MeasuredCurve curve, const Inputs& constants)
    : curve_(std::move(curve)),
      inputs_(inputs_for(*curve_.cluster, curve_.setting, constants)),
      candidates_(curve_.setting, curve_.collective, curve_.nccl_version, inputs_) {
  if (curve_.algorithm.empty()) {
    candidates_.keep_usual();
  }
  candidates_.keep_if([this](const Candidate& c) {
    return (curve_.algorithm.empty() || c.algorithm == curve_.algorithm) &&
           (curve_.protocol.empty() || c.protocol == curve_.protocol);
  });
  if (candidates_.size() == 0) {
    throw Error(fmt::format("{}: the model has no price for {} by {} here",
                            curve_.name,
                            name(curve_.collective),
                            curve_.algorithm.empty() ? "any algorithm" : curve_.algorithm),
                "",
                "leave these rows out, or describe where they ran with another --cluster");
  }
  for (const auto& point : curve_.points) {
    log_estimates_.push_back(candidates_.log_estimates(point.message));
  }
}

std::vector<double> CurveModel::log_errors() const {
  std::vector<double> errors(size());
  log_times(errors.data());
  for (std::size_t p = 0; p < size(); ++p) {
    errors[p] = curve_.points[p].log_time - errors[p];
  }
  return errors;
}

void CurveModel::log_times(double* out) const {
  const Prices prices = candidates_.prices(inputs_);
  std::vector<double> weights;
  for (std::size_t p = 0; p < size(); ++p) {
    const Bytes message = curve_.points[p].message;
    candidates_.weigh(inputs_, prices, log_estimates_[p], message, weights);
    out[p] = blended_log_time(prices, weights, message);
  }
}

}  // namespace fabricast
