#include "model/fit/validation.hpp"

#include "core/statistics.hpp"
#include "model/collective/priors.hpp"
#include "model/fit/joint_fit.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace fabricast {

namespace {

constexpr const char* kSource = "fit to published curves";

void judge(const MeasuredCurve& measured,
           const Inputs& constants,
           std::vector<JudgedPoint>& judged) {
  const CurveModel model(measured, constants);
  std::vector<double> times(model.size());
  model.log_times(times.data());
  for (std::size_t p = 0; p < times.size(); ++p) {
    const auto& point = measured.points[p];
    judged.push_back({&measured, point.message, point.log_time, times[p], times[p], times[p]});
  }
}

// The node counts of a system's curves on several nodes that a warm fit knows: the smallest, at
// most two, and never all.
std::map<std::string, int> largest_known_scales(const std::vector<PublishedCurve>& curves) {
  std::map<std::string, std::set<int>> scales;
  for (const auto& curve : curves) {
    if (curve.measured.setting.nodes > 1) {
      scales[curve.measured.system].insert(curve.measured.setting.nodes);
    }
  }
  std::map<std::string, int> largest;
  for (const auto& [system, nodes] : scales) {
    if (nodes.size() > 1) {
      largest[system] = *std::next(nodes.begin(), nodes.size() > 2 ? 1 : 0);
    }
  }
  return largest;
}

}  // namespace

std::vector<JudgedPoint> judge_cold(const std::vector<PublishedCurve>& curves) {
  std::set<std::string> groups;
  for (const auto& curve : curves) {
    groups.insert(curve.left_out_with);
  }
  std::vector<JudgedPoint> judged;
  for (const auto& group : groups) {
    std::vector<MeasuredCurve> seen;
    for (const auto& curve : curves) {
      if (curve.left_out_with != group) {
        seen.push_back(curve.measured);
      }
    }
    JointFit fit(std::move(seen), prior_inputs());
    fit.solve();
    const Inputs constants = fit.constants("", Provenance::kPublished, kSource);
    for (const auto& curve : curves) {
      if (curve.left_out_with == group) {
        judge(curve.measured, constants, judged);
      }
    }
  }
  return judged;
}

std::vector<JudgedPoint> judge_warm(const std::vector<PublishedCurve>& curves) {
  const auto largest = largest_known_scales(curves);
  const auto is_left_out = [&](const MeasuredCurve& curve) {
    const auto found = largest.find(curve.system);
    return found != largest.end() && curve.setting.nodes > found->second;
  };
  std::vector<MeasuredCurve> seen;
  for (const auto& curve : curves) {
    if (!is_left_out(curve.measured)) {
      seen.push_back(curve.measured);
    }
  }
  JointFit fit(std::move(seen), prior_inputs());
  fit.solve();
  std::vector<JudgedPoint> judged;
  for (const auto& curve : curves) {
    if (is_left_out(curve.measured)) {
      judge(curve.measured,
            fit.constants(curve.measured.system, Provenance::kPublished, kSource),
            judged);
    }
  }
  return judged;
}

std::vector<JudgedPoint> judge_fitted(const std::vector<PublishedCurve>& curves) {
  std::vector<MeasuredCurve> seen;
  for (const auto& curve : curves) {
    seen.push_back(curve.measured);
  }
  JointFit fit(std::move(seen), prior_inputs());
  fit.solve();
  std::vector<JudgedPoint> judged;
  for (const auto& curve : curves) {
    judge(curve.measured,
          fit.constants(curve.measured.system, Provenance::kPublished, kSource),
          judged);
  }
  return judged;
}

ErrorScore score(const std::vector<const JudgedPoint*>& points) {
  std::vector<double> errors;
  double inside = 0;
  for (const JudgedPoint* p : points) {
    errors.push_back(std::abs(p->predicted - p->measured));
    inside += p->low <= p->measured && p->measured <= p->high ? 1 : 0;
  }
  if (errors.empty()) {
    return {};
  }
  std::sort(errors.begin(), errors.end());
  const auto n = static_cast<int>(errors.size());
  return {n, quantile(errors, 0.5), quantile(errors, 0.9), inside / n};
}

ErrorScore score_by_system(const std::vector<const JudgedPoint*>& points) {
  std::map<std::string, std::vector<const JudgedPoint*>> systems;
  for (const JudgedPoint* p : points) {
    systems[p->curve->system].push_back(p);
  }
  std::vector<double> medians;
  std::vector<double> p90s;
  std::vector<double> coverages;
  for (const auto& [system, own] : systems) {
    const ErrorScore s = score(own);
    medians.push_back(s.median);
    p90s.push_back(s.p90);
    coverages.push_back(s.coverage);
  }
  if (medians.empty()) {
    return {};
  }
  for (auto* list : {&medians, &p90s, &coverages}) {
    std::sort(list->begin(), list->end());
  }
  return {static_cast<int>(points.size()),
          quantile(medians, 0.5),
          quantile(p90s, 0.5),
          quantile(coverages, 0.5)};
}

}  // namespace fabricast
