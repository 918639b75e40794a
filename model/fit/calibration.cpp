#include "model/fit/calibration.hpp"

#include "model/collective/priors.hpp"
#include "model/fit/joint_fit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fabricast {

namespace {

std::map<std::string, int> largest_ranks(const std::vector<PublishedCurve>& curves) {
  std::map<std::string, int> ranks;
  const auto seen = [&](const std::string& what, int n) {
    int& largest = ranks["published." + what];
    largest = std::max(largest, n);
  };
  for (const auto& curve : curves) {
    const Setting& setting = curve.measured.setting;
    seen(setting.fabric_class, setting.layout.ranks);
    if (setting.nodes > 1) {
      seen("scale", setting.layout.ranks);
    }
  }
  return ranks;
}

}  // namespace

Model calibrate(const std::vector<PublishedCurve>& curves, const Validation& validation) {
  std::vector<MeasuredCurve> measured;
  std::size_t points = 0;
  for (const auto& curve : curves) {
    measured.push_back(curve.measured);
    points += curve.measured.points.size();
  }
  JointFit fit(std::move(measured), prior_inputs());
  fit.solve();
  Model model;
  model.constants = fit.constants("", Provenance::kPublished, "fit to published curves");
  model.description = fmt::format(
      "fit to {} published curves ({} sizes); nothing was measured here", curves.size(), points);
  model.errors =
      ResidualProcess(model_error(validation.cold_unwidened), remaining_error(residuals(fit)), {});
  model.fitted_ranks = largest_ranks(curves);
  if (!fit.converged()) {
    model.warnings.emplace_back("the fit did not converge");
  }
  return model;
}

}  // namespace fabricast
